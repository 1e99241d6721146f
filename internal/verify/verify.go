// Package verify finds out whether reports are still what the runs wrote, by
// the manifests that stand beside them. It is a package of its own because it
// reads what the report has written, and only the command needs it.
package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"reconcile/internal/report"
	"reconcile/internal/sshsign"
	"reconcile/internal/storage"
)

// Open opens a file of a folder; the error of one that is not there is
// storage.ErrNotFound.
type Open func(ctx context.Context, folder, name string) (io.ReadCloser, error)

// Result is what came of one look.
type Result string

// The results.
const (
	AsWritten  Result = "as written"
	Altered    Result = "ALTERED"
	Missing    Result = "MISSING"
	NoManifest Result = "NO MANIFEST"
	OutOfChain Result = "OUT OF CHAIN"
	Unsigned   Result = "UNSIGNED"
	Another    Result = "NOT THEIRS" // signed with a key that may not sign
	NotLooked  Result = "not looked at"
)

// Bad reports whether a result is one that somebody has to look at.
func (v Result) Bad() bool { return v != AsWritten && v != NotLooked }

// Finding is a result on something.
type Finding struct {
	Result
	What string // a file, a manifest
	Why  string // may be empty
}

// String is the finding as a line.
func (f Finding) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%-13s  %s: %s", f.Result, f.What, f.Why), ": ")
}

// Reports looks at reports and manifests, by their addresses, and calls found
// with what came of it. signers are those who must have signed the manifests;
// nil: nobody must. The error is that of something that could not be read.
func Reports(ctx context.Context, addresses []string, open Open, signers Signers, found func(Finding)) error {
	v := &verifier{ctx: ctx, open: open, signers: signers, found: found, looked: map[string]bool{}, intact: map[file]*link{}, broken: map[file]bool{}, sealed: map[string]string{}}
	for _, a := range addresses {
		folder, name, err := storage.Split(a)
		if err != nil {
			return err
		}
		v.asked = append(v.asked, file{folder, strings.TrimSuffix(name, sshsign.Suffix)}) // a signature is looked at with what it signs
	}
	for _, f := range v.asked {
		if err := v.look(f); err != nil {
			return err
		}
	}
	v.rest()
	return v.chains()
}

// file is a file of a folder.
type file struct{ folder, name string }

func (f file) String() string {
	if f.folder == "." {
		return f.name
	}
	return strings.TrimSuffix(f.folder, "/") + "/" + f.name
}

type verifier struct {
	ctx   context.Context
	open  Open
	found func(Finding)

	signers Signers           // nil: nobody must sign
	sealed  map[string]string // who has signed the manifests that were looked at, by their digests; empty: nobody who may

	asked     []file
	looked    map[string]bool // files, by their addresses
	intact    map[file]*link  // files that are as this manifest says
	broken    map[file]bool   // manifests that are none, which has been said
	manifests []*link
}

func (v *verifier) say(result Result, what fmt.Stringer, format string, args ...any) {
	v.found(Finding{result, what.String(), fmt.Sprintf(format, args...)})
}

// look looks at what was asked for: a manifest with its reports, or a report.
func (v *verifier) look(f file) error {
	if strings.HasSuffix(f.name, report.ManifestSuffix) {
		m, err := v.manifest(f)
		if errors.Is(err, storage.ErrNotFound) {
			v.say(Missing, f, "there is no such manifest")
			return nil
		}
		if err != nil || m == nil {
			return err
		}
		for _, d := range m.Files {
			if local(d.Name) {
				if err := v.compare(file{f.folder, d.Name}, d, m); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return v.report(f)
}

// local reports whether a manifest's file is in its own folder.
func local(name string) bool { return !strings.ContainsAny(name, `/\`) }

func (v *verifier) report(f file) error {
	m, err := v.manifest(file{f.folder, f.name + report.ManifestSuffix})
	if errors.Is(err, storage.ErrNotFound) {
		return v.bare(f)
	}
	if err != nil || m == nil {
		return err
	}
	for _, d := range m.Files {
		if d.Name == f.name {
			return v.compare(f, d, m)
		}
	}
	v.say(NoManifest, f, "the manifest beside it names other reports only")
	return nil
}

// bare is a report without a manifest.
func (v *verifier) bare(f file) error {
	body, err := v.open(v.ctx, f.folder, f.name)
	if errors.Is(err, storage.ErrNotFound) {
		v.say(Missing, f, "neither it nor its manifest is there")
		return nil
	}
	if err != nil {
		return err
	}
	v.say(NoManifest, f, "there is no %s%s", f.name, report.ManifestSuffix)
	return body.Close()
}

// compare holds a report against its manifest.
func (v *verifier) compare(f file, want report.FileDigest, m *link) error {
	if v.looked[f.String()] {
		return nil
	}
	v.looked[f.String()] = true
	body, err := v.open(v.ctx, f.folder, f.name)
	if errors.Is(err, storage.ErrNotFound) {
		v.say(Missing, f, "the manifest of run %s has it", m.RunID())
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, body)
	if err != nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	got := fmt.Sprintf("%x", sum.Sum(nil))
	switch {
	case size != want.Size:
		v.say(Altered, f, "it has %d bytes, and had %d when run %s wrote it", size, want.Size, m.RunID())
	case got != want.SHA256:
		v.say(Altered, f, "its SHA-256 is %s, and was %s when run %s wrote it", got, want.SHA256, m.RunID())
	default:
		v.intact[f] = m
		v.say(AsWritten, f, "%d bytes, by run %s at %s%s", size, m.RunID(), when(m.WrittenAt), m.signedBy())
	}
	return nil
}

// rest names what the manifests have and nobody asked for.
func (v *verifier) rest() {
	for _, m := range v.manifests {
		for _, d := range m.Files {
			f := file{m.at.folder, d.Name}
			if !local(d.Name) {
				folder, name, _ := storage.Split(d.Name)
				f = file{folder, name}
			}
			if !v.looked[f.String()] {
				v.looked[f.String()] = true
				v.say(NotLooked, f, "run %s wrote it too", m.RunID())
			}
		}
	}
}

// manifest reads a manifest, once; nil where it is none, which has been said.
func (v *verifier) manifest(at file) (*link, error) {
	i := slices.IndexFunc(v.manifests, func(m *link) bool { return m.at == at })
	if i >= 0 {
		return v.manifests[i], nil
	}
	if v.broken[at] {
		return nil, nil
	}
	m, err := v.read(at)
	if m != nil {
		v.manifests = append(v.manifests, m)
	}
	v.broken[at] = m == nil && err == nil
	return m, err
}

func (v *verifier) read(at file) (*link, error) {
	body, err := v.open(v.ctx, at.folder, at.name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	m, err := report.DecodeManifest(text)
	if err != nil {
		v.say(Altered, at, "%v", err)
		return nil, nil
	}
	l := &link{Manifest: m, at: at, sha256: fmt.Sprintf("%x", sha256.Sum256(text))}
	return l, v.signed(l, text)
}
