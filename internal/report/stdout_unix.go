//go:build unix

package report

import (
	"io"
	"os"
	"syscall"
)

// closedStdout reports whether a process was begun with its standard output
// closed. The Go runtime then opens /dev/null for it, for reading and writing,
// so that a report would be written to nowhere without an error; whoever wants
// that opens it for writing.
func closedStdout(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	if err != nil || nullErr != nil || !os.SameFile(info, null) {
		return false
	}
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFL, 0)
	return errno == 0 && flags&syscall.O_ACCMODE == syscall.O_RDWR
}
