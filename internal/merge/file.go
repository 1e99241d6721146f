package merge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/reconcile"
	"reconcile/internal/storage"
)

// file is one file of the results.
type file struct {
	folder storage.Folder
	name   string
	id     string // tells it from files of other places
	md5    string // as somebody's manifest gives it; empty: nobody does
}

func (f *file) String() string { return f.folder.URL(f.name) }

// readFile reads one file, unless that has been done. One that breaks off is
// read again: what it says twice is said once.
func (m *Merger) readFile(ctx context.Context, f *file) error {
	if _, read := m.done[f.id]; read {
		return m.checkSum(f)
	}
	m.done[f.id] = ""
	var err error
	for attempt := 1; ; attempt++ {
		err = m.readOnce(ctx, f)
		if err == nil || attempt >= m.opt.Attempts || !reconcile.Retryable(err) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", f, err)
	} else {
		err = m.checkSum(f)
	}
	return m.judge(ctx, err)
}

// checkSum holds a file that was read against the manifest that names it.
func (m *Merger) checkSum(f *file) error {
	if got := m.done[f.id]; f.md5 != "" && got != "" && got != f.md5 {
		m.problem("%s: its MD5 is %s, and its manifest says %s", f, got, f.md5)
	}
	return nil
}

// sniffed is how much of a file is looked at to see what it is, in bytes.
const sniffed = 64 << 10

func (m *Merger) readOnce(ctx context.Context, f *file) error {
	body, err := f.folder.Open(ctx, f.name)
	if err != nil {
		return err
	}
	defer body.Close()
	sum := storage.NewSum()
	in := bufio.NewReaderSize(io.TeeReader(body, sum), sniffed)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	k := kindOf(head)
	if err := m.readKind(ctx, k, f, in); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // the digest is of all of it
		return err
	}
	m.done[f.id] = sum.Written().MD5
	switch k {
	case kindNone:
		m.strange = append(m.strange, f.String())
	case kindAside:
	default:
		m.files++
	}
	return nil
}

// readKind reads a file of a kind.
func (m *Merger) readKind(ctx context.Context, k kind, f *file, in io.Reader) error {
	switch k {
	case kindReport:
		return m.readReport(f, in)
	case kindCSV:
		return m.readCSV(in)
	case kindCompletion:
		return m.readCompletion(in)
	case kindJobManifest:
		return m.readJobManifest(ctx, f, in)
	case kindMapManifest:
		return m.readMapManifest(ctx, f, in)
	case kindExecutions:
		return m.readExecutions(f, in)
	}
	return nil
}
