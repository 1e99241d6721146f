package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/sshsign"
	"reconcile/internal/storage"
	"reconcile/internal/strictjson"
)

// ManifestVersion is the version of the shape of a Manifest.
const ManifestVersion = 1

// The names of manifests: that of a report's own, which stands beside it, ends
// in ManifestSuffix; the last one of a folder is there as LatestManifest too.
const (
	ManifestSuffix = ".manifest.json"
	LatestManifest = "LATEST" + ManifestSuffix
)

// Manifest says what a run has written, so that anybody can see later whether
// it is still that. Those of one folder form a chain.
type Manifest struct {
	Version   int             `json:"manifest_version"`
	WrittenAt time.Time       `json:"written_at"`
	Run       json.RawMessage `json:"run"`               // as in the report
	Summary   json.RawMessage `json:"summary"`           // as in the report
	Files     []FileDigest    `json:"files"`             // the reports of the run
	Previous  *Link           `json:"previous"`          // nil: it is the first in its folder, or Unread says why not
	GoesOn    bool            `json:"goes_on,omitempty"` // the run is going to replace its reports and this manifest
	Unread    string          `json:"unread"`            // why the manifest before it could not be read; empty: it could
}

// FileDigest is one report as it was written.
type FileDigest struct {
	Name   string `json:"name"` // of a file in the manifest's folder, else the path or address as it was given
	Size   int64  `json:"size_bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Link names the manifest that was the last one before.
type Link struct {
	RunID     string    `json:"run_id"`
	WrittenAt time.Time `json:"written_at"`
	SHA256    string    `json:"sha256"` // of all of it, hexadecimal
}

// RunID is the id of the manifest's run.
func (m *Manifest) RunID() string {
	var run struct{ ID string }
	json.Unmarshal(m.Run, &run) // DecodeManifest has checked it
	return run.ID
}

// errNoManifest is why something is not taken for a manifest, or not replaced
// by one.
var errNoManifest = errors.New("what stands there is no manifest of this program's reports")

// DecodeManifest reads a manifest.
func DecodeManifest(text []byte) (*Manifest, error) {
	var m Manifest
	var run struct{ ID string }
	if !isManifest(text) {
		return nil, errNoManifest
	}
	err := json.Unmarshal(text, &m)
	if err == nil {
		err = json.Unmarshal(m.Run, &run)
	}
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if m.Version != ManifestVersion {
		return nil, fmt.Errorf("manifest: its version is %d, and this program reads %d", m.Version, ManifestVersion)
	}
	return &m, nil
}

// manifestBegin is what every manifest begins with.
const manifestBegin = "{\n  \"manifest_version\": "

func isManifest(begin []byte) bool { return bytes.HasPrefix(begin, []byte(manifestBegin)) }

func mayReplaceManifest(begin []byte) error {
	if len(begin) == 0 || isManifest(begin) {
		return nil
	}
	return fmt.Errorf("%w, and is not replaced", errNoManifest)
}

// digest counts and digests a report while it is written.
type digest struct {
	size int64
	sha  hash.Hash
}

func newDigest() *digest { return &digest{sha: sha256.New()} }

func (d *digest) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.sha.Write(p)
}

func (d *digest) of(name string) FileDigest {
	return FileDigest{Name: name, Size: d.size, SHA256: hex.EncodeToString(d.sha.Sum(nil))}
}

// writeManifests writes, for each folder that has got reports, its manifests.
func (w *writing) writeManifests(ctx context.Context, dests []Destination, failed []error) error {
	delivered := map[string][]Destination{}
	var folders []string
	for i, d := range dests {
		if d.IsStdout() || failed[i] != nil {
			continue
		}
		folder := d.folder()
		if delivered[folder] == nil {
			folders = append(folders, folder)
		}
		delivered[folder] = append(delivered[folder], d)
	}
	var errs []error
	for _, folder := range folders {
		errs = append(errs, w.writeManifest(ctx, folder, delivered))
	}
	return errors.Join(errs...)
}

// writeManifest writes the last manifest of a folder, then its copies that
// stand beside the reports there.
func (w *writing) writeManifest(ctx context.Context, folder string, delivered map[string][]Destination) error {
	m := Manifest{Version: ManifestVersion, WrittenAt: w.opt.Now().UTC(), Files: w.digests(folder, delivered), GoesOn: w.sinks.Passing}
	var err error
	if m.Run, err = strictjson.Marshal(w.head.run); err != nil {
		return err
	}
	if m.Summary, err = strictjson.Marshal(w.head.counted()); err != nil {
		return err
	}
	latest := Destination{Path: folder + LatestManifest, Format: JSON}
	text, err := w.link(ctx, latest, &m)
	if err != nil {
		return &UndeliveredError{Destination: latest.Path, Err: err}
	}
	for _, d := range delivered[folder] {
		d.Path += ManifestSuffix
		err := w.sinks.Put(ctx, Document{At: d, ContentType: JSON.ContentType(), Body: bytes.NewReader(text), MayReplace: mayReplaceManifest})
		if err == nil && w.sinks.Sign != nil {
			err = w.sign(ctx, d, text)
		}
		if err != nil {
			return &UndeliveredError{Destination: d.Path, Err: err}
		}
	}
	return nil
}

// sign writes the signature of a manifest beside it.
func (w *writing) sign(ctx context.Context, d Destination, text []byte) error {
	signature, err := w.sinks.Sign(text)
	if err != nil {
		return err
	}
	d.Path += sshsign.Suffix
	return w.sinks.Put(ctx, Document{At: d, ContentType: "text/plain", Body: bytes.NewReader(signature), MayReplace: func(begin []byte) error {
		if len(begin) == 0 || bytes.HasPrefix(begin, []byte(sshsign.Begin)) {
			return nil
		}
		return fmt.Errorf("%s: what stands there is no signature, and is not replaced", d)
	}})
}

// digests are those of all reports, the folder's own by their names alone.
func (w *writing) digests(folder string, delivered map[string][]Destination) (files []FileDigest) {
	for _, d := range w.written {
		name := d.Path
		if d.folder() == folder {
			name = d.name()
		}
		for _, ok := range delivered[d.folder()] {
			if ok == d.Destination {
				files = append(files, d.of(name))
			}
		}
	}
	return files
}

// written is a report with its digest.
type writtenReport struct {
	Destination
	*digest
}

// folder is the path of the destination up to its name.
func (d Destination) folder() string { return strings.TrimSuffix(d.Path, d.name()) }

// Latest is where the last manifest of the destination's folder stands.
func (d Destination) Latest() Destination {
	return Destination{Path: d.folder() + LatestManifest, Format: JSON}
}

// name is the last part of its path.
func (d Destination) name() string {
	if d.IsS3() {
		return path.Base(d.Path)
	}
	return filepath.Base(d.Path)
}

// maxWriters is how many runs may write manifests in one folder of S3 at the
// same time: each that was first makes the others look again.
const maxWriters = 100

// link makes the manifest the last one of its folder, and returns its text. Runs
// that write at the same time come after one another.
func (w *writing) link(ctx context.Context, latest Destination, m *Manifest) (text []byte, err error) {
	if !latest.IsS3() {
		err = storage.Exclusively(latest.Path, func() error {
			if text, _, err = w.follow(ctx, latest, m); err != nil {
				return err
			}
			return storage.ReplaceFile(latest.Path, func(to io.Writer) error { _, err := to.Write(text); return err })
		})
		return text, err
	}
	at := reconcile.Location{Bucket: latest.Bucket(), Key: latest.Key()}
	for range maxWriters {
		var when reconcile.Precondition
		if text, when, err = w.follow(ctx, latest, m); err != nil || m.Unread != "" {
			return text, err
		}
		err = w.sinks.Upload(ctx, at, bytes.NewReader(text), JSON.ContentType(), when)
		if err == nil || !reconcile.PreconditionFailed(err) && !errors.Is(err, reconcile.Conflict) {
			break
		}
	}
	return text, err
}

// follow puts the manifest behind the last one of its folder, and returns its
// text with the condition under which it may replace that one.
func (w *writing) follow(ctx context.Context, latest Destination, m *Manifest) ([]byte, reconcile.Precondition, error) {
	before, when, err := w.sinks.before(ctx, latest)
	switch {
	case errors.Is(err, reconcile.AccessDenied): // a role that may write and not read has no chain
		m.Previous, m.Unread = nil, err.Error()
	case err != nil:
		return nil, when, err
	default:
		if err := m.follow(before); err != nil {
			return nil, when, err
		}
	}
	text, err := strictjson.MarshalIndented(m)
	return text, when, err
}

// before reads the last manifest of the folder, nil where there is none, and
// says under which condition it may be replaced.
func (s Sinks) before(ctx context.Context, latest Destination) ([]byte, reconcile.Precondition, error) {
	var none reconcile.Precondition
	if !latest.IsS3() {
		text, err := os.ReadFile(latest.Path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, none, nil
		}
		return text, none, err
	}
	if s.Standing == nil {
		return nil, none, errors.New("there is no store to read it from")
	}
	body, etag, err := s.Standing(ctx, reconcile.Location{Bucket: latest.Bucket(), Key: latest.Key()})
	if errors.Is(err, reconcile.NotFound) {
		return nil, none, nil
	}
	if err != nil {
		return nil, none, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	return text, reconcile.Precondition{IfMatch: etag}, err
}

// follow makes the manifest the one after before.
func (m *Manifest) follow(before []byte) error {
	m.Previous = nil
	if len(before) == 0 {
		return nil
	}
	last, err := DecodeManifest(before)
	if err != nil {
		return err
	}
	if last.GoesOn && last.RunID() == m.RunID() { // it is replaced
		m.Previous = last.Previous
		if !m.WrittenAt.After(last.WrittenAt) {
			m.WrittenAt = last.WrittenAt.Add(time.Nanosecond)
		}
		return nil
	}
	if !m.WrittenAt.After(last.WrittenAt) { // another machine's clock: the order is that of the chain
		m.WrittenAt = last.WrittenAt.Add(time.Nanosecond)
	}
	m.Previous = &Link{RunID: last.RunID(), WrittenAt: last.WrittenAt, SHA256: fmt.Sprintf("%x", sha256.Sum256(before))}
	return nil
}
