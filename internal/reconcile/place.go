package reconcile

import (
	"slices"
	"strings"
)

// The questions that an audit asks of a router: it finds objects in archive
// buckets and has to know whose they are.

// Origins returns the source keys that an object under key in an archive bucket
// may come from: the key itself, and where prefixes are swapped what each swap
// would have made of it, whichever bucket it leads to.
func (r *Router) Origins(key string) []string {
	origins := []string{key}
	if !r.swaps {
		return origins
	}
	for _, c := range r.cursors {
		if c.From == c.To {
			continue
		}
		if origin, ok := c.Source(key); ok && origin != "" && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}

// Swaps returns the swaps of prefixes, each once and without its bucket.
func (r *Router) Swaps() (all []Cursor) {
	for _, c := range r.cursors {
		c.Bucket = ""
		if c.From != c.To && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// Images returns the keys that a copy of a source key may have, whichever bucket
// it lies in: the key itself, and what each swap of prefixes makes of it.
func (r *Router) Images(key string) []string {
	images := []string{key}
	for _, c := range r.Swaps() {
		if !strings.HasPrefix(key, c.From) {
			continue
		}
		if image := c.Target(key); image != "" && !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	slices.Sort(images)
	return images
}

// Swapped reports whether a key, of the source or of an archive bucket, may have
// its other side under another key.
func (r *Router) Swapped(key string) bool {
	if !r.swaps {
		return false
	}
	for _, c := range r.cursors {
		if c.From != c.To && (strings.HasPrefix(key, c.From) || strings.HasPrefix(key, c.To)) {
			return true
		}
	}
	return false
}

// TargetPrefixes returns the prefixes under which the objects of an archive
// bucket lie that source keys with the given prefix may be the origin of, in
// order, none of them within another.
func (r *Router) TargetPrefixes(prefix string) []string {
	all := []string{prefix}
	for _, c := range r.cursors {
		rest, ok := strings.CutPrefix(prefix, c.From)
		switch {
		case c.From == c.To:
		case ok:
			all = append(all, c.To+rest)
		case strings.HasPrefix(c.From, prefix):
			all = append(all, c.To)
		}
	}
	slices.Sort(all)
	kept := all[:1]
	for _, p := range all[1:] {
		if !strings.HasPrefix(p, kept[len(kept)-1]) {
			kept = append(kept, p)
		}
	}
	return kept
}

// Public reports whether a bucket is for files that are known to be no data: the
// public one, or one to which the bucket map leads nothing else.
func (r *Router) Public(bucket string) bool {
	if bucket == "" || bucket == r.archives.Protected {
		return false
	}
	if bucket == r.archives.Public {
		return true
	}
	public := false
	for ext, b := range r.archives.Map {
		if b != bucket {
			continue
		}
		if !publicExtension(ext) { // "other" is none either
			return false
		}
		public = true
	}
	return public
}

// Leaks reports whether an object with this source key must not lie in a bucket:
// the bucket is public, and the key is that of a data file, or of an unknown one.
// What a rule leads there is meant to be public.
func (r *Router) Leaks(bucket, key string) bool {
	if !r.Public(bucket) {
		return false
	}
	route := r.Route(key)
	belongs := route.Cursor.Bucket
	if route.Excluded {
		belongs = r.archives.bucket(key)
	}
	if belongs == "" {
		return !publicExtension(Extension(key))
	}
	return belongs != bucket && !r.Public(belongs)
}
