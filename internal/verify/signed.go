package verify

import (
	"errors"
	"io"

	"reconcile/internal/report"
	"reconcile/internal/sshsign"
	"reconcile/internal/storage"
)

// Signers knows who may sign; see sshsign.Signers.
type Signers interface {
	Check(text, signature []byte) (who string, err error)
}

// signed looks at the signature of a manifest. The last manifest of a folder is
// the same text as one beside a report there, and has its signature.
func (v *verifier) signed(m *link, text []byte) error {
	if by, seen := v.sealed[m.sha256]; seen {
		m.signer = by
		return nil
	}
	v.sealed[m.sha256] = ""
	all, err := v.signatures(m)
	if err != nil || len(all) == 0 {
		if err == nil && v.signers != nil {
			v.say(Unsigned, m.at, "there is no signature of it")
		}
		return err
	}
	who, err := v.checkAny(text, all)
	switch {
	case errors.Is(err, sshsign.ErrAnother):
		v.say(Another, m.at, "%v", err)
	case err != nil:
		v.say(Altered, m.at, "%v", err)
	case v.signers == nil:
		v.say(NotLooked, m.at, "it is signed with %s: --sign-pub says whether that is a key that may sign", who)
	default:
		m.signer, v.sealed[m.sha256] = who, who
	}
	return nil
}

// checkAny finds out who has signed a text, by one of these signatures: where
// nobody is named who may sign, the fingerprint of the key. The error is that of
// the first.
func (v *verifier) checkAny(text []byte, signatures [][]byte) (who string, first error) {
	check := sshsign.Check
	if v.signers != nil {
		check = v.signers.Check
	}
	for _, s := range signatures {
		who, err := check(text, s)
		if err == nil {
			return who, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

// signatures reads what may be the signature of a manifest: that of the last one
// of a folder stands beside each of its reports there.
func (v *verifier) signatures(m *link) (all [][]byte, err error) {
	names := []string{m.at.name}
	if m.at.name == report.LatestManifest {
		names = nil
		for _, f := range m.Files {
			if local(f.Name) {
				names = append(names, f.Name+report.ManifestSuffix)
			}
		}
	}
	for _, name := range names {
		body, err := v.open(v.ctx, m.at.folder, name+sshsign.Suffix)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(body, 64<<10))
		if err = errors.Join(err, body.Close()); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}
