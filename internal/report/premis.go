package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"

	"reconcile/internal/reconcile"
)

// premisEncoder writes a report as PREMIS 3: an object for each side of each row,
// an event "fixity check" for each pair that was looked at, and who did it. The
// schema wants all objects before the events: the rows are read twice.
//
// https://www.loc.gov/standards/premis/v3/
type premisEncoder struct {
	w      *bufio.Writer
	run    Run
	events bool  // the second time
	n      int64 // events
}

func newPREMIS(w *bufio.Writer) encoder { return &premisEncoder{w: w} }

const premisMark = "<!-- a report of reconcile "

func (e *premisEncoder) begin(h head) error {
	e.run = h.run
	e.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + premisMark + plainName(h.run.Command) + " -->\n")
	e.put(`<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">` + "\n")
	e.put(`<object xsi:type="intellectualEntity">`)
	e.identifier("objectIdentifier", "URI", premisURI(h.run.Source, h.run.Prefix))
	e.text("originalName", "s3://"+h.run.Source+"/"+h.run.Prefix)
	e.put("</object>\n")
	return nil
}

// recognizePREMIS finds the mark of this program.
func recognizePREMIS(begin []byte) (command string, ok bool) {
	_, rest, found := bytes.Cut(begin, []byte(premisMark))
	if !found || !bytes.HasPrefix(begin, []byte("<?xml ")) {
		return "", false
	}
	word, _, ok := bytes.Cut(rest, []byte(" "))
	return string(word), ok
}

// again begins with the rows once more.
func (e *premisEncoder) again() { e.events = true }

func (e *premisEncoder) row(r *Row) error {
	if e.events {
		e.event(r)
		return nil
	}
	beside := r.Status == reconcile.Misplaced || r.Status == reconcile.Uncatalogued // their originals have rows
	if r.SourceKey != "" && r.SizeBytes != nil && !beside {
		e.object(r.SourceBucket, r.SourceKey, *r.SizeBytes, r.StorageClass, r.ChecksumAlgorithm, r.Checksum)
	}
	if r.TargetKey != "" && r.TargetSizeBytes != nil {
		e.object(r.TargetBucket, r.TargetKey, *r.TargetSizeBytes, r.TargetStorageClass, r.ChecksumAlgorithm, r.TargetChecksum)
	}
	return nil
}

func (e *premisEncoder) object(bucket, key Text, size int64, class, algorithm, sum Text) {
	e.put(`<object xsi:type="file">`)
	e.identifier("objectIdentifier", "URI", premisURI(string(bucket), string(key)))
	e.put("<objectCharacteristics>")
	if sum != "" {
		e.put("<fixity>")
		e.text("messageDigestAlgorithm", string(algorithm))
		e.text("messageDigest", digestText(string(sum)))
		e.text("messageDigestOriginator", "Amazon S3")
		e.put("</fixity>")
	}
	e.put(fmt.Sprintf("<size>%d</size>", size))
	e.put("<format><formatDesignation><formatName>unknown</formatName></formatDesignation><formatNote>the content was not read</formatNote></format></objectCharacteristics>")
	name := string(key)
	if !xmlClean(name) {
		name = percentEncoded(name)
	}
	e.text("originalName", name)
	if class != "" {
		e.put("<storage>")
		e.text("storageMedium", string(class))
		e.put("</storage>")
	}
	e.put("</object>\n")
}

// digestText is a checksum in hexadecimal, as archives have it; one of parts
// stays as S3 has it.
func digestText(sum string) string {
	if b, err := base64.StdEncoding.DecodeString(sum); err == nil {
		return hex.EncodeToString(b)
	}
	return sum
}

// fixityOutcome is what a row says of its pair, in the words of PREMIS; empty
// where nobody has looked at any.
func fixityOutcome(r *Row) string {
	switch r.Status {
	case reconcile.Copied, reconcile.Present:
		if r.Proof == Text(reconcile.ProofSize) || r.Proof == "" {
			return "warning"
		}
		return "success"
	case reconcile.Differs, reconcile.Missing, reconcile.Phantom:
		return "fail"
	case reconcile.Failed:
		if r.ErrorKind == Text(reconcile.Integrity) {
			return "fail"
		}
		return "warning"
	case reconcile.Misplaced, reconcile.Orphan, reconcile.Uncatalogued, reconcile.Unrouted, reconcile.Canceled:
		return "warning"
	}
	return ""
}

const vocabulary = "http://id.loc.gov/vocabulary/preservation/"

