package breakdown

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// name is one or two names.
type name [2]string

func compareNames(a, b name) int {
	return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
}

// table has the shares of the first names in their order, as many as it may
// have, and of all others together. A name that is among the first of all is
// among the first of those that have come, at any time: so its count is whole,
// in whatever order names come.
type table struct {
	most   int
	shares map[name]*share
	last   name // the greatest in shares
	other  share
}

func newTable(most int) table { return table{most: most, shares: map[name]*share{}} }

// of returns the share that a name is counted in.
func (t *table) of(n name) *share {
	s := t.shares[n]
	switch {
	case s != nil:
		return s
	case len(t.shares) >= t.most && compareNames(n, t.last) > 0:
		return &t.other
	}
	return t.insert(name{strings.Clone(n[0]), strings.Clone(n[1])}) // a listing's page is not kept in memory for it
}

// insert makes room for a name by giving the greatest one up.
func (t *table) insert(n name) *share {
	if len(t.shares) >= t.most {
		t.shares[t.last].addTo(&t.other)
		delete(t.shares, t.last)
	}
	s := &share{}
	t.shares[n] = s
	t.last = slices.MaxFunc(slices.Collect(maps.Keys(t.shares)), compareNames)
	return s
}

func (t *table) addTo(to *table) {
	for n, s := range t.shares {
		s.addTo(to.of(n))
	}
	t.other.addTo(&to.other)
}

// each calls take with the names in order, and with all others where there are
// any.
func (t *table) each(take func(n name, other bool, s Share)) {
	for _, n := range slices.SortedFunc(maps.Keys(t.shares), compareNames) {
		take(n, false, t.shares[n].share())
	}
	if t.other.objects > 0 {
		take(name{}, true, t.other.share())
	}
}
