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
	if v.sealed[m.sha256] {
		return nil
	}
	v.sealed[m.sha256] = true
	signature, err := v.signature(m)
	switch {
	case errors.Is(err, storage.ErrNotFound) && v.signers == nil:
		return nil
	case errors.Is(err, storage.ErrNotFound):
		v.say(Unsigned, m.at, "there is no signature of it")
		return nil
	case err != nil:
		return err
	}
	if v.signers == nil {
		return v.unknown(m, text, signature)
	}
	who, err := v.signers.Check(text, signature)
	switch {
	case errors.Is(err, sshsign.ErrAnother):
		v.say(Another, m.at, "%v", err)
	case err != nil:
		v.say(Altered, m.at, "%v", err)
	default:
		m.signer = who
	}
	return nil
}

// unknown looks whether a signature is of the text, whoever signed it.
func (v *verifier) unknown(m *link, text, signature []byte) error {
	key, err := sshsign.Check(text, signature)
	if err != nil {
		v.say(Altered, m.at, "%v", err)
		return nil
	}
	v.say(NotLooked, m.at, "it is signed with %s: --sign-pub says whether that is a key that may sign", key)
	return nil
}

// signature reads the signature of a manifest.
func (v *verifier) signature(m *link) ([]byte, error) {
	name := m.at.name
	if name == report.LatestManifest {
		for _, f := range m.Files {
			if local(f.Name) {
				name = f.Name + report.ManifestSuffix
				break
			}
		}
	}
	body, err := v.open(v.ctx, m.at.folder, name+sshsign.Suffix)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, 64<<10))
}
