package report

import (
	"bytes"
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
			return fmt.Errorf("what stands there is the report of a %s, which a plan does not replace", of)
		default:
			return nil
		}
	}
	return ErrForeign
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
