package job

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"reconcile/internal/config"
	"reconcile/internal/proofs"
	"reconcile/internal/report"
)

// keptProofs reads what earlier audits have proved, nil where nobody says, and opens
// the place where what this one proves is kept, nil where it is not.
func (a *auditing) keptProofs(ctx context.Context) (known *proofs.Set, store *proofs.Store, err error) {
	if a.Proofs == "" && len(a.Earlier) == 0 {
		return nil, nil, nil
	}
	known = proofs.NewSet(a.tempDir)
	a.own(func() { known.Close() })
	for _, name := range a.Earlier {
		if err := a.files().names(ctx, "--earlier", name, a.earlier(known)); err != nil {
			return nil, nil, err
		}
	}
	if a.Proofs == "" {
		known.Sort()
		return known, nil, nil
	}
	folder, err := a.files().make("proofs", a.Proofs)
	if err != nil {
		return nil, nil, err
	}
	scope, err := a.scope()
	if err == nil {
		store, err = proofs.Open(ctx, known, proofs.Options{Folder: folder, Run: a.ID, Scope: scope, Now: time.Now, Log: a.Log})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("--proofs %s: %w", a.Proofs, err)
	}
	if since := store.GoesOn(); !since.IsZero() {
		a.Log.Info("an audit that was interrupted is gone on with", "since", since, "proofs", known.Len())
	}
	return known, store, nil
}

// earlier takes the proofs of a report.
func (a *auditing) earlier(known *proofs.Set) func(io.Reader, string) error {
	return func(in io.Reader, name string) error {
		head, err := known.AddReport(in, name)
		if err != nil {
			return &config.Error{Err: err}
		}
		if head.Rows == report.RowsChanges {
			a.note("%s has rows for changes only: most of what it proved is not known", name)
		}
		return nil
	}
}

// scope is the same for two audits that look at the same in the same way.
func (a *auditing) scope() (string, error) {
	all := deciding(&a.Settings)
	delete(all, "rows") // of the report
	text, err := json.Marshal([]any{all, a.Shard})
	return fmt.Sprintf("%x", sha256.Sum256(text))[:16], err
}
