package bench

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"reconcile/internal/s3sim"
)

// peer is a program that copies what is missing from one bucket to another.
type peer struct {
	name string // of the executable
	// args are those with which it comes closest to the job: restored objects
	// are copied though their class is GLACIER, and land in STANDARD.
	args func(endpoint string) []string
}

var peers = []peer{
	{"reconcile", func(endpoint string) []string {
		return []string{"run", "--source", glacier, "--protected", protected, "--endpoint-url", endpoint, "--quiet", "--report", os.DevNull + ".json"}
	}},
	{"rclone", func(endpoint string) []string {
		remote := fmt.Sprintf(":s3,provider=Other,env_auth=true,region=us-east-1,storage_class=STANDARD,endpoint='%s':", endpoint)
		return []string{"copy", remote + glacier, remote + protected, "--checksum", "--fast-list", "--checkers", "64", "--transfers", "64"}
	}},
	{"aws", func(endpoint string) []string {
		return []string{"s3", "sync", "s3://" + glacier, "s3://" + protected, "--endpoint-url", endpoint, "--force-glacier-transfer",
			"--storage-class", "STANDARD", "--only-show-errors"}
	}},
	{"s5cmd", func(endpoint string) []string {
		return []string{"--endpoint-url", endpoint, "--log", "error", "cp", "-n", "--force-glacier-transfer",
			"s3://" + glacier + "/*", "s3://" + protected + "/"}
	}},
}

// work is what the programs are given to do.
type work struct {
	name     string
	objects  int
	missing  func(i int) bool
	rate     float64          // copies a second that the service allows; 0: any
	patience bool             // only for programs that do 100,000 objects in seconds
	large    bool             // only with -large, and for this program alone
	restored func(i int) bool // nil: all; the peers do not know of restores
}

// large is for what takes minutes and 4 GiB.
var large = flag.Bool("large", false, "also the works with ten million objects")

var works = []work{
	{name: "nothing-of-10k", objects: 10_000, missing: none},
	{name: "nothing-of-100k", objects: 100_000, missing: none},
	{name: "2000-of-20k", objects: 20_000, missing: func(i int) bool { return i%10 == 3 }},
	{name: "6000-at-300-per-s", objects: 6000, missing: func(int) bool { return true }, rate: copiesPerSecond},
	{name: "nothing-of-1M", objects: 1_000_000, missing: none, patience: true},
	{name: "nothing-of-10M", objects: 10_000_000, missing: none, large: true},
	{name: "20k-restored-of-10M", objects: 10_000_000, missing: none, large: true, restored: func(i int) bool { return i*7919%500 == 3 }},
	{name: "prefix-of-20k-restored-of-10M", objects: 10_000_000, missing: none, large: true, restored: func(i int) bool { return i/20_000 == 100 }},
}

func none(int) bool { return false }

// BenchmarkPrograms runs whole programs on the same work: this one, built from
// the sources, and those of its peers that are on PATH. A LIST takes 40 ms, a
// HEAD 20 ms, a COPY 60 ms.
func BenchmarkPrograms(b *testing.B) {
	dir := build(b)
	for _, k := range works {
		for _, p := range peers {
			b.Run(k.name+"/"+p.name, func(b *testing.B) {
				path := p.find(dir)
				if path == "" || k.patience && p.name == "aws" || k.large && (!*large || p.name != "reconcile") {
					b.SkipNow()
				}
				for range b.N {
					k.give(b, p, path)
				}
			})
		}
	}
}

// build compiles the program and returns its folder.
func build(b testing.TB) string {
	b.Helper()
	dir := b.TempDir()
	out, err := exec.Command("go", "build", "-o", dir, "reconcile/cmd/reconcile").CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return dir
}

// find returns where the program is, or nothing.
func (p peer) find(dir string) string {
	if p.name == "reconcile" {
		return filepath.Join(dir, p.name)
	}
	path, err := exec.LookPath(p.name)
	if err != nil {
		return ""
	}
	return path
}

// give lets one program do the work.
func (k work) give(b *testing.B, p peer, path string) {
	b.Helper()
	w := newWorld(b)
	k.seed(w)
	w.SetLatency("ListObjectsV2", 40*time.Millisecond)
	w.SetLatency("HeadObject", 20*time.Millisecond)
	w.SetLatency("CopyObject", copyLatency)
	w.SetRate("CopyObject", k.rate, copyBurst)
	c := exec.Command(path, p.arguments(b, w.URL())...)
	c.Env = append(os.Environ(), "RCLONE_CONFIG="+os.DevNull, "PYTHONWARNINGS=ignore")
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	runtime.GC() // so that the seeding does not compete
	began := time.Now()
	peak, err := runWatched(c)
	took := time.Since(began)
	if err != nil {
		b.Logf("%s: %v\n%.1500s", p.name, err, said.String())
	}
	if there := w.Len(protected); there != k.objects {
		b.Logf("%s left %d objects missing", p.name, k.objects-there)
	}
	k.report(b, w, took, c.ProcessState, peak)
	if err := w.Close(); err != nil {
		b.Error(err)
	}
}

func (p peer) arguments(b *testing.B, endpoint string) []string {
	args := p.args(endpoint)
	for i, a := range args {
		if a == os.DevNull+".json" {
			args[i] = filepath.Join(b.TempDir(), "report.json")
		}
	}
	return args
}

func (k work) seed(w *world) {
	if k.restored == nil {
		k.restored = func(int) bool { return true }
	}
	w.Seed(glacier, func(yield func(string, s3sim.Object) bool) {
		for i := range k.objects {
			o := restored(1000, uint64(i))
			if !k.restored(i) {
				o.Restore, o.RestoreExpiry = "", time.Time{}
			}
			if !yield(key(i), o) {
				return
			}
		}
	})
	w.Seed(protected, func(yield func(string, s3sim.Object) bool) {
		for i := range k.objects {
			if !k.missing(i) && !yield(key(i), home(restored(1000, uint64(i)))) {
				return
			}
		}
	})
}

func (k work) report(b *testing.B, w *world, took time.Duration, s *os.ProcessState, peak int64) {
	var requests, refused int64
	for op, n := range w.Requests() {
		requests += n
		refused += w.Refused()[op]
	}
	b.ReportMetric(0, "ns/op") // the seeding is in it
	b.ReportMetric(took.Seconds(), "wall-s")
	b.ReportMetric((s.UserTime() + s.SystemTime()).Seconds(), "cpu-s")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(float64(refused), "refused")
}

// runWatched runs a command and returns the most memory it had, in KiB. That
// in the rusage of the command is no use: where the starting process is the
// larger one, it is that one's.
func runWatched(c *exec.Cmd) (peak int64, err error) {
	// A peer that is a script, and what it starts, must end with the benchmark.
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the signal above is sent when this thread ends
	defer runtime.UnlockOSThread()
	if err := c.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return peak, err
		case <-tick.C:
			peak = max(peak, highWater(c.Process.Pid))
		}
	}
}

// highWater reads the most memory a process has had so far, in KiB. It is 0
// where there is no /proc.
func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}
