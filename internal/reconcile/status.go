package reconcile

// Status is what became of an object; the same word stands in the report, the
// logs and the documentation.
type Status string

// The statuses, in the order of the documentation.
const (
	Copied       Status = "copied"       // this run copied it, and compared the copy
	Present      Status = "present"      // it was there already, and nothing that can be compared says otherwise
	LeftOnline   Status = "online"       // its class needs no restore, left alone
	Excluded     Status = "excluded"     // a rule or key list says no
	Requested    Status = "requested"    // a restore was asked for
	InRestore    Status = "restoring"    // asked for, not there yet
	NotRestored  Status = "not_restored" // archived, no readable copy
	Missing      Status = "missing"      // plan, audit, merge: not in its archive bucket
	Orphan       Status = "orphan"       // audit: in an archive bucket, not in glacier
	Misplaced    Status = "misplaced"    // audit: in the wrong archive bucket
	Differs      Status = "differs"      // there, and provably another content
	Readable     Status = "restored"     // restore: readable already and long enough; nothing asked
	Phantom      Status = "phantom"      // audit with a catalog: catalogued, in no bucket
	Uncatalogued Status = "uncatalogued" // audit with a catalog: in a bucket, not catalogued
	Unrouted     Status = "unrouted"     // no archive bucket for it
	Failed       Status = "failed"       // tried, and not there
	Canceled     Status = "canceled"     // not reached: signal or deadline
)

// statusRules is the table of the documentation, one line a status.
var statusRules = [...]struct {
	status  Status
	success bool    // the row's "success"
	broken  bool    // makes the run end with exit 3, whatever the command
	auditor bool    // does so for audit and merge only
	changes bool    // has a row under --report-rows changes
	looking looking // which commands look for it
	pairing pairing // what it says of a comparison of source and target
}{
	{Copied, true, false, false, true, always, compared},
	{Present, true, false, false, false, always, compared},
	{LeftOnline, true, false, false, false, always, unverified},
	{Excluded, true, false, false, false, always, unpaired},
	{Requested, true, false, false, true, always, unverified},
	{InRestore, false, false, false, true, always, unverified},
	{NotRestored, false, false, false, false, always, unverified},
	{Missing, false, false, true, true, always, unpaired},
	{Orphan, false, false, true, true, inAudits, unpaired},
	{Misplaced, false, false, true, true, inAudits, unpaired},
	{Differs, false, true, false, true, always, compared},
	{Readable, true, false, false, true, inRestores, unverified},
	{Phantom, false, false, true, true, withCatalog, unpaired},
	{Uncatalogued, false, false, true, true, withCatalog, unpaired},
	{Unrouted, false, true, false, true, always, unverified},
	{Failed, false, true, false, true, always, unverified},
	{Canceled, false, false, false, true, always, unverified}, // the deadline's exit 3 is the run's
}

// looking says which commands look for a status. The others do not know how
// many objects have it, which is not the same as none.
type looking uint8

const (
	always      looking = iota
	inAudits            // and where audits are merged
	inRestores          // restore and recover
	withCatalog         // audits that were given one
)

// pairing says whether an object of a status was held against its other side.
type pairing uint8

const (
	compared   pairing = iota // it was
	unverified                // it was not, or it is not known whether it was
	unpaired                  // it has no other side, or is not to be compared
)

// NotLookedFor returns the statuses that a command does not look for: their
// counts are not known, which a report says by null. catalog tells that an
// audit has one. A merge looks for nothing itself: it knows what any of its
// inputs knew.
func NotLookedFor(command string, catalog bool) map[Status]bool {
	none := map[Status]bool{}
	for _, r := range &statusRules {
		switch r.looking {
		case inAudits:
			none[r.status] = command != "audit"
		case inRestores:
			none[r.status] = command != "restore" && command != "recover"
		case withCatalog:
			none[r.status] = command != "audit" || !catalog
		}
		if !none[r.status] {
			delete(none, r.status)
		}
	}
	return none
}

// Statuses returns every status, in the order of the documentation.
func Statuses() []Status {
	all := make([]Status, len(statusRules))
	for i, r := range &statusRules {
		all[i] = r.status
	}
	return all
}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool {
	for _, r := range &statusRules {
		if r.status == s {
			return true
		}
	}
	return false
}

// Success is the row's "success".
func (s Status) Success() bool {
	for _, r := range &statusRules {
		if r.status == s {
			return r.success
		}
	}
	return false
}

// Changed reports whether every outcome of the status has a row under
// --report-rows changes; see Outcome.Changed.
func (s Status) Changed() bool {
	for _, r := range &statusRules {
		if r.status == s {
			return r.changes
		}
	}
	return true // a status nobody knows is never hidden
}

// Breaks reports whether one such outcome makes a completed run of the command
// end with exit code 3.
func (s Status) Breaks(command string) bool {
	for _, r := range &statusRules {
		if r.status == s {
			return r.broken || r.auditor && (command == "audit" || command == "merge") || s.unfinished(command)
		}
	}
	return true
}

// unfinished reports whether a status means that a restore was not asked for,
// or that a recovery has not brought the object back.
func (s Status) unfinished(command string) bool {
	switch command {
	case "restore":
		return s == NotRestored // over the budget
	case "recover":
		return s == NotRestored || s == InRestore || s == Missing
	}
	return false
}

// pairing is unverified for a status nobody knows.
func (s Status) pairing() pairing {
	for _, r := range &statusRules {
		if r.status == s {
			return r.pairing
		}
	}
	return unverified
}
