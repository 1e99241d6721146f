package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Archives names the buckets that objects are routed to.
type Archives struct {
	Protected string            // data, and everything that is not known
	Public    string            // files known to be no data
	Map       map[string]string // extension (".hdf") to bucket, and "other"; may be nil
}

// otherExtensions is the key of the bucket map that serves every extension
// the map does not name.
const otherExtensions = "other"

// publicExtension reports whether files with the extension are known to be no
// data. Whatever is not in this list is protected: an unknown file is never
// made public.
func publicExtension(ext string) bool {
	switch ext { // asked for every object listed: faster than a map
	case ".txt", ".xml", ".met", ".cmr", ".json", ".jpg", ".jpeg", ".png", ".gif", ".md5", ".sha256", ".html", ".pdf":
		return true
	}
	return false
}

// Cursor identifies a stretch of a target bucket in which targets come in the
// order of their sources' keys: keys that begin with From become To + rest.
type Cursor struct {
	Bucket, From, To string
}

// Target returns the target key of a source key that begins with From.
func (c Cursor) Target(key string) string { return c.To + key[len(c.From):] }

// Source returns the source key that Target would turn into key.
func (c Cursor) Source(key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, c.To)
	return c.From + rest, ok
}

// Route says where one object belongs.
type Route struct {
	Cursor   Cursor
	Key      string // target key
	Excluded bool
	Routed   bool // false: no archive bucket is configured for it
}

// Location is the route's target.
func (r Route) Location() Location { return Location{Bucket: r.Cursor.Bucket, Key: r.Key} }

// Router routes source keys to their archive buckets. It is made by NewRouter
// and safe for concurrent use.
type Router struct {
	rules    []compiledRule
	archives Archives
	cursors  []Cursor // every cursor a route can have, for finding collisions
	swaps    bool     // some of them swap a prefix: else there are no collisions
}

// NewRouter compiles the rules. It refuses rules that are no rules, and rules
// whose targets overlap: two sources must not meet on one target.
func NewRouter(rules []Rule, archives Archives) (*Router, error) {
	r := &Router{archives: archives}
	var err error
	if r.archives.Map, err = normalizeMap(archives.Map); err != nil {
		return nil, err
	}
	for i, rule := range rules {
		match, err := compile(rule)
		if err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		r.rules = append(r.rules, compiledRule{rule, match})
	}
	if err := r.collectCursors(); err != nil {
		return nil, err
	}
	return r, nil
}

// normalizeMap lets "hdf", ".hdf" and ".HDF" all mean the same extension, and
// refuses a map that gives it two buckets: which of them holds would be left
// to the order in which Go reads a map.
func normalizeMap(m map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(m))
	for ext, bucket := range m {
		if ext != otherExtensions {
			ext = NormalizeExtension(ext)
		}
		if b, twice := out[ext]; twice && b != bucket {
			return nil, fmt.Errorf("bucket map: the extension %q has two buckets", ext)
		}
		out[ext] = bucket
	}
	return out, nil
}

// NormalizeExtension returns an extension as Extension does, with or without its
// dot given.
func NormalizeExtension(ext string) string {
	return "." + lowerASCII(strings.TrimPrefix(ext, "."))
}

// Route routes one source key: explicit rules, then the bucket map, then the
// built-in list.
func (r *Router) Route(key string) Route {
	for _, rule := range r.rules {
		if !rule.match(key) {
			continue
		}
		if rule.Exclude {
			return Route{Excluded: true}
		}
		bucket := rule.Bucket
		if bucket == "" {
			bucket = r.archives.bucket(key)
		}
		return routed(Cursor{bucket, rule.FromPrefix, rule.ToPrefix}, key)
	}
	return routed(Cursor{Bucket: r.archives.bucket(key)}, key)
}

func routed(c Cursor, key string) Route {
	target := c.Target(key)
	if c.Bucket == "" || target == "" {
		return Route{} // a key that is nothing but the prefix to be taken off has no place
	}
	return Route{Cursor: c, Key: target, Routed: true}
}

// bucket applies the bucket map, then the built-in list.
func (a Archives) bucket(key string) string {
	ext := Extension(key)
	if len(a.Map) > 0 {
		if b, ok := a.Map[ext]; ok {
			return b
		}
		if b, ok := a.Map[otherExtensions]; ok {
			return b
		}
	}
	if publicExtension(ext) {
		return a.Public
	}
	return a.Protected
}

// Extension returns the last extension of a key in lower case, as far as it is ASCII, with its dot,
// "" where the name has none: x.HDF.txt is .txt, and the dot file .txt has none.
func Extension(key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return ""
	}
	return lowerASCII(name[dot:])
}

// lowerASCII leaves every letter beyond ASCII as it is: some of them become an
// ASCII letter in lower case (the Turkish İ, the sign for Kelvin), and what is
// not plainly one of the known extensions is data.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// Buckets returns the archive buckets a route can lead to, sorted: none where there
// is no router.
func (r *Router) Buckets() []string {
	if r == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, c := range r.cursors {
		seen[c.Bucket] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Collisions returns the other source keys whose route ends at the target of
// key's route. There are none unless prefixes are swapped.
func (r *Router) Collisions(key string, route Route) []string {
	if !r.swaps {
		return nil
	}
	var collisions []string
	for _, c := range r.cursors {
		if c == route.Cursor || c.Bucket != route.Cursor.Bucket {
			continue
		}
		other, ok := c.Source(route.Key)
		if !ok || other == key {
			continue
		}
		if o := r.Route(other); o.Routed && o.Location() == route.Location() {
			collisions = append(collisions, other)
		}
	}
	return collisions
}

// collectCursors lists every cursor and refuses explicit rules whose images
// overlap.
func (r *Router) collectCursors() error {
	var explicit []Cursor
	for i, rule := range r.rules {
		for _, c := range r.archives.ruleCursors(rule.Rule) {
			for _, d := range explicit {
				if c != d && c.overlaps(d) {
					return fmt.Errorf("rule %d: its targets s3://%s/%s… overlap those of another rule, s3://%s/%s…: two sources could meet on one target",
						i+1, c.Bucket, c.To, d.Bucket, d.To)
				}
			}
			explicit = append(explicit, c)
		}
	}
	for _, c := range append(explicit, r.archives.cursors("", "")...) {
		r.addCursor(c)
	}
	return nil
}

func (r *Router) addCursor(c Cursor) {
	for _, d := range r.cursors {
		if c == d {
			return
		}
	}
	r.cursors = append(r.cursors, c)
	r.swaps = r.swaps || c.From != c.To
}

// ruleCursors returns the cursors a rule can lead to.
func (a Archives) ruleCursors(rule Rule) []Cursor {
	switch {
	case rule.Exclude:
		return nil
	case rule.Bucket != "":
		return []Cursor{{rule.Bucket, rule.FromPrefix, rule.ToPrefix}}
	}
	return a.cursors(rule.FromPrefix, rule.ToPrefix)
}

// cursors returns one cursor for each bucket the map and the list lead to.
func (a Archives) cursors(from, to string) []Cursor {
	var all []Cursor
	add := func(bucket string) {
		if bucket != "" {
			all = append(all, Cursor{bucket, from, to})
		}
	}
	add(a.Protected)
	add(a.Public)
	for _, b := range a.Map {
		add(b)
	}
	return all
}

// overlaps reports whether some key lies in both cursors' images.
func (c Cursor) overlaps(d Cursor) bool {
	return c.Bucket == d.Bucket && (strings.HasPrefix(c.To, d.To) || strings.HasPrefix(d.To, c.To))
}
