package verify

import (
	"errors"
	"slices"
	"time"

	"reconcile/internal/report"
	"reconcile/internal/storage"
)

// link is a manifest with where it is and what it digests to.
type link struct {
	*report.Manifest
	at     file
	sha256 string
	signer string // empty: nobody, or nobody looked
}

// signedBy says who has signed it, after something else.
func (m *link) signedBy() string {
	if m.signer == "" {
		return ""
	}
	return ", signed by " + m.signer
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// chains looks, folder by folder, whether the manifests follow one another.
func (v *verifier) chains() error {
	folders := map[string][]*link{}
	var order []string
	for _, m := range v.manifests {
		if folders[m.at.folder] == nil {
			order = append(order, m.at.folder)
		}
		folders[m.at.folder] = append(folders[m.at.folder], m)
	}
	for _, folder := range order {
		if err := v.chain(folder, folders[folder]); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) chain(folder string, all []*link) error {
	latest, err := v.manifest(file{folder, report.LatestManifest})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		if slices.ContainsFunc(all, func(m *link) bool { return m.Unread == "" }) {
			v.say(OutOfChain, file{folder, report.LatestManifest}, "the last manifest of the folder is not there")
		}
	case err != nil:
		return err
	case latest != nil:
		all = append(all, latest)
	}
	all = distinct(all)
	for i, m := range all {
		v.backward(m, all[:i])
		v.forward(m, all, latest)
		v.replaced(m, all[i+1:])
	}
	return nil
}

// replaced looks whether a later manifest has another report under a name whose
// file is as m says: somebody has put an older report there, with its manifest.
func (v *verifier) replaced(m *link, later []*link) {
	for _, d := range m.Files {
		f := file{m.at.folder, d.Name}
		if v.intact[f] != m {
			continue
		}
		for _, n := range later {
			if slices.ContainsFunc(n.Files, func(o report.FileDigest) bool { return o.Name == d.Name && o.SHA256 != d.SHA256 }) {
				v.say(OutOfChain, f, "it is an older report: run %s wrote another one there at %s", n.RunID(), when(n.WrittenAt))
				break
			}
		}
	}
}

// distinct orders manifests by time, copies of one once.
func distinct(all []*link) []*link {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *link) int { return a.WrittenAt.Compare(b.WrittenAt) })
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(m *link) bool {
		twice := seen[m.sha256]
		seen[m.sha256] = true
		return twice
	})
}

// backward looks at what a manifest says of the one before it. earlier are those
// that were written before.
func (v *verifier) backward(m *link, earlier []*link) {
	if m.Previous == nil {
		switch {
		case m.Unread != "":
			v.say(NotLooked, m.at, "the run could not read the manifest before it, and is in no chain: %s", m.Unread)
		case slices.ContainsFunc(earlier, func(e *link) bool { return e.Unread == "" }):
			v.say(OutOfChain, m.at, "it says that none was before it, and there was one: the chain was begun anew")
		}
		return
	}
	for _, e := range earlier {
		switch {
		case e.sha256 == m.Previous.SHA256:
			return
		case e.WrittenAt.Equal(m.Previous.WrittenAt) && e.RunID() == m.Previous.RunID:
			v.say(OutOfChain, e.at, "it is not what it was when the manifest after it was written, of run %s", m.RunID())
			return
		case e.Previous != nil && e.Previous.SHA256 == m.Previous.SHA256:
			v.say(OutOfChain, m.at, "it follows the same manifest as that of run %s", e.RunID())
			return
		}
	}
	if m.Previous.WrittenAt.After(m.WrittenAt) {
		v.say(OutOfChain, m.at, "it follows a manifest that was written later")
		return
	}
	v.say(NotLooked, m.at, "the manifest before it, of run %s at %s, was not given", m.Previous.RunID, when(m.Previous.WrittenAt))
}

// forward looks whether a later manifest names it.
func (v *verifier) forward(m *link, all []*link, latest *link) {
	if latest == nil || m.Unread != "" || m.sha256 == latest.sha256 {
		return
	}
	if !m.WrittenAt.Before(latest.WrittenAt) {
		v.say(OutOfChain, m.at, "it is not before the last manifest of the folder, of run %s, and is another one", latest.RunID())
		return
	}
	followed := func(n *link) bool { return n.Previous != nil && n.Previous.SHA256 == m.sha256 }
	accused := func(n *link) bool {
		return n.Previous != nil && n.Previous.WrittenAt.Equal(m.WrittenAt) && n.Previous.RunID == m.RunID()
	}
	if !slices.ContainsFunc(all, followed) && !slices.ContainsFunc(all, accused) {
		v.say(NotLooked, m.at, "the manifests between it and the last one of the folder, of run %s at %s, were not given", latest.RunID(), when(latest.WrittenAt))
	}
}
