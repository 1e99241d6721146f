package diff

import "reconcile/internal/reconcile"

// severities say how bad it is what a status says of an object: a change to a
// higher one is for the worse. What has none is as it should be, or waits for
// a restore.
var severities = map[reconcile.Status]int{
	reconcile.Uncatalogued: 1,
	reconcile.Orphan:       1,
	reconcile.Unrouted:     1,
	reconcile.Failed:       2,
	reconcile.Misplaced:    3,
	reconcile.Differs:      4,
	reconcile.Phantom:      5,
	reconcile.Missing:      5,
}

func severity(s reconcile.Status) int {
	if n, ok := severities[s]; ok || s.Valid() {
		return n
	}
	return 2 // a status nobody knows is nothing good
}

// worse reports whether a change is for the worse. An object that has vanished
// is judged at the end: it depends on what the new report leaves out.
func worse(p pair) bool {
	switch {
	case p.is == nil:
		return false
	case p.was == nil:
		return severity(p.is.Status) > 0 || bool(p.is.Leak)
	}
	return severity(p.is.Status) > severity(p.was.Status) ||
		bool(p.is.Leak && !p.was.Leak) ||
		reconcile.Archive(p.is.Archive) == reconcile.ArchiveMissing && reconcile.Archive(p.was.Archive) == reconcile.ArchiveThere ||
		p.is.Catalog != "" && p.was.Catalog == ""
}
