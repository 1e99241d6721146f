package reconcile_test

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// statusTable is the table as users read it in the documentation: status,
// meaning, success, what makes exit 3, row under --report-rows changes.
const statusTable = `
| copied | this run copied it, and compared the copy | true | – | yes |
| present | it was there already, and nothing that can be compared says otherwise | true | – | no |
| online | class needs no restore, left alone | true | – | no |
| excluded | a rule or key list says no | true | – | no |
| requested | a restore was asked for | true | – | yes |
| restoring | asked for, not there yet | false | – | yes |
| not_restored | archived, no readable copy | false | – | no |
| missing | plan, audit, merge: not in its archive bucket | false | audit, merge | yes |
| orphan | audit: in an archive bucket, not in glacier | false | audit | yes |
| misplaced | audit: in the wrong archive bucket | false | audit | yes |
| differs | there, and provably another content | false | yes | yes |
| restored | restore: readable already and long enough; nothing asked | true | – | yes |
| phantom | audit with a catalog: catalogued, in no bucket | false | audit | yes |
| uncatalogued | audit with a catalog: in a bucket, not catalogued | false | audit | yes |
| unrouted | no archive bucket for it | false | yes | yes |
| failed | tried, and not there | false | yes | yes |
| canceled | not reached: signal or deadline | false | deadline | yes |
`

var commands = []string{"run", "plan", "audit", "restore", "recover", "event", "submit", "merge", "demo"}

type statusRow struct {
	status           reconcile.Status
	success, changed bool
	exit3            string
}

func statusRows(t *testing.T) []statusRow {
	t.Helper()
	var rows []statusRow
	for line := range strings.Lines(strings.TrimSpace(statusTable)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			t.Fatalf("not a row of five cells: %q", line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, statusRow{reconcile.Status(cells[0]), cells[2] == "true", cells[4] == "yes", cells[3]})
	}
	return rows
}

// Every status behaves as the documentation's table says, and there is none
// beside it.
func TestStatusTable(t *testing.T) {
	rows := statusRows(t)
	all := reconcile.Statuses()
	if len(all) != len(rows) {
		t.Fatalf("%d statuses, the table has %d", len(all), len(rows))
	}
	for i, row := range rows {
		s := row.status
		if all[i] != s {
			t.Errorf("status %d is %q, the table has %q", i, all[i], s)
		}
		if !s.Valid() || s.Success() != row.success || s.Changed() != row.changed {
			t.Errorf("%s: valid %v, success %v, changed %v; want true, %v, %v",
				s, s.Valid(), s.Success(), s.Changed(), row.success, row.changed)
		}
	}
}

// Exit code 3 by command. Orphan and misplaced come from audits; a merge of
// audits' reports must not hide what the audits found.
func TestBreaksPerCommand(t *testing.T) {
	for _, row := range statusRows(t) {
		for _, command := range commands {
			want := row.exit3 == "yes"
			if strings.HasPrefix(row.exit3, "audit") {
				want = command == "audit" || command == "merge"
			}
			switch command { // what they were to bring about has not come about
			case "restore":
				want = want || row.status == reconcile.NotRestored
			case "recover":
				want = want || row.status == reconcile.NotRestored || row.status == reconcile.InRestore || row.status == reconcile.Missing
			}
			if got := row.status.Breaks(command); got != want {
				t.Errorf("%s breaks %s: %v, want %v", row.status, command, got, want)
			}
		}
	}
}

// A status nobody knows (a report of a later version) is neither a success nor
// hidden, and does not pass for a good run.
func TestUnknownStatus(t *testing.T) {
	s := reconcile.Status("teleported")
	if s.Valid() || s.Success() || !s.Changed() || !s.Breaks("run") {
		t.Errorf("valid %v, success %v, changed %v, breaks %v", s.Valid(), s.Success(), s.Changed(), s.Breaks("run"))
	}
}
