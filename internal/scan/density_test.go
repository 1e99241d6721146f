package scan

import (
	"fmt"
	"testing"

	"reconcile/internal/reconcile"
)

// An archive that is crowded with other things in one place is not left to
// HEADs for all the rest of its keys: 100 objects each of which lies among 1,000
// others, then 20,000 that are all there is.
func TestDensityOfOnePlaceIsForgotten(t *testing.T) {
	t.Parallel()
	crowded, plain := amount(25, 100), amount(8_000, 20_000)
	var source, archive []reconcile.Object
	for i := range crowded {
		source = append(source, restored(fmt.Sprintf("aux/%05d", i)))
		archive = append(archive, source[i])
		for j := range 1000 {
			archive = append(archive, restored(fmt.Sprintf("aux/%05d/%04d", i, j)))
		}
	}
	source, archive = append(source, each(keys(plain), restored)...), append(archive, each(keys(plain), restored)...)
	s := newStore(1000)
	s.put("source", source...)
	s.put("protected", archive...)
	o := options(t)
	o.Streams = 1
	all, err := run(t, s, o)
	if err != nil || len(all) != crowded+plain {
		t.Fatalf("%d decisions, %v", len(all), err)
	}
	heads := 0
	for _, d := range all {
		if d.Unseen {
			heads++
		}
	}
	lists := s.count("protected")
	cost, least := float64(lists)+float64(heads)/12.5, float64(plain)/1000+float64(crowded)/12.5
	if cost > 2*least+float64(crowded) { // to find out about the crowd may cost a page for each
		t.Errorf("%d LISTs and %d HEADs cost %.0f LISTs, where %.0f would do", lists, heads, cost, least)
	}
}
