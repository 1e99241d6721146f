package reconcile_test

import (
	"testing"
	"time"

	"reconcile/internal/reconcile"
)

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	never = time.Time{}
)

// A listing is believed where it says something; its silence about a class
// that may be archived stays unknown, because it depends on the server.
func TestListedRestore(t *testing.T) {
	unknown := reconcile.RestoreState{}
	online := reconcile.RestoreState{Phase: reconcile.Online}
	restoring := reconcile.RestoreState{Phase: reconcile.Restoring}
	restored := reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon}
	forGood := reconcile.RestoreState{Phase: reconcile.Restored}
	tests := []struct {
		class             string
		known, inProgress bool
		expiry            time.Time
		want              reconcile.RestoreState
	}{
		{"", false, false, never, online},
		{"STANDARD", false, false, never, online},
		{"STANDARD_IA", false, false, never, online},
		{"ONEZONE_IA", false, false, never, online},
		{"REDUCED_REDUNDANCY", false, false, never, online},
		{"GLACIER_IR", false, false, never, online},
		{"EXPRESS_ONEZONE", false, false, never, online},
		{"STANDARD", true, true, never, restoring}, // evidence goes before the name of the class
		{"STANDARD", true, false, noon, restored},
		{"", true, false, noon, restored},
		{"STANDARD", true, false, never, forGood}, // its copy is tried, since to leave it alone could be to lose it

		{"GLACIER", false, false, never, unknown},
		{"GLACIER", false, true, noon, unknown}, // not known: what else is there is noise
		{"GLACIER", true, true, never, restoring},
		{"GLACIER", true, true, noon, restoring}, // extending is not read as restored
		{"GLACIER", true, false, noon, restored},
		{"GLACIER", true, false, never, forGood}, // its copy is tried
		{"DEEP_ARCHIVE", false, false, never, unknown},
		{"DEEP_ARCHIVE", true, true, never, restoring},
		{"DEEP_ARCHIVE", true, false, noon, restored},
		{"INTELLIGENT_TIERING", false, false, never, unknown},
		{"INTELLIGENT_TIERING", true, true, never, restoring},
		{"CLASS_OF_2031", false, false, never, unknown},
		{"CLASS_OF_2031", true, false, noon, restored},
		{"CLASS_OF_2031", true, false, never, forGood},
		{"glacier", false, false, never, unknown}, // not S3's spelling: not known
	}
	for _, tt := range tests {
		got := reconcile.ListedRestore(tt.class, tt.known, tt.inProgress, tt.expiry)
		if got != tt.want {
			t.Errorf("ListedRestore(%q, %v, %v, %v) = %v, want %v", tt.class, tt.known, tt.inProgress, tt.expiry, got, tt.want)
		}
	}
}

// HEAD always answers: silence about an archived class is "not restored", about
// one that is known to be online "online", and about any other nothing.
func TestHeadRestore(t *testing.T) {
	online := reconcile.RestoreState{Phase: reconcile.Online}
	archived := reconcile.RestoreState{Phase: reconcile.Archived}
	restoring := reconcile.RestoreState{Phase: reconcile.Restoring}
	restored := reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon}
	tests := []struct {
		class              string
		header, inProgress bool
		expiry             time.Time
		archiveStatus      string
		want               reconcile.RestoreState
	}{
		{"", false, false, never, "", online},
		{"STANDARD", false, false, never, "", online},
		{"GLACIER_IR", false, false, never, "", online},
		{"CLASS_OF_2031", false, false, never, "", reconcile.RestoreState{}},
		{"CLASS_OF_2031", true, false, noon, "", restored},
		{"STANDARD", true, false, noon, "", restored},
		{"STANDARD", true, true, never, "", restoring},

		{"GLACIER", false, false, never, "", archived},
		{"GLACIER", true, true, never, "", restoring},
		{"GLACIER", true, false, noon, "", restored},
		{"GLACIER", true, false, never, "", reconcile.RestoreState{Phase: reconcile.Restored}}, // its copy is tried
		{"DEEP_ARCHIVE", false, false, never, "", archived},
		{"DEEP_ARCHIVE", true, true, never, "", restoring},
		{"DEEP_ARCHIVE", true, false, noon, "", restored},

		{"INTELLIGENT_TIERING", false, false, never, "", online},
		{"INTELLIGENT_TIERING", false, false, never, "ARCHIVE_ACCESS", archived},
		{"INTELLIGENT_TIERING", false, false, never, "DEEP_ARCHIVE_ACCESS", archived},
		{"INTELLIGENT_TIERING", true, true, never, "ARCHIVE_ACCESS", restoring},
		{"INTELLIGENT_TIERING", true, false, never, "", reconcile.RestoreState{Phase: reconcile.Restored}},
	}
	for _, tt := range tests {
		got := reconcile.HeadRestore(tt.class, tt.header, tt.inProgress, tt.expiry, tt.archiveStatus)
		if got != tt.want {
			t.Errorf("HeadRestore(%q, %v, %v, %v, %q) = %v, want %v",
				tt.class, tt.header, tt.inProgress, tt.expiry, tt.archiveStatus, got, tt.want)
		}
	}
}

