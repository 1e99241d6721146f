package reconcile

// Status is what became of an object; the same word stands in the report, the
// logs and the documentation.
type Status string

// The statuses, in the order of the documentation.
const (
	Copied      Status = "copied"       // this run copied it, and saw it there
	Present     Status = "present"      // it was there already
	LeftOnline  Status = "online"       // its class needs no restore, left alone
	Excluded    Status = "excluded"     // a rule or key list says no
	Requested   Status = "requested"    // a restore was asked for
	InRestore   Status = "restoring"    // asked for, not there yet
	NotRestored Status = "not_restored" // archived, no readable copy
	Missing     Status = "missing"      // plan, audit, merge: not in its archive bucket
	Orphan      Status = "orphan"       // audit: in an archive bucket, not in glacier
	Misplaced   Status = "misplaced"    // audit: in the wrong archive bucket
	Differs     Status = "differs"      // there, and provably another content
	Unrouted    Status = "unrouted"     // no archive bucket for it
	Failed      Status = "failed"       // tried, and not there
	Canceled    Status = "canceled"     // not reached: signal or deadline
)

// statusRules is the table of the documentation, one line a status.
var statusRules = [...]struct {
	status  Status
	success bool // the row's "success"
	broken  bool // makes the run end with exit 3, whatever the command
	auditor bool // does so for audit and merge only
	changes bool // has a row under --report-rows changes
}{
	{Copied, true, false, false, true},
	{Present, true, false, false, false},
	{LeftOnline, true, false, false, false},
	{Excluded, true, false, false, false},
	{Requested, true, false, false, true},
	{InRestore, false, false, false, true},
	{NotRestored, false, false, false, false},
	{Missing, false, false, true, true},
	{Orphan, false, false, true, true},
	{Misplaced, false, false, true, true},
	{Differs, false, true, false, true},
	{Unrouted, false, true, false, true},
	{Failed, false, true, false, true},
	{Canceled, false, false, false, true}, // the deadline's exit 3 is the run's
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

// Changed reports whether the status has a row under --report-rows changes.
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
			return r.broken || r.auditor && (command == "audit" || command == "merge")
		}
	}
	return true
}
