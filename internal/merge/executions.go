package merge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"reconcile/internal/strictjson"
)

// mapManifest is the manifest.json of a Distributed Map's ResultWriter. The
// files hold the executions that ended, or never began, in the same way.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type mapManifest struct {
	Bucket string `json:"DestinationBucket"`
	Files  map[string][]struct {
		Key  string
		Size int64
	} `json:"ResultFiles"`
}

func (m *Merger) readMapManifest(ctx context.Context, f *file, in io.Reader) error {
	var run mapManifest
	if err := json.NewDecoder(in).Decode(&run); err != nil {
		return fmt.Errorf("manifest of a Distributed Map: %w", err)
	}
	for _, files := range run.Files {
		for _, named := range files {
			if err := m.readNamed(ctx, f, run.Bucket, named.Key, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// execution is one of a Distributed Map's child executions. With another
// WriterConfig than NONE it is the answer alone.
type execution struct {
	Status string
	Input  json.RawMessage // a document in a string
	Output json.RawMessage // likewise
	Error  string
	Cause  string

	answer
}

// readExecutions reads an array of executions, or one a line.
func (m *Merger) readExecutions(f *file, in io.Reader) error {
	buf := bufio.NewReader(in)
	list, err := opensList(buf)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(buf)
	if list {
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		if list && !dec.More() {
			return closed(dec)
		}
		var raw json.RawMessage
		var e execution
		err := dec.Decode(&raw)
		if err == nil {
			err = unique(raw, &e)
		}
		if err == io.EOF && !list {
			return nil
		}
		if err == nil {
			err = m.readExecution(f, &e)
		}
		if err != nil {
			return fmt.Errorf("execution %d: %w", n, broken(err))
		}
	}
}

// opensList reports whether an array begins, and passes over what is before it.
func opensList(in *bufio.Reader) (bool, error) {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return false, err
		}
		if bytes.IndexByte([]byte(" \t\r\n\xEF\xBB\xBF"), c) < 0 {
			return c == '[', in.UnreadByte()
		}
	}
}

// closed wants the end of the array, and of the file.
func closed(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return broken(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("something follows the executions")
	}
	return nil
}

// broken keeps what breaks off from looking like an end.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readExecution takes what became of one batch.
func (m *Merger) readExecution(f *file, e *execution) error {
	switch {
	case e.Status == "" && e.answer.given():
		return m.readAnswer(f, &e.answer, nil)
	case e.Status == "SUCCEEDED":
		a, err := answerOf(e.Output)
		if err != nil {
			return err
		}
		return m.readAnswer(f, a, document(e.Input))
	case e.Status == "":
		return notAnswered("an execution without a status")
	}
	return m.unanswered(e)
}

// unique decodes a document in which no field may be there twice.
func unique(raw []byte, into any) error {
	if err := strictjson.Unique(raw); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// document takes a document out of the string that it was put in.
func document(raw json.RawMessage) []byte {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []byte(s)
	}
	return raw
}
