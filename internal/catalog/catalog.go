// Package catalog reads what should be there: a catalog of keys with sizes,
// checksums and storage classes, as CSV, JSON Lines, BagIt manifests, pages of
// ORCA's catalog or Cumulus's granule records. It gives the keys back in order,
// for an audit to be merged with; ten million need no memory, since they are
// sorted on disk.
package catalog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"reconcile/internal/granule"
)

// Entry is one object that should be there. Empty text is not said.
type Entry struct {
	granule.ID
	Key       string
	Source    string     // glacier bucket
	Target    string     // archive bucket
	Version   string     // in the glacier bucket
	Size      int64      // bytes; -1: not said
	Checksums []Checksum // of the whole object, one for each algorithm
	Class     string     // storage class in the glacier bucket
	File      string     // that says so first
	Line      int        // of it, from 1
}

// Checksum is one checksum of an object.
type Checksum struct {
	Algorithm string // as S3 writes it, where S3 has it: MD5, SHA256 …
	Value     string // base64 where S3 has the algorithm, else as it stood in the catalog
}

// Catalog collects entries: Add each file, then Check, then Each or Reader.
type Catalog struct {
	files   *granule.Files
	names   []string
	objects int64
	checked bool
}

// New returns an empty catalog, whose temporary file goes to dir; empty: the
// system's.
func New(dir string) *Catalog { return &Catalog{files: granule.NewFiles(dir, "catalog")} }

// Close removes what is on disk.
func (c *Catalog) Close() error { return c.files.Close() }

// Names are the files that were read.
func (c *Catalog) Names() []string { return c.names }

// Objects is how many objects should be there. It is known after Check.
func (c *Catalog) Objects() int64 { return c.objects }

// Add reads one file. name is that of the file: its end tells the format where
// the content does not. Errors begin with NAME:LINE. A file without entries is
// an error.
func (c *Catalog) Add(in io.Reader, name string) error {
	c.names = append(c.names, name)
	before := c.files.Len()
	r := &reader{name: name, in: bufio.NewReaderSize(in, sniffed), take: c.add}
	if err := r.read(); err != nil {
		return err
	}
	if c.files.Len() == before {
		return r.fail(1, errors.New("there are no entries in it"))
	}
	return nil
}

func (c *Catalog) add(f *granule.File) error {
	f.Source = len(c.names) - 1
	return c.files.Add(f)
}

// reader reads one file.
type reader struct {
	name string
	in   *bufio.Reader
	take func(*granule.File) error
}

const sniffed = 64 << 10 // bytes that are looked at to find out the format

func (r *reader) fail(line int, err error) error {
	return &granule.Error{Name: r.name, Line: line, Err: err}
}

// bagit is the name of a manifest of a bag; its algorithm is in it.
// https://www.rfc-editor.org/rfc/rfc8493#section-2.1.3
var bagit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(tag)?manifest-([a-z0-9]+)\.txt$`) })

// read chooses the format by the first byte and by the name.
func (r *reader) read() error {
	head, err := r.in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if rest, marked := strings.CutPrefix(string(head), "\uFEFF"); marked {
		r.in.Discard(3)
		head = []byte(rest)
	}
	base := path.Base(strings.ReplaceAll(r.name, `\`, "/"))
	manifest := bagit().FindStringSubmatch(base)
	first := strings.TrimLeft(string(head), " \t\r\n")
	switch {
	case manifest != nil:
		return r.bag(manifest[2])
	case strings.HasPrefix(first, "{"), strings.HasPrefix(first, "["):
		if flat(first) {
			return r.jsonLines()
		}
		return r.granules()
	}
	return r.csv()
}

func (r *reader) granules() error {
	return granule.Read(r.in, r.name, func(f *granule.File) error {
		if f.Backup == "" && f.Target != "" { // a request: what it asks for is to lie there
			f.Bucket = f.Target
		}
		return r.take(f)
	}, func(granule.Document) error { return nil })
}

// Check ends the adding, and finds entries that contradict one another.
func (c *Catalog) Check() error {
	c.objects, c.checked = 0, true
	return c.Each(func(Entry) error { c.objects++; return nil })
}

// Each calls take with each object once, in the byte order of the keys. It may
// be called again.
func (c *Catalog) Each(take func(Entry) error) error {
	r, err := c.Reader()
	if err != nil {
		return err
	}
	return r.Each(take)
}

// Reader gives the entries one at a time.
type Reader = granule.Joined[Entry]

// Reader returns a reader of what Each gives; nil: there is no catalog.
func (c *Catalog) Reader() (*Reader, error) {
	if c == nil {
		return nil, nil
	}
	if !c.checked {
		return nil, errors.New("the catalog has not been checked")
	}
	return granule.Join(c.files, c.names, c.entry, (*Entry).join)
}

func (c *Catalog) entry(f granule.File) Entry {
	e := Entry{
		ID: f.ID, Key: f.Key, Source: f.Backup, Target: f.Bucket, Version: f.Version, Size: f.Size, Class: f.Class,
		File: c.names[f.Source], Line: f.Line,
	}
	if f.Hash != "" {
		e.Checksums = []Checksum{{f.Algorithm, f.Hash}}
	}
	return e
}

// join adds what another line says of the same object. The error says what the
// two disagree in.
func (e *Entry) join(o Entry) error {
	texts := []struct {
		what   string
		is, to *string
	}{
		{"collection", &e.Collection, &o.Collection}, {"granule", &e.Granule, &o.Granule}, {"glacier bucket", &e.Source, &o.Source},
		{"archive bucket", &e.Target, &o.Target}, {"version", &e.Version, &o.Version}, {"storage class", &e.Class, &o.Class},
	}
	for _, t := range texts {
		if *t.is != "" && *t.to != "" && *t.is != *t.to {
			return fmt.Errorf("its %s is %s, and %s", t.what, *t.to, *t.is)
		}
		if *t.is == "" {
			*t.is = *t.to
		}
	}
	if e.Size >= 0 && o.Size >= 0 && e.Size != o.Size {
		return fmt.Errorf("it has %d bytes, and %d", o.Size, e.Size)
	}
	if e.Size < 0 {
		e.Size = o.Size
	}
	for _, sum := range o.Checksums {
		if err := e.addChecksum(sum); err != nil {
			return err
		}
	}
	return nil
}

func (e *Entry) addChecksum(sum Checksum) error {
	at := slices.IndexFunc(e.Checksums, func(c Checksum) bool { return c.Algorithm == sum.Algorithm })
	switch {
	case at < 0:
		e.Checksums = append(e.Checksums, sum)
	case e.Checksums[at].Value != sum.Value:
		return fmt.Errorf("its %s is %s, and %s", sum.Algorithm, sum.Value, e.Checksums[at].Value)
	}
	return nil
}
