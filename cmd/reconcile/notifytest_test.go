package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reconcile/internal/exit"
)

// TestNotifyTest: each target gets a notice and a line, and one that fails is
// exit code 1; nothing secret is shown, and without a target nothing is sent.
func TestNotifyTest(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n struct{ Command, Headline string }
		json.NewDecoder(r.Body).Decode(&n)
		got <- r.URL.Path + " " + n.Command
		if r.URL.Path == "/REFUSED" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	for _, c := range []struct {
		args  []string
		code  int
		lines []string
	}{
		{nil, exit.Usage, nil},
		{[]string{"--notify", server.URL + "/SECRET"}, exit.OK, []string{"taken    webhook at " + server.Listener.Addr().String()}},
		{[]string{"--notify", server.URL + "/REFUSED", "--notify", server.URL + "/SECRET"}, exit.Incomplete, []string{
			"FAILED   notice to webhook at " + server.Listener.Addr().String() + ": answered 403 Forbidden", "taken    webhook at " + server.Listener.Addr().String()}},
	} {
		var out, said strings.Builder
		code := run(context.Background(), append([]string{"reconcile", "notify-test"}, c.args...), strings.NewReader(""), &out, &said)
		want := strings.Join(c.lines, "\n")
		if code != c.code || strings.TrimSpace(out.String()) != want {
			t.Errorf("%v: code %d\n%s%s", c.args, code, out.String(), said.String())
		}
		if text := out.String() + said.String(); strings.Contains(text, "SECRET") || strings.Contains(text, "REFUSED") {
			t.Errorf("an address is shown: %s", text)
		}
		for range c.lines {
			if g := <-got; !strings.HasSuffix(g, " notify-test") {
				t.Errorf("got %q", g)
			}
		}
	}
}
