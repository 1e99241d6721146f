// Package selection is what a command is asked for by name: granule requests,
// lists of keys and rows of a report, joined, in key order and each object once.
// Millions of names need no memory: they are sorted on disk.
package selection

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"reconcile/internal/granule"
	"reconcile/internal/keylist"
	"reconcile/internal/reconcile"
)

// Entry is one object that was named.
type Entry struct {
	reconcile.Location                    // VersionID: the version that was meant; empty: the current one
	Alternate          string             // the key, read in the other way it may have been meant; empty: there is one reading
	Granules           []granule.ID       // that it is a file of; empty: none was named
	Target             string             // archive bucket that was asked for; empty: routing decides
	Size               int64              // bytes that it is said to have; -1: not said
	Checksum           reconcile.Checksum // of the whole object, where one was said
	Stray              bool               // it was named as an object of an archive bucket, by its key there
}

// Options says what may be named.
type Options struct {
	Source   string   // the glacier bucket; empty: the one that the documents name
	Archives []string // the archive buckets that are configured
	Strays   bool     // what has no original may be named too
	TempDir  string   // for what is sorted; empty: the system's
}

// Selection collects names. Add…, then Check, then Each or Reader.
type Selection struct {
	opts      Options
	files     *granule.Files
	names     []string // of the files read, by File.Source
	source    string   // of all that is named
	job, tier string
	defaults  []target // of documents that name a bucket for all their granules
	objects   int64
	checked   bool
}

// target is the bucket that the documents from this one on name for their
// granules.
type target struct {
	source, doc int
	bucket      string
}

// New returns an empty Selection.
func New(o Options) *Selection {
	return &Selection{opts: o, source: o.Source, files: granule.NewFiles(o.TempDir, "names")}
}

// Close removes what is on disk.
func (s *Selection) Close() error { return s.files.Close() }

// Source is the bucket of all that was named; empty: neither the settings nor a
// document says one.
func (s *Selection) Source() string { return s.source }

// Job is the asyncOperationId of the documents; empty: none has one.
func (s *Selection) Job() string { return s.job }

// Tier is the defaultRecoveryTypeOverride of the documents; empty: none has one.
func (s *Selection) Tier() string { return s.tier }

// Names are the files that were read.
func (s *Selection) Names() []string { return s.names }

// Objects is how many objects are named. It is known after Check.
func (s *Selection) Objects() int64 { return s.objects }

// begin takes up another file.
func (s *Selection) begin(name string) { s.names = append(s.names, name) }

func (s *Selection) current() int { return len(s.names) - 1 }

func (s *Selection) fail(line int, format string, args ...any) error {
	return &granule.Error{Name: s.names[s.current()], Line: line, Err: fmt.Errorf(format, args...)}
}

// AddGranules reads documents that name granules; see package granule. name is
// that of the file, for errors.
func (s *Selection) AddGranules(in io.Reader, name string) error {
	s.begin(name)
	return granule.Read(in, name, func(f *granule.File) error {
		if err := s.place(f); err != nil {
			return err
		}
		return s.add(f)
	}, s.document)
}

// AddKeys reads a list of keys; see package keylist. name is that of the file.
// An empty list is an error.
func (s *Selection) AddKeys(in io.Reader, name string) error {
	s.begin(name)
	before := s.files.Len()
	err := keylist.Read(in, name, s.source, func(e keylist.Entry) error {
		if e.Bucket != "" {
			if err := s.sourceIs(e.Bucket, e.Line); err != nil {
				return err
			}
		}
		return s.add(&granule.File{Key: e.Key, Alternate: e.Alternate, Version: e.Version, Size: -1, Line: e.Line})
	})
	if err == nil && s.files.Len() == before {
		err = s.fail(1, "there are no keys in it")
	}
	return err
}

func (s *Selection) add(f *granule.File) error {
	f.Source = s.current()
	return s.files.Add(f)
}

// sourceIs notes that a document names a bucket as the source. There can be
// only one.
func (s *Selection) sourceIs(bucket string, line int) error {
	switch {
	case slices.Contains(s.opts.Archives, bucket):
		return s.fail(line, "bucket %s is an archive bucket: nothing is copied from there", bucket)
	case s.source == "":
		s.source = bucket
	case s.source != bucket:
		return s.fail(line, "bucket %s is not the source, which is %s", bucket, s.source)
	}
	return nil
}

// place turns the buckets that a document names for a file into the archive
// bucket it is to be copied to. What is not configured is refused: whoever can
// write a request must not choose where data goes.
func (s *Selection) place(f *granule.File) error {
	if f.Backup != "" {
		if err := s.sourceIs(f.Backup, f.Line); err != nil {
			return err
		}
	}
	lies := f.Bucket
	f.Bucket, f.Backup = "", ""
	if f.Target != "" && !slices.Contains(s.opts.Archives, f.Target) {
		return s.fail(f.Line, "granule %s, %s: bucket %s is not among the archive buckets that are configured", f.Granule, f.Key, f.Target)
	}
	switch {
	case lies == "":
	case !slices.Contains(s.opts.Archives, lies):
		return s.sourceIs(lies, f.Line)
	case f.Target == "":
		f.Target = lies
	case f.Target != lies:
		return s.fail(f.Line, "granule %s, %s: it lies in %s and is to be copied to %s", f.Granule, f.Key, lies, f.Target)
	}
	return nil
}

// document notes what a document says of all its granules.
//
// ORCA's own documents disagree on defaultBucketOverride: for one task it is
// the bucket that is restored from, for another the one that is copied to. Which
// of the two a bucket is the settings say.
func (s *Selection) document(d granule.Document) error {
	if d.Source != "" {
		if err := s.sourceIs(d.Source, d.Line); err != nil {
			return err
		}
	}
	bucket := ""
	if slices.Contains(s.opts.Archives, d.Override) {
		bucket = d.Override
	} else if d.Override != "" {
		if err := s.sourceIs(d.Override, d.Line); err != nil {
			return err
		}
	}
	if last := len(s.defaults) - 1; last < 0 && bucket != "" || last >= 0 && s.defaults[last].bucket != bucket || last >= 0 && s.defaults[last].source != s.current() {
		s.defaults = append(s.defaults, target{s.current(), d.Doc, bucket})
	}
	return errors.Join(s.agree(&s.job, d.Job, "asyncOperationId", d.Line), s.agree(&s.tier, d.Tier, "defaultRecoveryTypeOverride", d.Line))
}

// agree notes what all documents must say alike, if they say it.
func (s *Selection) agree(is *string, said, name string, line int) error {
	if said != "" && *is != "" && said != *is {
		return s.fail(line, "%s is %q, and was %q before", name, said, *is)
	}
	if said != "" {
		*is = said
	}
	return nil
}

// targetOf is the bucket that the document of a file names for all its
// granules.
func (s *Selection) targetOf(f *granule.File) string {
	at, found := slices.BinarySearchFunc(s.defaults, f, func(t target, f *granule.File) int {
		if t.source != f.Source {
			return t.source - f.Source
		}
		return t.doc - f.Doc
	})
	if !found {
		at--
	}
	if at < 0 || s.defaults[at].source != f.Source {
		return ""
	}
	return s.defaults[at].bucket
}
