package reconcile

import "sync/atomic"

// Silence reads the restore states of one bucket's listing, and its silence, by
// the rule of positive evidence: servers that do not know RestoreStatus stay
// silent, and silence also means "not restored". Once any entry of the bucket
// has carried a RestoreStatus, silence about an archived object means not
// restored, for earlier entries too. It is safe for concurrent use.
type Silence struct {
	Classes *Classes
	Sure    bool // it means not restored from the beginning: by the server, or by the operator's word
	heard   atomic.Bool
}

// Hear notes whether an entry carried a RestoreStatus, whatever becomes of its
// object.
func (s *Silence) Hear(o *Object) {
	if (o.Restore.Phase == Restored || o.Restore.Phase == Restoring) && !s.heard.Load() {
		s.heard.Store(true)
	}
}

// Tells reports whether silence says something.
func (s *Silence) Tells() bool { return s.Sure || s.heard.Load() }

// Read is the restore state of a listed object. It is unknown where the class
// does not tell either, or silence does not.
func (s *Silence) Read(o *Object) RestoreState {
	state := s.Classes.Listed(o)
	if state.Phase == RestoreUnknown && s.Classes.NeedsRestore(o.StorageClass) && s.Tells() {
		return RestoreState{Phase: Archived}
	}
	return state
}
