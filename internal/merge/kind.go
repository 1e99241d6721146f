package merge

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"

	"reconcile/internal/sshsign"
)

// kind is what a file is, by its content: names say nothing.
type kind int

const (
	kindNone        kind = iota
	kindAside            // known, and no result: a plan, its manifests, a checksum, the manifest of a report, its signature
	kindReport           // JSON, of this program
	kindCSV              // of this program
	kindCompletion       // CSV of S3 Batch Operations
	kindJobManifest      // manifest.json of S3 Batch Operations
	kindMapManifest      // manifest.json of a Distributed Map
	kindExecutions       // of a Distributed Map, or the answers alone: a JSON array, or lines
)

// kindOf looks at the beginning of a file.
func kindOf(head []byte) kind {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	switch {
	case len(text) == 0:
		return kindNone
	case text[0] == '{':
		return kindOfObject(text)
	case bytes.HasPrefix(text, []byte(sshsign.Begin)):
		return kindAside
	case text[0] == '[':
		return kindOfList(text)
	}
	return kindOfLines(text)
}

// kindOfObject goes by the fields. Of a long object only the first are there.
func kindOfObject(text []byte) kind {
	has := fields(text)
	switch {
	case has["plan_version"], has["manifest_version"]:
		return kindAside
	case has["schema_version"], has["objects"] && has["summary"], has["run"] && has["summary"]:
		return kindReport
	case has["Results"] && has["ReportSchema"], has["Results"] && has["Format"]:
		return kindJobManifest
	case has["ResultFiles"]:
		return kindMapManifest
	case has["statuses"], has["ExecutionArn"], has["Input"]: // a long input may be all there is to see
		return kindExecutions
	case has["source_key"] && has["size_bytes"] && !has["status"]:
		return kindAside // the lines that a plan has for a Distributed Map
	}
	if nested := bytes.IndexByte(text, '['); nested > 0 && has["objects"] {
		return kindReport // sorted anew, with more rows than were looked at
	}
	return kindNone
}

// fields returns the names of the outermost object's fields, as far as the text
// goes.
func fields(text []byte) map[string]bool {
	all := map[string]bool{}
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return all
	}
	for dec.More() {
		name, err := dec.Token()
		field, ok := name.(string)
		if err != nil || !ok {
			return all
		}
		all[field] = true
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return all
		}
	}
	return all
}

// kindOfList takes an array of executions, or of answers. An empty one is what
// a Distributed Map writes when there is nothing of a kind.
func kindOfList(text []byte) kind {
	first := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(first) > 0 && first[0] == ']' {
		return kindAside
	}
	if len(first) == 0 || first[0] != '{' {
		return kindNone
	}
	if kindOfObject(first) == kindExecutions {
		return kindExecutions
	}
	return kindNone
}

// kindOfLines goes by the first line.
func kindOfLines(text []byte) kind {
	cells, err := csv.NewReader(bytes.NewReader(text)).Read()
	switch {
	case err != nil:
		return kindNone
	case contains(cells, "source_key") && contains(cells, "status"):
		return kindCSV
	case len(cells) == completionCells && (cells[completionStatus] == "succeeded" || cells[completionStatus] == "failed"):
		return kindCompletion
	case len(cells) == 2 && cells[0] != "" && cells[1] != "":
		return kindAside // what a plan has for S3 Batch Operations
	case len(cells) == 1 && len(cells[0]) == 32 && strings.Trim(cells[0], "0123456789abcdefABCDEF") == "":
		return kindAside // manifest.json.md5
	}
	return kindNone
}

func contains(cells []string, want string) bool {
	for _, c := range cells {
		if strings.TrimPrefix(c, "\uFEFF") == want {
			return true
		}
	}
	return false
}
