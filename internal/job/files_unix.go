//go:build unix

package job

import "syscall"

// openFiles is how many files the process may have open. The Go runtime has
// raised the limit to what the system allows at most. 0: it is not known.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<20))
}
