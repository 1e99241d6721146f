package selection

import (
	"errors"
	"fmt"
	"slices"

	"reconcile/internal/granule"
	"reconcile/internal/reconcile"
)

// Check ends the adding, and finds what contradicts itself: the same object
// with two sizes, checksums of one algorithm or archive buckets.
func (s *Selection) Check() error {
	s.objects, s.checked = 0, true
	return s.Each(func(Entry) error { s.objects++; return nil })
}

// Each calls take with each object once, in the byte order of the keys. It may
// be called again.
func (s *Selection) Each(take func(Entry) error) error {
	r, err := s.Reader()
	if err != nil {
		return err
	}
	return r.Each(take)
}

// Reader gives the objects one at a time.
type Reader = granule.Joined[Entry]

// Reader returns a reader of what Each gives.
func (s *Selection) Reader() (*Reader, error) {
	if !s.checked {
		return nil, errors.New("the selection has not been checked")
	}
	return granule.Join(s.files, s.names, s.entry, (*Entry).join)
}

// entry is what one file says.
func (s *Selection) entry(f granule.File) Entry {
	e := Entry{Location: reconcile.Location{Bucket: s.source, Key: f.Key, VersionID: f.Version}, Alternate: f.Alternate, Target: f.Target, Size: f.Size, Stray: f.Bucket != ""}
	if e.Target == "" {
		e.Target = s.targetOf(&f)
	}
	if f.Hash != "" {
		e.Checksum = reconcile.Checksum{Algorithm: f.Algorithm, Type: reconcile.FullObject, Value: f.Hash}
	}
	if f.Granule != "" {
		e.Granules = []granule.ID{f.ID}
	}
	return e
}

// join adds what is said of the same object elsewhere. The error says what the
// two disagree in.
func (e *Entry) join(o Entry) error {
	switch {
	case e.Size >= 0 && o.Size >= 0 && e.Size != o.Size:
		return fmt.Errorf("it has %d bytes, and %d", o.Size, e.Size)
	case e.Target != "" && o.Target != "" && e.Target != o.Target:
		return fmt.Errorf("it is to be copied to %s, and to %s", o.Target, e.Target)
	case e.VersionID != "" && o.VersionID != "" && e.VersionID != o.VersionID:
		return fmt.Errorf("its version is %s, and %s", o.VersionID, e.VersionID)
	case e.Checksum.Algorithm == o.Checksum.Algorithm && e.Checksum.Value != o.Checksum.Value:
		return fmt.Errorf("its %s is %s, and %s", o.Checksum.Algorithm, o.Checksum.Value, e.Checksum.Value)
	}
	e.Stray = e.Stray && o.Stray // else its own row says what became of it
	if e.Size < 0 {
		e.Size = o.Size
	}
	if e.Target == "" {
		e.Target = o.Target
	}
	if e.VersionID == "" {
		e.VersionID = o.VersionID
	}
	if e.Checksum.Value == "" {
		e.Checksum = o.Checksum
	}
	if e.Alternate != o.Alternate { // somebody has named it as it is: there is one reading
		e.Alternate = ""
	}
	for _, id := range o.Granules {
		if !slices.Contains(e.Granules, id) {
			e.Granules = append(e.Granules, id)
		}
	}
	return nil
}
