package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// How a short lock is waited for. Whoever holds one does no more than read and
// replace a small file: one that is older was left by a killed process.
const (
	lockPoll  = 5 * time.Millisecond
	lockStale = 10 * time.Second
	lockWait  = 3 * lockStale
)

// Exclusively calls f while no other process does so for path: for what reads a
// small file and replaces it. It takes no longer than half a minute to begin.
func Exclusively(path string, f func() error) error {
	lock := filepath.Join(filepath.Dir(path), Aside+filepath.Base(path)+".lock")
	for waited := time.Duration(0); ; waited += lockPoll {
		held, err := os.OpenFile(lock, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			held.Close()
			defer os.Remove(lock)
			return f()
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if info, err := os.Stat(lock); err == nil && time.Since(info.ModTime()) > lockStale {
			os.Remove(lock)
			continue
		}
		if waited > lockWait {
			return fmt.Errorf("%s: another process holds it", lock)
		}
		time.Sleep(lockPoll)
	}
}
