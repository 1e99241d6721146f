package job

import (
	"fmt"
	"io"

	"reconcile/internal/pipeline"
	"reconcile/internal/restore"
)

// text says what is missing, how it stands, and what it costs to bring it back.
func (c *costing) text(w io.Writer, s restore.Survey) error {
	sum := s.Sum()
	fmt.Fprintf(w, "missing from the archives: %s, %s\n", objects(sum.Objects), bytesInWords(sum.Bytes))
	for _, state := range []restore.State{restore.Cold, restore.Restoring, restore.Readable, restore.TooShort, restore.NotArchived} {
		if a := s.Sum(state); a.Objects > 0 {
			fmt.Fprintf(w, "  %-22s %8d   %s\n", state, a.Objects, bytesInWords(a.Bytes))
		}
	}
	if sum.Objects == 0 {
		return nil
	}
	fmt.Fprintf(w, "asked for by %s, for %d days; every tier:\n", c.opts.Tier, c.opts.Days)
	return c.cost(s).WriteText(w)
}

func objects(n int64) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}

// printWaited says what a recovery has asked for, and what came of it.
func printWaited(w io.Writer, result pipeline.Result) {
	if s := result.Spent; s != nil && s.Objects > 0 {
		fmt.Fprintf(w, "  asked for    %8d   %s\n", s.Objects, bytesInWords(s.Bytes))
	}
	if a := result.Waiting; a != nil && a.Lapsed > 0 {
		fmt.Fprintf(w, "  lapsed       %8d   before they could be copied; %d asked for again\n", a.Lapsed, a.Again)
	}
}
