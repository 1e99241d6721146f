package sshsign

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Signers are those who may sign, by their public keys.
type Signers struct{ all []signer }

type signer struct {
	name string // principals, comment or fingerprint
	key  ssh.PublicKey
}

// ReadSigners reads public keys from a file: a line each, as in id_ed25519.pub
// or as in the allowed_signers of ssh-keygen, with the principals before. An
// option that narrows what a key may sign is understood or refused.
func ReadSigners(path string) (*Signers, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Signers{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		one, ours, err := parseSigner(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		if ours {
			s.all = append(s.all, one)
		}
	}
	if len(s.all) == 0 {
		return nil, fmt.Errorf("%s: there is no key in it that may sign a manifest", path)
	}
	return s, nil
}

// parseSigner reads a line. ours is false where the key may sign other things
// only.
func parseSigner(line string) (s signer, ours bool, err error) {
	first, rest := line, ""
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		first, rest = line[:i], strings.TrimSpace(line[i:])
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil && (strings.HasPrefix(first, "ssh-") || strings.HasPrefix(first, "ecdsa-") || strings.HasPrefix(first, "sk-")) {
		rest, first = line, ""
	}
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return s, false, errors.New("neither a public key of OpenSSH nor a line of allowed_signers")
	}
	ours = true
	for _, o := range options {
		option, names, _ := strings.Cut(o, "=")
		if !strings.EqualFold(option, "namespaces") {
			return s, false, fmt.Errorf("option %q is not understood: a key that may sign not always cannot be checked here", o)
		}
		ours = ours && listed(strings.Trim(names, `"`), Namespace)
	}
	return signer{cmp.Or(first, comment, ssh.FingerprintSHA256(key)), key}, ours, nil
}

// listed reports whether a list of patterns of OpenSSH has a name: one of them
// matches, with * and ?, and none that begins with !.
func listed(patterns, name string) (yes bool) {
	for _, p := range strings.Split(patterns, ",") {
		p, not := strings.CutPrefix(p, "!")
		if !matches(p, name) {
			continue
		}
		if not {
			return false
		}
		yes = true
	}
	return yes
}

func matches(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		return matches(pattern[1:], name) || name != "" && matches(pattern, name[1:])
	}
	return name != "" && (pattern[0] == '?' || pattern[0] == name[0]) && matches(pattern[1:], name[1:])
}

// Check finds out whether a text is what one of them has signed, and who. The
// error is ErrAltered, ErrAnother with the key's fingerprint, or that of what is
// no signature of a manifest.
func (s *Signers) Check(text, signature []byte) (who string, err error) {
	is, err := read(text, signature)
	if err != nil {
		return "", err
	}
	for _, one := range s.all {
		if bytes.Equal(one.key.Marshal(), is.PublicKey.Marshal()) {
			return one.name, nil
		}
	}
	return "", fmt.Errorf("%w: %s", ErrAnother, ssh.FingerprintSHA256(is.PublicKey))
}
