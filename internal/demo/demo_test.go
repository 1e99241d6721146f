package demo_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reconcile/internal/demo"
)

// TestWhatDidNotHappenIsSeen: a command that ends as it should and has done
// nothing does not pass for one that worked, nor does one that ends otherwise.
func TestWhatDidNotHappenIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		code       int
		report     string
		unexpected bool
		says       string
	}{
		"another exit code":  {0, "", false, "exit code 3"},
		"no report":          {3, "", false, "first.json"},
		"too few objects":    {3, `{"summary":{"scanned":5},"objects":[]}`, false, "accounts for 5 objects"},
		"nothing was copied": {3, `{"summary":{"scanned":13},"objects":[]}`, true, "12 objects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			o := demo.Options{Out: &out, Dir: t.TempDir(), Listen: "127.0.0.1:0", Objects: 1, Want: 3}
			o.Run = func(_ context.Context, args []string, env map[string]string) (int, error) {
				if env["AWS_ACCESS_KEY_ID"] == "" || !strings.Contains(strings.Join(args, " "), "run --source demo-glacier") {
					t.Errorf("called with %v and %v", args, env)
				}
				if c.report == "" {
					return c.code, nil
				}
				return c.code, os.WriteFile(filepath.Join(o.Dir, "first.json"), []byte(c.report), 0o666)
			}
			d, err := demo.Start(o)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			err = d.Show(t.Context())
			if err == nil || errors.Is(err, demo.ErrUnexpected) != c.unexpected || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want one that says %q", err, c.says)
			}
			for _, s := range demo.Samples(time.Now()) {
				if c.unexpected && !strings.Contains(out.String(), s.Shows) {
					t.Errorf("the table lacks %q", s.Shows)
				}
			}
			if strings.Contains(c.says, "12") && !strings.Contains(out.String(), `MOD09GQ/2026/321/odd/a+b %2B \"q\" é\n😀//..`) {
				t.Errorf("the table does not name the key with odd characters:\n%s", &out)
			}
		})
	}
}
