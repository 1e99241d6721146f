package display_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"reconcile/internal/display"
)

// TestURL: no notation of an address shows what was secret in it.
func TestURL(t *testing.T) {
	for address, want := range map[string]string{
		"http://user:SECRET@host:9000/p": "http://…@host:9000/p", "https://:SECRET@host": "https://…@host", "ftp://SECRET@host": "ftp://…@host",
		"user:SECRET@host": "…@host", "http://host?token=SECRET": "http://host?…", "http://host/#SECRET": "http://host/#…",
		"socks5://u:SE@CRET@host": "socks5://…@host", "http://host:port": "http://host:port", "://SECRET@h": "://…@h",
	} {
		if got := display.URL(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
		message := display.URLs(`dial "` + address + `": refused`)
		if strings.Contains(address, "://") && address[0] != ':' && (strings.Contains(message, "SE") || !strings.HasSuffix(message, `": refused`)) {
			t.Errorf("%s: %s", address, message)
		}
		if user := strings.Contains(address, "@"); display.HasUser(address) != user {
			t.Errorf("%s: user %v", address, !user)
		}
	}
	const object = "CopyObject s3://b/a@b?c#d: denied"
	if got := display.URLs(object); got != object {
		t.Error(got)
	}
}

// TestText: nothing that acts is left, in a log of either format neither, and
// JSON stays JSON with the same value.
func TestText(t *testing.T) {
	const odd = "a\x1b[31m\x00\r\x7f\u0085\u009b2J\u202e\u2066\u200f\u2028\xffü日\tb"
	if got, want := display.Text(odd), `a\u001b[31m\u0000\u000d\u007f\u0085\u009b2J\u202e\u2066\u200f\u2028\ufffdü日`+"\tb"; got != want {
		t.Errorf("%q", got)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(display.Writer(&out), nil)).Info("copied", "key", odd)
	var line struct{ Key string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Key != strings.ToValidUTF8(odd, "\ufffd") {
		t.Errorf("%q, %v", line.Key, err)
	}
	slog.New(slog.NewTextHandler(display.Writer(&out), nil)).Info(odd, "key", odd)
	for _, r := range out.String() {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Errorf("%U in %q", r, out.String())
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("\x1b]0;x\a\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		once := display.Text(s)
		for _, r := range once {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Errorf("%U in %q", r, once)
			}
		}
		if display.Text(once) != once {
			t.Errorf("%q changes twice", once)
		}
	})
}

// TestWriterAcrossWrites: what is cut within a character is shown as it is, and
// one that never ends is none.
func TestWriterAcrossWrites(t *testing.T) {
	const text = "ü日🎉\u202e\xff\xe6\n"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := display.Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatal(got, err)
			}
			rest = rest[n:]
		}
		if got := out.String(); got != `ü日🎉\u202e\ufffd\ufffd`+"\n" {
			t.Errorf("in writes of %d bytes: %q", size, got)
		}
	}
}

// TestLine: a name is one line.
func TestLine(t *testing.T) {
	if got := display.Line("a\nb\tc\r\x1b"); got != `a\u000ab\u0009c\u000d\u001b` {
		t.Errorf("%q", got)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		display.Size(1023):          "1023 B",
		display.Size(1024):          "1.0 KiB",
		display.Size(6_012_954_214): "5.6 GiB", // 5.6 · 2^30, cut
		display.Size(1<<63 - 1):     "8.0 EiB",
		display.Number(999):         "999",
		display.Number(-1000):       "-1,000",
		display.Number(1_234_567):   "1,234,567",
		display.Objects(1):          "1 object",
		display.Objects(2):          "2 objects",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
