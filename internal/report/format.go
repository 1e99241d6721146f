package report

import (
	"bufio"
	"path"
	"strings"
)

// Format is how a report is encoded.
type Format string

// The formats.
const (
	JSON Format = "json"
	CSV  Format = "csv"
	HTML Format = "html"

	PREMIS Format = "premis"
)

// formats is the table of what can be written. A further format is one line
// here and its encoder.
var formats = []struct {
	format      Format
	extension   string
	contentType string
	open        func(*bufio.Writer) encoder
	// recognize tells by its beginning whether a file is such a report of this
	// program, and of which command, "" where that does not show.
	recognize func(begin []byte) (command string, ok bool)
}{
	{JSON, ".json", "application/json", newJSON, recognizeJSON},
	{CSV, ".csv", "text/csv; charset=utf-8", newCSV, recognizeCSV},
	{HTML, ".html", "text/html; charset=utf-8", newHTML, recognizeHTML},
	{PREMIS, ".premis.xml", "application/xml", newPREMIS, recognizePREMIS},
}

// ContentType is the format's media type.
func (f Format) ContentType() string {
	for _, k := range formats {
		if k.format == f {
			return k.contentType
		}
	}
	return "application/octet-stream"
}

// formatOf finds the format that a name ends in, without regard to case.
func formatOf(name string) (Format, bool) {
	name = strings.ToLower(path.Base(name))
	for _, k := range formats {
		if strings.HasSuffix(name, k.extension) {
			return k.format, true
		}
	}
	return "", false
}
