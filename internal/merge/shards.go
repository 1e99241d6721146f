package merge

import (
	"cmp"
	"fmt"
	"slices"

	"reconcile/internal/report"
)

// gap says what is missing of the shards whose reports there are: one of them,
// or keys between two that do not meet. Empty: they hold every key once.
func gap(shards []report.Shard) string {
	if len(shards) == 0 {
		return ""
	}
	shards = slices.Clone(shards)
	slices.SortFunc(shards, func(a, b report.Shard) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.After, b.After), cmp.Compare(a.Until, b.Until))
	})
	shards = slices.Compact(shards) // one that was run twice
	count, at, held := shards[0].Count, "", false
	for i, s := range shards {
		switch {
		case s.Count != count:
			return fmt.Sprintf("the reports are of %d shards and of %d shards", count, s.Count)
		case s.Index != i && i < count:
			return fmt.Sprintf("of %d shards, there is not exactly one report of each: see shard %d", count, min(s.Index, i))
		case s.Until != "" && s.After >= s.Until:
			continue // there are more shards than keys
		case held && at == "" || s.After != at:
			return fmt.Sprintf("the keys after %q up to %q were looked at by no shard, or by two: shard %d of %d began elsewhere than the one before it ended", at, s.After, s.Index, count)
		}
		at, held = s.Until, true
	}
	switch {
	case !held:
		return "no shard looked at any key"
	case len(shards) != count:
		return fmt.Sprintf("there are reports of %d shards, of %d", len(shards), count)
	case at != "":
		return fmt.Sprintf("the keys after %q were looked at by no shard", at)
	}
	return ""
}
