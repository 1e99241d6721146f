package reconcile

import "strings"

// Aspect is something of an object that its two sides can be compared in.
type Aspect uint8

// The aspects, in the order of the documentation.
const (
	AspectSize Aspect = iota
	AspectETag
	AspectChecksum
	AspectStorageClass // the target's, with what its archive is configured to have
	AspectMetadata
	AspectTags
	aspects
	// AspectAnnotations is that of copies by parts alone, and no other row says
	// anything of it.
	AspectAnnotations = aspects
)

var aspectNames = [aspects + 1]string{"size", "etag", "checksum", "storage_class", "metadata", "tags", "annotations"}

func (a Aspect) String() string { return aspectNames[a] }

// Aspects returns every aspect that all comparisons speak of, in the order of the documentation.
func Aspects() []Aspect {
	all := make([]Aspect, aspects)
	for i := range all {
		all[i] = Aspect(i)
	}
	return all
}

// Match is what came of comparing one aspect.
type Match uint8

// The matches. The zero value is the honest one.
const (
	NotCompared Match = iota
	Matches
	Disagrees // which need not mean another content: an ETag also depends on the parts
)

var matchNames = [...]string{"not_compared", "match", "differ"}

func (m Match) String() string { return matchNames[m] }

// Compared is what came of comparing two sides, by Aspect.
type Compared [aspects + 1]Match

// CompareAspects holds what is known of two objects side by side. That two
// ETags disagree is stated as a fact, whatever it means: see Compare for that.
// Storage classes differ by design and are not compared here.
func CompareAspects(source, target *Object) (c Compared) {
	c[AspectSize] = match(source.Size == target.Size)
	if source.ETag != "" && target.ETag != "" {
		c[AspectETag] = match(SameETag(source.ETag, target.ETag))
	}
	a, b := &source.Checksum, &target.Checksum
	if a.Value != "" && b.Value != "" && a.Algorithm == b.Algorithm && a.Type == b.Type {
		c[AspectChecksum] = match(a.Value == b.Value)
	}
	return c
}

func match(equal bool) Match {
	if equal {
		return Matches
	}
	return Disagrees
}

// Disagree reports whether the sides disagree in something.
func (c *Compared) Disagree() bool {
	for _, m := range c {
		if m == Disagrees {
			return true
		}
	}
	return false
}

// besides reports whether the sides disagree in something beside their content.
func (c *Compared) besides() bool {
	return c[AspectStorageClass] == Disagrees || c[AspectMetadata] == Disagrees || c[AspectTags] == Disagrees
}

// String is the report's "compared": every aspect with what came of it; empty
// where nothing was compared.
func (c Compared) String() string {
	if c == (Compared{}) {
		return ""
	}
	return string(c.append(make([]byte, 0, 128)))
}

func (c *Compared) append(b []byte) []byte {
	for i, m := range c {
		if Aspect(i) == AspectAnnotations && m == NotCompared {
			break
		}
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(append(append(b, aspectNames[i]...), '='), matchNames[m]...)
	}
	return b
}

// ParseCompared is the inverse of String. Aspects that it does not know are
// passed over, those that are not there were not compared; ok is false for what
// String cannot have written.
func ParseCompared(s string) (c Compared, ok bool) {
	for _, field := range strings.Fields(s) {
		name, value, found := strings.Cut(field, "=")
		m := index(matchNames[:], value)
		if !found || m < 0 {
			return Compared{}, false
		}
		if a := index(aspectNames[:], name); a >= 0 {
			c[a] = Match(m)
		}
	}
	return c, true
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}
