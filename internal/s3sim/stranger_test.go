package s3sim

import "testing"

// TestStranger: he misses whatever is not as he left it, and nothing else.
func TestStranger(t *testing.T) {
	for name, c := range map[string]struct {
		harm   func(s *Server, id string)
		misses int
	}{
		"nothing":         {func(*Server, string) {}, 0},
		"others' objects": {func(s *Server, _ string) { s.Put("b", "other", Object{Size: 1}); s.Delete("b", "other") }, 0},
		"written over":    {func(s *Server, _ string) { s.Put("b", "his", Object{Size: 5, ContentSeed: 50_000}) }, 1},
		"removed":         {func(s *Server, _ string) { s.Delete("b", "his") }, 1},
		"aborted":         {func(s *Server, id string) { delete(s.mustBucket("b").uploads, id) }, 1},
		"filled":          {func(s *Server, id string) { s.mustBucket("b").uploads[id].parts[2] = &part{} }, 1},
	} {
		s := start(t, Config{})
		s.CreateBucket("b")
		x := s.Stranger("b")
		x.Write("his", 5)
		id := x.Open("his", 7)
		c.harm(s, id)
		if missing := x.Missing(); len(missing) != c.misses {
			t.Errorf("%s: misses %v", name, missing)
		}
		if !x.Has(id) || x.Has("another") || len(x.Keys()) != 1 {
			t.Errorf("%s: does not know what is his", name)
		}
	}
}