// Expiries are kept in UTC, whatever zone the answer was read in.
func TestExpiryIsUTC(t *testing.T) {
	there := noon.In(time.FixedZone("there", 5*3600))
	for _, s := range []reconcile.RestoreState{
		reconcile.ListedRestore("GLACIER", true, false, there),
		reconcile.HeadRestore("GLACIER", true, false, there, ""),
	} {
		if s.Expiry.Location() != time.UTC || !s.Expiry.Equal(noon) {
			t.Errorf("expiry is %v, want %v", s.Expiry, noon)
		}
	}
}

// A restored copy can be read up to its expiry and not at it; one without an
// expiry is for good; nothing that is not known to be readable is readable.
func TestReadableAndAt(t *testing.T) {
	restored := reconcile.RestoreState{Phase: reconcile.Restored, Expiry: noon}
	forGood := reconcile.RestoreState{Phase: reconcile.Restored}
	archived := reconcile.RestoreState{Phase: reconcile.Archived}
	tests := []struct {
		name     string
		state    reconcile.RestoreState
		now      time.Time
		readable bool
		at       reconcile.RestoreState
	}{
		{"long before", restored, noon.Add(-time.Hour), true, restored},
		{"the last instant", restored, noon.Add(-time.Nanosecond), true, restored},
		{"the expiry itself", restored, noon, false, archived},
		{"just lapsed", restored, noon.Add(time.Nanosecond), false, archived},
		{"lapsed, told in another zone", restored, noon.In(time.FixedZone("", -7200)), false, archived},
		{"no expiry", forGood, noon, true, forGood},
		{"online", reconcile.RestoreState{Phase: reconcile.Online}, noon, true, reconcile.RestoreState{Phase: reconcile.Online}},
		{"archived", archived, noon, false, archived},
		{"restoring", reconcile.RestoreState{Phase: reconcile.Restoring}, noon, false, reconcile.RestoreState{Phase: reconcile.Restoring}},
		{"unknown", reconcile.RestoreState{}, noon, false, reconcile.RestoreState{}},
	}
	for _, tt := range tests {
		if got := tt.state.Readable(tt.now); got != tt.readable {
			t.Errorf("%s: Readable = %v, want %v", tt.name, got, tt.readable)
		}
		if got := tt.state.At(tt.now); got != tt.at {
			t.Errorf("%s: At = %v, want %v", tt.name, got, tt.at)
		}
	}
}

// The phases print as the words of the documentation.
func TestRestorePhaseNames(t *testing.T) {
	want := map[reconcile.RestorePhase]string{
		reconcile.RestoreUnknown: "unknown", reconcile.Online: "online", reconcile.Archived: "archived",
		reconcile.Restoring: "restoring", reconcile.Restored: "restored",
	}
	for phase, name := range want {
		if got := phase.String(); got != name {
			t.Errorf("phase %d prints %q, want %q", phase, got, name)
		}
	}
}

// Only GLACIER and DEEP_ARCHIVE need a restore by their class alone.
func TestArchiveClass(t *testing.T) {
	for class, want := range map[string]bool{
		"GLACIER": true, "DEEP_ARCHIVE": true,
		"GLACIER_IR": false, "INTELLIGENT_TIERING": false, "STANDARD": false, "": false, "STANDARD_IA": false,
	} {
		if got := reconcile.ArchiveClass(class); got != want {
			t.Errorf("ArchiveClass(%q) = %v, want %v", class, got, want)
		}
	}
}
