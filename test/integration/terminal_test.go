package integration

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"reconcile/internal/s3sim"
)

// screen is the program on a pseudo-terminal, and what a terminal shows of it.
type screen struct {
	vt10x.Terminal
	mu   sync.Mutex
	seen map[string]bool // lines that were on the screen at any time, as they began
	raw  strings.Builder
}

// look keeps what the screen shows now.
func (s *screen) look(columns int) {
	for _, line := range strings.Split(s.String(), "\n") {
		s.seen[strings.TrimRight(line, " ")] = true
	}
}

// saw reports whether one line ever had all the words.
func (s *screen) saw(words ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
line:
	for text := range s.seen {
		for _, w := range words {
			if !strings.Contains(text, w) {
				continue line
			}
		}
		return true
	}
	return false
}

// onTerminal runs the program on a terminal of a size, which each size after
// the first takes the place of as soon as something has been copied.
func onTerminal(t *testing.T, program string, server *s3sim.Server, env []string, sizes []pty.Winsize, args ...string) (*screen, int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=", "NO_COLOR=", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID="+server.AccessKey(), "AWS_SECRET_ACCESS_KEY="+server.SecretKey(), "AWS_REGION="+server.Region(), "AWS_ENDPOINT_URL="+server.URL())
	cmd.Env = append(cmd.Env, env...)
	f, err := pty.StartWithSize(cmd, &sizes[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := &screen{Terminal: vt10x.New(vt10x.WithSize(int(sizes[0].Cols), int(sizes[0].Rows))), seen: map[string]bool{}}
	buf := make([]byte, 1<<16)
	for {
		n, err := f.Read(buf)
		if err != nil { // EIO: the program has ended
			break
		}
		s.mu.Lock()
		s.raw.Write(buf[:n])
		s.Write(buf[:n])
		s.look(int(sizes[0].Cols))
		s.mu.Unlock()
		if len(sizes) > 1 && s.saw("copied ", "/s") {
			sizes = sizes[1:]
			pty.Setsize(f, &sizes[0])
			s.Resize(int(sizes[0].Cols), int(sizes[0].Rows))
		}
	}
	cmd.Wait()
	return s, cmd.ProcessState.ExitCode()
}

// slowArchive has restored objects to copy, and takes its time. It refuses some
// of the copies for being too many.
func slowArchive(t *testing.T, objects int) *s3sim.Server {
	t.Helper()
	server, err := s3sim.Start(s3sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.CreateBucket("the-glacier")
	server.CreateBucket("the-archive")
	for i := range objects {
		server.Put("the-glacier", fmt.Sprintf("k%04d.hdf", i), s3sim.Object{
			Size: 1000, ContentSeed: uint64(i), StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(20 * time.Hour),
		})
	}
	server.SetLatency("CopyObject", 300*time.Millisecond)
	return server
}

var slowRun = []string{"run", "--source", "the-glacier", "--protected", "the-archive", "--concurrency", "16"}

// TestTerminal: while a run lasts the terminal shows what is copied, how fast
// and what is left, and that it is throttled while it is; the log lines stand
// above it, whole; and in the end nothing of it is left, whatever the width.
func TestTerminal(t *testing.T) {
	t.Parallel()
	program := buildProgram(t)
	for name, sizes := range map[string][]pty.Winsize{
		"usual":    {{Cols: 100, Rows: 30}},
		"narrow":   {{Cols: 40, Rows: 40}},
		"narrower": {{Cols: 120, Rows: 40}, {Cols: 60, Rows: 40}},
		"wider":    {{Cols: 60, Rows: 40}, {Cols: 120, Rows: 40}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := slowArchive(t, 160)
			server.Inject(s3sim.Fault{Op: "CopyObject", Kind: s3sim.SlowDown, Skip: 40, Times: 30})
			s, code := onTerminal(t, program, server, nil, sizes, slowRun...)
			if code != 0 {
				t.Errorf("code %d", code)
			}
			for _, words := range [][]string{{"copied ", "objects", "/s"}, {"left ", "about ", "s; "}, {"throttled ", "since "}, {"run started"}} {
				if !s.saw(words...) {
					t.Errorf("never seen: %q", words)
				}
			}
			end := s.String()
			for _, gone := range []string{"in flight", "throttled ", "listed  ", "left  "} {
				if strings.Contains(end, gone) {
					t.Errorf("%q is left:\n%s", gone, end)
				}
			}
			if whole := strings.ReplaceAll(end, "\n", ""); !strings.Contains(strings.ReplaceAll(whole, " ", ""), "160copied") {
				t.Errorf("the summary is not whole:\n%s", end)
			}
		})
	}
}

// TestNoLiveArea: where a terminal cannot or must not be drawn on there are log
// lines alone; NO_COLOR takes the colors and nothing else.
func TestNoLiveArea(t *testing.T) {
	t.Parallel()
	program := buildProgram(t)
	for env, live := range map[string]bool{"TERM=dumb": false, "CI=true": false, "NO_COLOR=1": true} {
		t.Run(env, func(t *testing.T) {
			t.Parallel()
			server := slowArchive(t, 80)
			s, code := onTerminal(t, program, server, []string{env}, []pty.Winsize{{Cols: 100, Rows: 30}}, append(slowRun, "--progress-every", "500ms")...)
			raw := s.raw.String()
			if code != 0 || s.saw("copied ", "/s") != live || strings.Contains(raw, "msg=progress") == live {
				t.Errorf("code %d, live area wanted: %v\n%s", code, live, s)
			}
			for _, color := range []string{"\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"} {
				if strings.Contains(raw, color) {
					t.Errorf("%q in %q", color, raw)
				}
			}
			if !live && strings.Contains(raw, "\x1b") {
				t.Errorf("it acts on the terminal: %q", raw)
			}
		})
	}
}
