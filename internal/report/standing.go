package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// ErrForeign is why a report was not written: what stands at its destination was
// not written as a report by this program, and is somebody's.
var ErrForeign = errors.New("what stands there is no report of this program, and is not replaced")

// standing says why a local file may not be written where something stands.
func (d Destination) standing(may func(begin []byte) error) error {
	f, err := os.Open(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at what stands there: %w", withoutPath(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, errors.New("it is there and no regular file"))
	}
	begin, err := io.ReadAll(io.LimitReader(f, maxStanding))
	if err != nil {
		return fmt.Errorf("look at what stands there: %w", withoutPath(err))
	}
	return may(begin)
}

// mayReplace says by the beginning of what stands at a destination why a
// command may not replace it. A plan promises nothing of what a run has proved:
// it replaces reports of plans only.
func mayReplace(begin []byte, command string) error {
	if len(begin) == 0 {
		return nil
	}
	for _, f := range formats {
		of, ok := f.recognize(begin)
		switch {
		case !ok:
		case command == "plan" && of != "" && of != command:
			return ofAnother(of)
		default:
			return nil
		}
	}
	return ErrForeign
}

// mayReplace says why the report of a command may not replace what stands at a destination
// and begins like this. A CSV does not name its command: the manifest beside it
// does.
func (s Sinks) mayReplace(ctx context.Context, d Destination, begin []byte, command string) error {
	err := mayReplace(begin, command)
	if err != nil || len(begin) == 0 || command != "plan" || d.Format != CSV {
		return err
	}
	text, _, err := s.before(ctx, Destination{Path: d.Path + ManifestSuffix, Format: JSON})
	if err != nil || !isManifest(text) {
		return nil // nobody says whose it is
	}
	var m struct{ Run struct{ Command string } }
	if json.Unmarshal(text, &m) == nil && m.Run.Command != "plan" {
		return ofAnother(m.Run.Command)
	}
	return nil
}

func ofAnother(command string) error {
	return fmt.Errorf("what stands there is the report of a %s, which a plan does not replace", command)
}

// recognizeJSON finds the command of a JSON report of this program.
func recognizeJSON(begin []byte) (command string, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(begin))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return "", false
	}
	var version, run bool
	var about struct{ ID, Command string }
	for dec.More() && !(version && run) {
		name, err := dec.Token()
		if err != nil {
			return "", false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return "", false
		}
		switch name {
		case "schema_version":
			version = true
		case "run":
			run = json.Unmarshal(value, &about) == nil && about.Command != ""
		}
	}
	return about.Command, version && run
}

// recognizeCSV finds the header of a CSV report, which does not name a command.
func recognizeCSV(begin []byte) (command string, ok bool) {
	header, _, found := bytes.Cut(bytes.TrimPrefix(begin, []byte(string(byteOrderMark))), []byte("\n"))
	return "", found && strings.HasPrefix(string(header), firstHeader)
}

// firstHeader are the columns that every CSV report begins with.
var firstHeader = func() string {
	var first []string
	for i := range columns {
		if !columns[i].later {
			first = append(first, columns[i].name)
		}
	}
	return strings.Join(first, ",")
}()
