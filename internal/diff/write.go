package diff

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"

	"reconcile/internal/report"
	"reconcile/internal/strictjson"
)

// Output writes the changes in one format, JSON or CSV. Make one with NewOutput, Add the
// rows, End it, Close it.
type Output struct {
	format report.Format
	file   *os.File
	buf    *bufio.Writer
	csv    *csv.Writer
	rows   int
}

// The first bytes of what an Output writes, by which it is recognised.
const (
	jsonBegin = `{"diff_version":1,`
	csvBegin  = "key,change,old_status,new_status,fields\n"
)

// errForeign is why something is not replaced.
var errForeign = errors.New("what stands there is no diff of this program, and is not replaced")

// MayReplace says why a diff may not replace what begins like this.
func MayReplace(begin []byte) error {
	if len(begin) == 0 || bytes.HasPrefix(begin, []byte(jsonBegin)) || bytes.HasPrefix(begin, []byte(csvBegin)) {
		return nil
	}
	return errForeign
}

// NewOutput begins a temporary file in dir; empty: the system's folder for such.
func NewOutput(f report.Format, dir string) (*Output, error) {
	file, err := os.CreateTemp(dir, "reconcile-diff-*")
	if err != nil {
		return nil, err
	}
	o := &Output{format: f, file: file, buf: bufio.NewWriter(file)}
	if f == report.CSV {
		o.csv = csv.NewWriter(o.buf)
		o.buf.WriteString(csvBegin)
	} else {
		o.buf.WriteString(jsonBegin + "\n\"rows\": [")
	}
	return o, nil
}

// Add writes a row.
func (o *Output) Add(r Row) error {
	o.rows++
	if o.csv != nil {
		fields, err := strictjson.Marshal(r.Fields)
		if err != nil {
			return err
		}
		cells := []string{r.Key, string(r.Change), string(r.OldStatus), string(r.NewStatus), string(fields)}
		for i := range cells {
			cells[i] = report.EscapeCell(cells[i])
		}
		return o.csv.Write(cells)
	}
	line, err := strictjson.Marshal(r)
	if err != nil {
		return err
	}
	if o.rows > 1 {
		o.buf.WriteByte(',')
	}
	o.buf.WriteString("\n  ")
	_, err = o.buf.Write(line)
	return err
}

// End writes what is said of the reports as a whole, and returns all of it.
func (o *Output) End(before, after *Input, result Result) (io.ReadSeeker, error) {
	if o.csv != nil {
		o.csv.Flush()
		return o.rewind(o.csv.Error())
	}
	if result.Notes == nil {
		result.Notes = []string{}
	}
	summary, err := strictjson.Marshal(result)
	if err != nil {
		return nil, err
	}
	o.buf.WriteString("\n],\n\"old\": ")
	for i, in := range []*Input{before, after} {
		if i == 1 {
			o.buf.WriteString(",\n\"new\": ")
		}
		about, err := strictjson.Marshal(in.about())
		if err != nil {
			return nil, err
		}
		o.buf.Write(about)
	}
	o.buf.WriteString(",\n\"summary\": ")
	o.buf.Write(summary)
	o.buf.WriteString("\n}\n")
	return o.rewind(nil)
}

// about says which report it is; what a CSV report does not tell is null.
func (in *Input) about() any {
	about := struct {
		Name string      `json:"name"`
		Run  *report.Run `json:"run"`
	}{Name: in.Name}
	if in.headed {
		about.Run = &in.head.Run
	}
	return about
}

func (o *Output) rewind(err error) (io.ReadSeeker, error) {
	if err == nil {
		err = o.buf.Flush()
	}
	if err == nil {
		_, err = o.file.Seek(0, io.SeekStart)
	}
	return o.file, err
}

// Close gives up the temporary file.
func (o *Output) Close() {
	o.file.Close()
	os.Remove(o.file.Name())
}
