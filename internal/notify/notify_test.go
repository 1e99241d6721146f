package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// got is a request that the receiver has seen.
type got struct{ path, query, contentType, body string }

// receiver answers with the codes, the last one again and again.
func receiver(t *testing.T, codes ...int) (address string, all func() []got) {
	t.Helper()
	var mu sync.Mutex
	var seen []got
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		code := codes[min(len(seen), len(codes)-1)]
		seen = append(seen, got{r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), string(body)})
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []got { mu.Lock(); defer mu.Unlock(); return seen }
}

func ended(code int) *Notice {
	return &Notice{Run: "20260101T000000Z-00000001", Command: "run", ExitCode: &code, Complete: true,
		Headline: "60 of 60 copies refused: <b>&", Summary: map[string]int{"scanned": 60}, Reports: []string{"s3://r/x.json"}}
}

func parse(t *testing.T, text string) Target {
	t.Helper()
	target, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestWebhook(t *testing.T) {
	address, all := receiver(t, 204)
	if err := parse(t, address+"/hook?token=secret").Send(context.Background(), ended(3), nil); err != nil {
		t.Fatal(err)
	}
	var n map[string]any
	if len(all()) != 1 || json.Unmarshal([]byte(all()[0].body), &n) != nil {
		t.Fatalf("%+v", all())
	}
	for _, name := range []string{"run", "command", "job_id", "exit_code", "complete", "headline", "summary", "reports"} {
		if _, ok := n[name]; !ok {
			t.Errorf("no %s in %s", name, all()[0].body)
		}
	}
	if n["exit_code"] != 3.0 {
		t.Errorf("exit code %v", n["exit_code"])
	}
}

func TestSlack(t *testing.T) {
	address, all := receiver(t, 200)
	if err := parse(t, "slack:"+address).Send(context.Background(), ended(1), nil); err != nil {
		t.Fatal(err)
	}
	var n map[string]string
	if json.Unmarshal([]byte(all()[0].body), &n) != nil || !strings.Contains(n["text"], "refused: &lt;b&gt;&amp;") {
		t.Errorf("%s", all()[0].body)
	}
}

// TestHealthchecks: start and end are of one run, and the end has the exit code.
func TestHealthchecks(t *testing.T) {
	address, all := receiver(t, 200)
	target := parse(t, "healthchecks:"+address+"/uuid")
	start := ended(0)
	start.ExitCode = nil
	for _, n := range []*Notice{start, ended(143)} {
		if err := target.Send(context.Background(), n, nil); err != nil {
			t.Fatal(err)
		}
	}
	a, b := all()[0], all()[1]
	if a.path != "/uuid/start" || b.path != "/uuid/143" || a.query != b.query || !strings.HasPrefix(a.query, "rid=") || !strings.Contains(b.body, "refused") {
		t.Errorf("%+v", all())
	}
}

type topic struct{ arn, subject, message string }

func (p *topic) Publish(_ context.Context, arn, subject, message string) error {
	*p = topic{arn, subject, message}
	return nil
}

func TestSNS(t *testing.T) {
	var p topic
	n := ended(3)
	n.Command = strings.Repeat("ü", 200)
	if err := parse(t, "sns:arn:aws:sns:us-east-1:123456789012:nightly").Send(context.Background(), n, &p); err != nil {
		t.Fatal(err)
	}
	if p.arn != "arn:aws:sns:us-east-1:123456789012:nightly" || len(p.subject) > 100 || !json.Valid([]byte(p.message)) {
		t.Errorf("%+v", p)
	}
}

// TestTries: an error of the server is tried once more, a refusal and a
// redirection are not.
func TestTries(t *testing.T) {
	for _, c := range []struct {
		codes []int
		tries int
		fails bool
	}{{[]int{500, 200}, 2, false}, {[]int{503}, 2, true}, {[]int{404}, 1, true}, {[]int{302}, 1, true}, {[]int{200}, 1, false}} {
		address, all := receiver(t, c.codes...)
		err := parse(t, address).Send(context.Background(), ended(0), nil)
		if (err != nil) != c.fails || len(all()) != c.tries {
			t.Errorf("%v: %v after %d tries", c.codes, err, len(all()))
		}
	}
}

// TestSecrets: neither a target's name nor an error has what is secret.
func TestSecrets(t *testing.T) {
	closed, _ := receiver(t, 404)
	for _, text := range []string{"slack:" + closed + "/services/SECRET", closed + "/hook?token=SECRET", "healthchecks:http://127.0.0.1:1/SECRET"} {
		target := parse(t, text)
		err := target.Send(context.Background(), ended(0), nil)
		if err == nil || strings.Contains(err.Error()+target.String(), "SECRET") {
			t.Errorf("%s: %v", target, err)
		}
	}
	for _, text := range []string{"", "mailto:SECRET", "slack:", "slack:SECRET", "https://user:SECRET@example.org", "sns:SECRET", "ftp://SECRET"} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestTry: a test says of each target what came of it, whatever is wanted, and
// leaves the state of a check as it is.
func TestTry(t *testing.T) {
	good, all := receiver(t, 200)
	bad, _ := receiver(t, 403)
	n := Notifier{Targets: []Target{parse(t, bad+"/SECRET"), parse(t, "healthchecks:"+good+"/uuid"), parse(t, "slack:"+good)}, On: []Event{Problem}}
	errs := n.Try(context.Background(), &Notice{Run: "r", Command: Test})
	if len(errs) != 3 || errs[0] == nil || strings.Contains(errs[0].Error(), "SECRET") || errs[1] != nil || errs[2] != nil {
		t.Fatalf("%v", errs)
	}
	paths := map[string]string{}
	for _, g := range all() {
		paths[g.path] = g.body
	}
	if _, ok := paths["/uuid/log"]; !ok || !strings.Contains(paths["/"], "notify-test r: a test") {
		t.Errorf("%v", paths)
	}
}

// TestWanted: by default the end is told; a problem is an end.
func TestWanted(t *testing.T) {
	address, all := receiver(t, 200)
	start := ended(0)
	start.ExitCode = nil
	for _, c := range []struct {
		on   []Event
		want int
	}{{nil, 2}, {[]Event{Problem}, 1}, {[]Event{Start}, 1}, {[]Event{Start, End}, 3}} {
		before := len(all())
		n := Notifier{Targets: []Target{parse(t, address)}, On: c.on}
		for _, notice := range []*Notice{start, ended(0), ended(3)} {
			if errs := n.Tell(context.Background(), notice); len(errs) > 0 {
				t.Fatal(errors.Join(errs...))
			}
		}
		if told := len(all()) - before; told != c.want {
			t.Errorf("%v: %d notices, want %d", c.on, told, c.want)
		}
	}
}