func (e *premisEncoder) event(r *Row) {
	outcome := fixityOutcome(r)
	if outcome == "" {
		return
	}
	e.n++
	e.put("<event>")
	e.identifier("eventIdentifier", "local", fmt.Sprintf("%s/%d", e.run.ID, e.n))
	e.put(`<eventType authority="eventType" valueURI="` + vocabulary + `eventType/fix">fixity check</eventType>`)
	at := string(r.VerifiedAt)
	if at == "" {
		at = e.run.FinishedAt.UTC().Format(timeLayout)
	}
	e.text("eventDateTime", at)
	e.put("<eventDetailInformation>")
	e.text("eventDetail", strings.Trim(fmt.Sprintf("evidence: %s; compared: %s; proof: %s; looks: %d", cmp.Or(r.Evidence, "none"), cmp.Or(r.Compared, "none"), cmp.Or(r.Proof, "none"), r.Attempts), " "))
	e.put("</eventDetailInformation><eventOutcomeInformation>")
	e.put(`<eventOutcome authority="eventOutcome" valueURI="` + vocabulary + `eventOutcome/` + outcome[:3] + `">` + outcome + `</eventOutcome>`)
	e.put("<eventOutcomeDetail>")
	e.text("eventOutcomeDetailNote", strings.TrimSuffix(string(r.Status)+": "+r.ErrMsg, ": "))
	e.put("</eventOutcomeDetail></eventOutcomeInformation>")
	e.linked("linkingAgentIdentifier", "local", softwareAgent(e.run), "linkingAgentRole", "executing program")
	if e.run.Identity != "" {
		e.linked("linkingAgentIdentifier", "ARN", e.run.Identity, "linkingAgentRole", "implementer")
	}
	if r.SourceKey != "" {
		e.linked("linkingObjectIdentifier", "URI", premisURI(string(r.SourceBucket), string(r.SourceKey)), "linkingObjectRole", "original")
	}
	if r.TargetKey != "" && r.TargetSizeBytes != nil {
		e.linked("linkingObjectIdentifier", "URI", premisURI(string(r.TargetBucket), string(r.TargetKey)), "linkingObjectRole", "copy")
	}
	e.put("</event>\n")
}

func softwareAgent(r Run) string { return "reconcile " + r.Version }

func (e *premisEncoder) end() error {
	e.put("<agent>")
	e.identifier("agentIdentifier", "local", softwareAgent(e.run))
	e.put(`<agentName>reconcile</agentName><agentType authority="agentType" valueURI="` + vocabulary + `agentType/sof">software</agentType>`)
	e.text("agentVersion", e.run.Version)
	if digest, err := settingsDigest(e.run.Settings); err == nil && digest != "" {
		e.text("agentNote", "SHA-256 of the settings: "+string(digest))
	}
	if e.run.Host != "" {
		e.text("agentNote", "host: "+e.run.Host)
	}
	e.put("</agent>\n")
	if e.run.Identity != "" {
		e.put("<agent>")
		e.identifier("agentIdentifier", "ARN", e.run.Identity)
		e.put("</agent>\n")
	}
	_, err := e.w.WriteString("</premis>\n")
	return err
}

// put writes markup. Errors are the writer's, at the end.
func (e *premisEncoder) put(markup string) { e.w.WriteString(markup) }

// text writes an element with a text.
func (e *premisEncoder) text(name, text string) {
	e.put("<" + name + ">")
	xml.EscapeText(e.w, []byte(xmlText(text)))
	e.put("</" + name + ">")
}

// identifier writes an element with a type and a value.
func (e *premisEncoder) identifier(name, kind, value string) {
	e.put("<" + name + ">")
	e.text(name+"Type", kind)
	e.text(name+"Value", value)
	e.put("</" + name + ">")
}

// linked writes an identifier with a role.
func (e *premisEncoder) linked(name, kind, value, role, is string) {
	e.put("<" + name + ">")
	e.text(name+"Type", kind)
	e.text(name+"Value", value)
	e.text(role, is)
	e.put("</" + name + ">")
}

// premisURI is an object's address as a URI: the key in UTF-8, percent-encoded
// but for slashes and what RFC 3986 reserves for nothing.
func premisURI(bucket, key string) string { return "s3://" + bucket + "/" + percentEncoded(key) }

func percentEncoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// xmlClean reports whether XML 1.0 can hold a text.
// https://www.w3.org/TR/xml/#charsets
func xmlClean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

// xmlText is a text with what XML 1.0 cannot hold as \xNN, byte for byte.
func xmlText(s string) string {
	if xmlClean(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		if xmlClean(s[:n]) {
			b.WriteString(s[:n])
		} else {
			for i := range n {
				fmt.Fprintf(&b, `\x%02X`, s[i])
			}
		}
		s = s[n:]
	}
	return b.String()
}
