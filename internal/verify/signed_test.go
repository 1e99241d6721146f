package verify

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"reconcile/internal/report"
	"reconcile/internal/sshsign"
)

// newKey makes a key, and returns it with its public half.
func newKey(t *testing.T, dir, name string) (*sshsign.Key, string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
	key, err := sshsign.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	half, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(half)))
}

// signedRun writes reports whose manifest is signed.
func signedRun(t *testing.T, n int, key *sshsign.Key, paths ...string) {
	t.Helper()
	at := time.Unix(int64(n)*3600, 0)
	r := report.New(report.Options{Command: "audit", TempDir: t.TempDir(), Now: func() time.Time { return at }})
	defer r.Close()
	about := report.Run{ID: fmt.Sprint("run", n), Command: "audit", Complete: true, StartedAt: at, FinishedAt: at}
	sinks := report.Sinks{Manifests: true}
	if key != nil {
		sinks.Sign = key.Sign
	}
	var dests []report.Destination
	for _, path := range paths {
		dests = append(dests, report.Destination{Path: path, Format: report.JSON})
	}
	if err := r.Write(t.Context(), about, nil, nil, dests, sinks); err != nil {
		t.Fatal(err)
	}
}

// TestSigned: who has signed is said, and what is not signed, by somebody else,
// or not any more what was signed.
func TestSigned(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	ours, public := newKey(t, keys, "ours")
	theirs, other := newKey(t, keys, "theirs")
	const m = report.ManifestSuffix
	spoil := func(old, new string) func(string) {
		return func(dir string) {
			path := filepath.Join(dir, "1.json"+m)
			text, _ := os.ReadFile(path)
			os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o600)
		}
	}
	for _, tt := range []struct {
		name, signers string
		key           *sshsign.Key
		do            func(dir string)
		want          string
	}{
		{name: "signed", signers: public, key: ours, want: "as written 1.json"},
		{name: "by a principal", signers: "# who may\naudit@example.org " + public, key: ours, want: "as written 1.json audit@example.org"},
		{name: "for manifests", signers: `x namespaces="git,reconcile-manifest" ` + public, key: ours, want: "as written 1.json x"},
		{name: "for what begins so", signers: "x\tnamespaces=\"reconcile-*\" " + public, key: ours, want: "as written 1.json x"},
		{name: "one of two", signers: other + "\n" + public, key: ours, want: "as written 1.json"},
		{name: "by another", signers: public, key: theirs, want: "NOT THEIRS 1.json" + m},
		{name: "by nobody", signers: public, want: "UNSIGNED 1.json" + m},
		{name: "altered", signers: public, key: ours, do: spoil(`"complete": true`, `"complete": false`), want: "ALTERED 1.json" + m},
		{name: "nobody says who may", key: ours, want: "as written 1.json; not looked at 1.json" + m},
		{name: "altered, and nobody says", key: ours, do: spoil(`"complete": true`, `"complete": false`), want: "ALTERED 1.json" + m + "; not looked at LATEST" + m},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			signedRun(t, 1, tt.key, filepath.Join(dir, "1.json"))
			if tt.do != nil {
				tt.do(dir)
			}
			var signers Signers
			if tt.signers != "" {
				file := filepath.Join(dir, "signers")
				os.WriteFile(file, []byte(tt.signers+"\n"), 0o600)
				read, err := sshsign.ReadSigners(file)
				if err != nil {
					t.Fatal(err)
				}
				signers = read
			}
			var got []string
			err := Reports(t.Context(), []string{filepath.Join(dir, "1.json")}, open, signers, func(f Finding) {
				if f.Result == OutOfChain {
					return // of an altered manifest, which is another test's
				}
				line := fmt.Sprint(f.Result, " ", filepath.Base(f.What))
				if _, who, ok := strings.Cut(f.Why, ", signed by "); ok && !strings.HasPrefix(who, "SHA256:") {
					line += " " + who
				}
				if f.Result != AsWritten || tt.want != "" && strings.HasPrefix(tt.want, "as written") {
					got = append(got, line)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if words := strings.Join(got, "; "); words != tt.want {
				t.Errorf("got %q, want %q", words, tt.want)
			}
		})
	}
}

// TestSignaturesGiven: whoever gives a whole folder gives its signatures too, and
// the last manifest is signed as long as one of its reports has the signature.
func TestSignaturesGiven(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, public := newKey(t, dir, "ours")
	signers := filepath.Join(dir, "signers")
	os.WriteFile(signers, []byte(public), 0o600)
	may, err := sshsign.ReadSigners(signers)
	if err != nil {
		t.Fatal(err)
	}
	const m = report.ManifestSuffix
	signedRun(t, 1, key, filepath.Join(dir, "1.json"))
	old, _ := os.ReadFile(filepath.Join(dir, "1.json"+m+sshsign.Suffix))
	signedRun(t, 2, key, filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json"), filepath.Join(dir, "3.json"))
	os.WriteFile(filepath.Join(dir, "1.json"+m+sshsign.Suffix), old, 0o600)
	for _, names := range [][]string{{"2.json" + m + sshsign.Suffix}, {"LATEST" + m}, {"2.json", "3.json"}} {
		var addresses []string
		for _, name := range names {
			addresses = append(addresses, filepath.Join(dir, name))
		}
		err = Reports(t.Context(), addresses, open, may, func(f Finding) {
			if f.Result == AsWritten && filepath.Base(f.What) != "1.json" && !strings.Contains(f.Why, ", signed by ") {
				t.Error(f)
			}
			if f.Bad() && f.What != filepath.Join(dir, "1.json"+m) {
				t.Error(f)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestKeysThatDoNot: a key that cannot sign, and a list that cannot be judged,
// are refused with what is wrong.
func TestKeysThatDoNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, public := newKey(t, dir, "key")
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "f")
		os.WriteFile(path, []byte(text), 0o600)
		return path
	}
	for text, want := range map[string]string{
		"":                               "there is no key in it",
		"x namespaces=\"git\" " + public: "there is no key in it",
		"x namespaces=\"*,!reconcile-manifest\" " + public: "there is no key in it",
		"x valid-before=\"2020\" " + public:                "not understood",
		"not a key":                                        "neither a public key",
		public + "\nssh-ed25519 AAAAbroken x":              ":2: ",
	} {
		if _, err := sshsign.ReadSigners(file(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := sshsign.ReadKey(file(public)); err == nil || !strings.Contains(err.Error(), "no private key") {
		t.Error(err)
	}
}
