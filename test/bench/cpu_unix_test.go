//go:build unix

package bench

import (
	"syscall"
	"testing"
	"time"
)

// cpu returns the CPU time that this process has used, server and client.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
