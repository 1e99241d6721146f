// Package sshsign signs the manifests of reports, and checks such signatures, in
// the format of ssh-keygen -Y: whoever has OpenSSH can check them without this
// program. It is a package of its own since the report, which writes manifests,
// and verify, which reads them, need the two halves of it and no more of SSH.
//
// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
package sshsign

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

const (
	// Suffix ends the name of a signature, after that of what is signed.
	Suffix = ".sig"
	// Namespace keeps a signature from counting for something else than a
	// manifest: ssh-keygen wants it as -n.
	Namespace = "reconcile-manifest"
	// Begin is what every signature begins with.
	Begin = "-----BEGIN SSH SIGNATURE-----\n"
)

// Key signs.
type Key struct{ signer ssh.Signer }

// ReadKey reads a private key of OpenSSH from a file. It must be Ed25519, and
// have no passphrase: nobody is there to be asked for one.
func ReadKey(path string) (*Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, fmt.Errorf("%s: the key has a passphrase, for which nobody can be asked: give one without", path)
	case err != nil:
		return nil, fmt.Errorf("%s: no private key of OpenSSH: %w", path, err)
	case signer.PublicKey().Type() != ssh.KeyAlgoED25519:
		return nil, fmt.Errorf("%s: the key is %s, and is to be %s: ssh-keygen -t ed25519 makes one", path, signer.PublicKey().Type(), ssh.KeyAlgoED25519)
	}
	return &Key{signer}, nil
}

// Sign returns the signature of a text, armored.
func (k *Key) Sign(text []byte) ([]byte, error) {
	s, err := sshsig.Sign(bytes.NewReader(text), k.signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sshsig.Armor(s), nil
}

// The errors of a signature.
var (
	ErrAltered = errors.New("the signature is not of this text")
	ErrAnother = errors.New("it is signed with a key that is not among those that may sign")
)

// Check finds out whether a text is what was signed, and with which key: the
// fingerprint that ssh-keygen -l shows. The error is ErrAltered, or that of what
// is no signature of a manifest.
func Check(text, signature []byte) (fingerprint string, err error) {
	s, err := read(text, signature)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(s.PublicKey), nil
}

func read(text, signature []byte) (*sshsig.Signature, error) {
	s, err := sshsig.Unarmor(signature)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no SSH signature: %w", err)
	case s.Namespace != Namespace:
		return nil, fmt.Errorf("the signature is for %q, and not for %q", s.Namespace, Namespace)
	case sshsig.Verify(bytes.NewReader(text), s, s.PublicKey, s.HashAlgorithm, Namespace) != nil:
		return nil, ErrAltered
	}
	return s, nil
}
