package audit

import (
	"strings"

	"reconcile/internal/reconcile"
	"reconcile/internal/scan"
)

// scope is what an audit looks at, and where the copies of that have their place.
//
// A part of an audit looks at a range of the source's keys, and at what lies in
// the archive buckets under the keys that those lead to. Where a rule swaps
// prefixes an object of an archive bucket may come from keys of two parts: both
// look whether it is theirs, and one alone accuses it.
type scope struct {
	bucket, prefix string     // the source
	keys           scan.Range // of the source
	router         *reconcile.Router
	excludes       func(key string) bool // objects withdrawn on purpose; nil: none
}

// excluded reports whether a source key is none of the archive's business.
func (s *scope) excluded(key string) bool {
	return s.excludes != nil && s.excludes(key) || s.router.Route(key).Excluded
}

// home is the source key whose part of the audit accuses an object of an archive
// bucket that is nobody's: one that would have its place there, if there is one.
func (s *scope) home(at reconcile.Location) (home string) {
	belongs := false
	for _, origin := range s.router.Origins(at.Key) {
		if !strings.HasPrefix(origin, s.prefix) {
			continue
		}
		route := s.router.Route(origin)
		own := route.Routed && route.Location() == at
		if home == "" || own || !belongs {
			home, belongs = origin, own
		}
	}
	return home
}

// withdrawn reports whether a stray is one of the excluded objects, and no leak.
func (s *scope) withdrawn(o reconcile.Object, origin string) bool {
	origins := []string{origin}
	if origin == "" {
		origins = s.router.Origins(o.Key)
	}
	for _, key := range origins {
		if s.excluded(key) && !s.router.Leaks(o.Bucket, key) {
			return true
		}
	}
	return false
}

// belongs says where the copy of a source key has its place.
func (s *scope) belongs(key string) string {
	route := s.router.Route(key)
	switch {
	case s.excluded(key):
		return "its original is excluded"
	case !route.Routed:
		return "no archive bucket is configured for it"
	}
	return "it belongs at " + route.Location().String()
}

// leaks reports whether an object without an original is a data file in a public
// bucket, whichever of its possible origins it may have had.
func (s *scope) leaks(at reconcile.Location) bool {
	for _, key := range s.router.Origins(at.Key) {
		if !s.router.Leaks(at.Bucket, key) {
			return false
		}
	}
	return true
}

// collisions are the other source keys whose copies would lie at the same place.
func (s *scope) collisions(key string) []string {
	return s.router.Collisions(key, s.router.Route(key))
}
