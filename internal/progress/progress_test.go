package progress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func busy() picture {
	return picture{
		command: "run", now: sample{at: noon, copied: 1234, copiedBytes: 6 << 30, scanned: 1300, compared: 1250}, elapsed: time.Minute,
		State:   State{InFlight: 64, Throttled: noon.Add(-12 * time.Second), Summary: reconcile.Summary{Failures: []reconcile.FailureGroup{{Bucket: "b", Kind: reconcile.AccessDenied, Objects: 3, Cause: "日本\x1b[2J\nforbidden " + strings.Repeat("x", 300)}}}},
		waiting: 2000, waitingBytes: 4 << 30, soonest: noon.Add(5 * time.Hour), copies: 120.4, bytes: 3 << 20, left: 200 * time.Second, known: true,
	}
}

// TestLines: what is known of a run is said, and what is not is not claimed.
func TestLines(t *testing.T) {
	p := busy()
	text := fmt.Sprint(p.lines())
	for _, want := range []string{"1,234 objects, 6.0 GiB, 120/s, 3.0 MiB/s", "at least 3m20s", "the listing goes on", "since 11:59:48 (12s)", "3, access_denied", "64 requests", "in 5h00m"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	p.listed, p.Throttled = true, time.Time{}
	if text = fmt.Sprint(p.lines()); strings.Contains(text, "at least") || strings.Contains(text, "throttled") || !strings.Contains(text, "3,300 objects, which are all") {
		t.Error(text)
	}
}

// TestExpected: the total that is expected is said as long as it can be one.
func TestExpected(t *testing.T) {
	for expected, want := range map[int64]string{
		0: "3,300 objects so far", 4000: "3,300 of about 4,000, as in the last report", 3000: "3,300 objects so far",
	} {
		p := busy()
		p.expected, p.expectedBy = expected, "as in the last report"
		text := fmt.Sprint(p.lines())
		if least := strings.Contains(text, "at least"); !strings.Contains(text, want) || least == (expected == 4000) {
			t.Errorf("%d: %s", expected, text)
		}
	}
}

// TestAwaited: restores that are waited for are said, with when they come.
func TestAwaited(t *testing.T) {
	p := busy()
	p.known, p.awaited = false, Awaited{Objects: 251, Next: noon.Add(8 * time.Minute), By: noon.Add(12 * time.Hour)}
	text := fmt.Sprint(p.lines())
	for _, want := range []string{"restores 251 on their way, all expected in 12h00m; looked for again in 8m0s", "left not before the restores have arrived"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// TestWidths: no line of the live area is longer than the terminal, and no more
// of them are drawn than it has rows; nothing in them acts but what draws.
func TestWidths(t *testing.T) {
	p := busy()
	escapes := regexp.MustCompile("\x1b\\[[?]?[0-9]*[A-Za-z]")
	for columns := 1; columns <= 200; columns++ {
		for _, rows := range []int{0, 1, 2, 5, 50} {
			var out bytes.Buffer
			NewTerminal(&out, func() (int, int) { return columns, rows }, columns%2 == 0).show(p.lines())
			text := escapes.ReplaceAllString(out.String(), "")
			lines := strings.Split(text, "\r\n")
			if rows > 0 && len(lines) > max(rows-1, 1) {
				t.Fatalf("%d lines on %d rows", len(lines), rows)
			}
			for _, l := range lines {
				l = strings.TrimRight(l, "\r")
				if wide := strings.Count(l, "日") + strings.Count(l, "本"); utf8.RuneCountInString(l)+wide >= columns && columns > 1 {
					t.Fatalf("%d columns: %q", columns, l)
				}
				if strings.ContainsAny(l, "\x1b\n\r") {
					t.Fatalf("%q acts", l)
				}
			}
		}
	}
}

// TestColors: without colors no sequence sets one.
func TestColors(t *testing.T) {
	p := busy()
	for _, color := range []bool{true, false} {
		var out bytes.Buffer
		NewTerminal(&out, func() (int, int) { return 80, 24 }, color).show(p.lines())
		if has := strings.Contains(out.String(), "m"+"throttled") || strings.Contains(out.String(), "\x1b[33m"); has != color {
			t.Errorf("colors %v: %q", color, out.String())
		}
	}
}

// TestPartLine: nothing is drawn into a line that is not whole yet, nor while
// somebody is asked something.
func TestPartLine(t *testing.T) {
	var out bytes.Buffer
	term := NewTerminal(&out, func() (int, int) { return 80, 24 }, false)
	for _, c := range []struct {
		do    func()
		drawn bool
	}{
		{func() { term.show([]Line{{Name: "left"}}) }, true},
		{func() { fmt.Fprint(term, "Go on? ") }, false},
		{func() { term.show([]Line{{Name: "left"}}) }, false},
		{func() { fmt.Fprintln(term, "yes") }, true},
		{func() { term.pause() }, false},
		{func() { fmt.Fprintln(term, "a line") }, false},
		{func() { term.show([]Line{{Name: "left"}}) }, false},
	} {
		out.Reset()
		c.do()
		if drawn := strings.Contains(out.String(), "left"); drawn != c.drawn {
			t.Errorf("drawn %v: %q", drawn, out.String())
		}
	}
}

// lockedBuffer is written to by the watch.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// TestRecords: without a terminal there is a record every so often, with rates
// and the time left; for people in words, for programs in numbers.
func TestRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text, lines lockedBuffer
		for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&text, nil)), slog.New(slog.NewJSONHandler(&lines, nil))} {
			m := New(Options{Command: "run", Every: 30 * time.Second, Log: log, Now: time.Now})
			o := reconcile.Outcome{Source: reconcile.Object{Size: 1 << 20}, Status: reconcile.Copied}
			for range 900 {
				m.Begin(&o.Source)
			}
			m.Listed()
			stop := m.Watch(func() State {
				for range 300 {
					m.End(&o)
					m.Compared(&o)
				}
				return State{Summary: reconcile.Summary{Counts: map[reconcile.Status]int64{reconcile.Copied: 300}, Numbers: reconcile.Numbers{BytesCopied: 300 << 20}}}
			})
			time.Sleep(31 * time.Second)
			stop()
		}
		if got := text.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `bytes_copied="300.0 MiB" copied_per_s=10/s bytes_per_s="10.0 MiB"`) {
			t.Error(got)
		}
		var record struct {
			Listed, Copied, Bytes_copied, Left, Waiting int64
			Copied_per_s                                float64
			Left_is_least                               bool
		}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		if record.Listed != 900 || record.Bytes_copied != 300<<20 || record.Copied_per_s != 10 || record.Waiting != 600 || record.Left != 60 || record.Left_is_least {
			t.Errorf("%+v of %s", record, lines.String())
		}
	})
}

// TestExpiry: the soonest expiry is that of what is still to be copied.
func TestExpiry(t *testing.T) {
	m := New(Options{})
	early, late := reconcile.Object{}, reconcile.Object{}
	early.Restore.Expiry, late.Restore.Expiry = noon, noon.Add(time.Hour)
	m.Begin(&late)
	m.Begin(&early)
	if got := locked(m); got != noon {
		t.Error(got)
	}
	m.End(&reconcile.Outcome{Source: early})
	if got := locked(m); got != noon.Add(time.Hour) {
		t.Error(got)
	}
	m.End(&reconcile.Outcome{Source: late})
	if got := locked(m); !got.IsZero() {
		t.Error(got)
	}
}

func locked(m *Meter) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.soonest()
}
