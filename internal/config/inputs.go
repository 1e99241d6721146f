package config

import (
	"errors"
	"fmt"
	"os"

	"reconcile/internal/reconcile"
	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// Stdin is the address of what comes by standard input.
const Stdin = "-"

// CheckReports wants reports that can be read: local files that are there,
// addresses in S3, or standard input, which can be read once. No report of the
// settings may go where one is read from.
func (s Settings) CheckReports(names []string) error {
	stdin := 0
	for _, name := range names {
		if name == Stdin {
			stdin++
			continue
		}
		if err := CheckInput(name, true); err != nil {
			return &Error{Err: err}
		}
		if dest, yes := s.ReplacedBy(name); yes {
			return &Error{Err: fmt.Errorf("%s is what is read", dest)}
		}
	}
	if stdin > 1 {
		return &Error{Err: fmt.Errorf("standard input can be read once, and is given %d times", stdin)}
	}
	return nil
}

// CheckInput wants a local path that is there, or an address in S3: of a file, or
// of a folder or prefix as well.
func CheckInput(address string, file bool) error {
	switch {
	case reconcile.InS3(address) && file:
		_, _, err := parseObjectURL(address)
		return err
	case reconcile.InS3(address):
		at, err := storage.ParseURL(address)
		if err == nil {
			_, err = parseBucket(at.Bucket)
		}
		return err
	case file:
		return readable(address)
	}
	_, err := os.Stat(address)
	return err
}

// ReplacedBy returns the report that goes where an address is read from.
func (s Settings) ReplacedBy(address string) (report.Destination, bool) {
	for _, dest := range s.Reports {
		if sameFile(address, dest) {
			return dest, true
		}
	}
	return report.Destination{}, false
}

// CheckWritten wants addresses of files, which need not be there.
func CheckWritten(names []string) error {
	for _, name := range names {
		if name == "" || name == Stdin {
			return mistake(errors.New("a report is looked at where it was written, beside its manifest"), "give its path or address")
		}
		_, _, err := storage.Split(name)
		if err == nil && reconcile.InS3(name) {
			_, _, err = parseObjectURL(name)
		}
		if err != nil {
			return &Error{Err: err}
		}
	}
	return nil
}
