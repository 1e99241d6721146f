package reconcile_test

import (
	"testing"

	"reconcile/internal/reconcile"
)

// What the operator says of a class goes before its name, and evidence of a
// restore before both.
func TestClasses(t *testing.T) {
	c := reconcile.Classes{Archive: []string{"COLD", "STANDARD"}, Online: []string{"WARM", "GLACIER"}}
	state := func(p reconcile.RestorePhase) reconcile.RestoreState { return reconcile.RestoreState{Phase: p} }
	restored := reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon}
	for _, tt := range []struct {
		class        string
		is           reconcile.RestoreState
		listed, head reconcile.RestoreState
		needsRestore bool
	}{
		{"COLD", state(reconcile.RestoreUnknown), state(reconcile.RestoreUnknown), state(reconcile.Archived), true},
		{"COLD", restored, restored, restored, true},
		{"COLD", state(reconcile.Restoring), state(reconcile.Restoring), state(reconcile.Restoring), true},
		{"STANDARD", state(reconcile.Online), state(reconcile.RestoreUnknown), state(reconcile.Archived), true},
		{"WARM", state(reconcile.RestoreUnknown), state(reconcile.Online), state(reconcile.Online), false},
		{"GLACIER", state(reconcile.Archived), state(reconcile.Online), state(reconcile.Online), false},
		{"GLACIER", restored, restored, restored, false},
		{"DEEP_ARCHIVE", state(reconcile.RestoreUnknown), state(reconcile.RestoreUnknown), state(reconcile.Archived), true},
		{"CLASS_OF_2031", state(reconcile.RestoreUnknown), state(reconcile.RestoreUnknown), state(reconcile.RestoreUnknown), false},
		{"STANDARD_IA", state(reconcile.Online), state(reconcile.Online), state(reconcile.Online), false},
	} {
		o := reconcile.Object{StorageClass: tt.class, Restore: tt.is}
		if l, h, n := c.Listed(&o), c.Headed(&o), c.NeedsRestore(tt.class); l != tt.listed || h != tt.head || n != tt.needsRestore {
			t.Errorf("%s, %v: listed %v, HEAD %v, needs a restore %v", tt.class, tt.is, l, h, n)
		}
	}
}
