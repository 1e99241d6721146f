package report

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

var premisSchema = flag.String("premis.xsd", "", "the published schema of PREMIS 3.0, which xmllint then holds the export against")

// premisContents is what PREMIS 3.0 allows within the elements that are used, in
// its order: 1 for exactly one, ? for at most one, + and * for any number. It was
// taken down from the schema of January 18, 2016, by hand. Elements that are not
// here hold text.
var premisContents = map[string]string{
	"premis":                    "object+ event* agent* rights*",
	"object intellectualEntity": "objectIdentifier+ originalName?",
	"object file":               "objectIdentifier+ objectCharacteristics+ originalName? storage*",
	"objectIdentifier":          "objectIdentifierType1 objectIdentifierValue1",
	"objectCharacteristics":     "compositionLevel? fixity* size? format+",
	"fixity":                    "messageDigestAlgorithm1 messageDigest1 messageDigestOriginator?",
	"format":                    "formatDesignation1 formatNote*",
	"formatDesignation":         "formatName1",
	"storage":                   "contentLocation? storageMedium?",
	"event":                     "eventIdentifier1 eventType1 eventDateTime1 eventDetailInformation* eventOutcomeInformation* linkingAgentIdentifier* linkingObjectIdentifier*",
	"eventIdentifier":           "eventIdentifierType1 eventIdentifierValue1",
	"eventDetailInformation":    "eventDetail?",
	"eventOutcomeInformation":   "eventOutcome1 eventOutcomeDetail*",
	"eventOutcomeDetail":        "eventOutcomeDetailNote1",
	"linkingAgentIdentifier":    "linkingAgentIdentifierType1 linkingAgentIdentifierValue1 linkingAgentRole*",
	"linkingObjectIdentifier":   "linkingObjectIdentifierType1 linkingObjectIdentifierValue1 linkingObjectRole*",
	"agent":                     "agentIdentifier+ agentName* agentType? agentVersion? agentNote*",
	"agentIdentifier":           "agentIdentifierType1 agentIdentifierValue1",
}

// conforms reports in what an element's children are not as they may be.
func conforms(element string, children []string) error {
	rest := children
	for field := range strings.FieldsSeq(premisContents[element]) {
		name, how := field[:len(field)-1], field[len(field)-1]
		n := 0
		for n < len(rest) && rest[n] == name {
			n++
		}
		if how == '1' && n != 1 || how == '?' && n > 1 || how == '+' && n == 0 {
			return fmt.Errorf("%s has %d %s", element, n, name)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s has %s, which has no place there", element, rest[0])
	}
	return nil
}

// premisNode is an element with all that is in it.
type premisNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr   `xml:",any,attr"`
	Children []premisNode `xml:",any"`
	Text     string       `xml:",chardata"`
}

func (n *premisNode) kind() string {
	for _, a := range n.Attrs {
		if a.Name.Local == "type" {
			return n.XMLName.Local + " " + a.Value
		}
	}
	return n.XMLName.Local
}

func (n *premisNode) check(t *testing.T) {
	t.Helper()
	var names []string
	for i := range n.Children {
		names = append(names, n.Children[i].XMLName.Local)
		n.Children[i].check(t)
	}
	if n.XMLName.Space != "http://www.loc.gov/premis/v3" {
		t.Errorf("%s is of the namespace %q", n.XMLName.Local, n.XMLName.Space)
	}
	if err := conforms(n.kind(), names); err != nil {
		t.Error(err)
	}
}

// value is the text of an element by its path.
func (n *premisNode) value(path ...string) string {
	for _, c := range n.Children {
		if c.XMLName.Local == path[0] {
			if len(path) == 1 {
				return c.Text
			}
			return c.value(path[1:]...)
		}
	}
	return ""
}

// exported is a report of the outcomes as PREMIS.
func exported(t *testing.T, all ...reconcile.Outcome) (premisNode, string) {
	t.Helper()
	r := newReport(t, Options{Rows: RowsAll, Command: "audit"})
	for _, o := range all {
		add(t, r, o)
	}
	path := filepath.Join(t.TempDir(), "audit.premis.xml")
	d, err := ParseDestination(path)
	if err != nil {
		t.Fatal(err)
	}
	run := testRun
	run.Identity = "arn:aws:sts::111122223333:assumed-role/auditor/x"
	if err := r.Write(t.Context(), run, nil, nil, []Destination{d}, Sinks{}); err != nil {
		t.Fatal(err)
	}
	text := readFile(t, path)
	if command, ok := recognizePREMIS([]byte(text)); !ok || command != run.Command {
		t.Errorf("it is not recognized: %q, %v", command, ok)
	}
	var root premisNode
	if err := xml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	if *premisSchema != "" {
		if out, err := exec.Command("xmllint", "--noout", "--schema", *premisSchema, path).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	return root, text
}

// TestPREMIS: an outcome of each status, as the schema wants it, with the outcome
// in the words of PREMIS.
func TestPREMIS(t *testing.T) {
	var all []reconcile.Outcome
	for _, s := range reconcile.Statuses() {
		o := outcome("data/"+string(s)+".hdf", s)
		if s == reconcile.Present {
			o.Proof = reconcile.ProofETag
		}
		all = append(all, o)
	}
	bySize := outcome("data/size.hdf", reconcile.Present)
	bySize.Proof = reconcile.ProofSize
	root, _ := exported(t, append(all, bySize)...)
	root.check(t)
	got := map[string]string{}
	for _, n := range root.Children {
		if n.XMLName.Local == "event" {
			status, _, _ := strings.Cut(n.value("eventOutcomeInformation", "eventOutcomeDetail", "eventOutcomeDetailNote"), ":")
			got[status] += n.value("eventOutcomeInformation", "eventOutcome") + " "
		}
	}
	want := map[string]string{
		"copied": "success ", "present": "success warning ", "differs": "fail ", "missing": "fail ", "phantom": "fail ",
		"failed": "warning ", "canceled": "warning ", "orphan": "warning ", "misplaced": "warning ", "uncatalogued": "warning ", "unrouted": "warning ",
	}
	for status, outcome := range want {
		if got[status] != outcome {
			t.Errorf("%s: %q, want %q", status, got[status], outcome)
		}
		delete(got, status)
	}
	if len(got) > 0 {
		t.Errorf("events of what nobody has compared: %v", got)
	}
	if root, _ := exported(t); len(root.Children) != 3 {
		t.Errorf("a report without rows has %d elements", len(root.Children))
	}
}

// TestPREMISKeys: what XML cannot hold stands percent-encoded, and can be read
// back.
func TestPREMISKeys(t *testing.T) {
	keys := []string{"plain/a b.hdf", "<&\"'>]]>", "\x00\x01\x1f\x7f", "\xff\xfe", "\uFFFE\uFFFF", "é/🎉", "line\r\n\ttab", "%41"}
	var all []reconcile.Outcome
	for _, key := range keys {
		all = append(all, outcome(key, reconcile.Differs))
	}
	root, _ := exported(t, all...)
	root.check(t)
	var named []string
	for _, n := range root.Children {
		if n.kind() == "object file" {
			uri := n.value("objectIdentifier", "objectIdentifierValue")
			if key, ok := strings.CutPrefix(uri, "s3://glacier/"); ok {
				decoded, err := unescaped(key)
				if err != nil {
					t.Fatal(err)
				}
				named = append(named, decoded)
				if name := n.value("originalName"); xmlClean(decoded) && strings.ReplaceAll(name, "\r\n", "\n") != strings.ReplaceAll(decoded, "\r\n", "\n") || !xmlClean(decoded) && name != key {
					t.Errorf("%q is named %q", decoded, name)
				}
			}
		}
	}
	slices.Sort(keys)
	if !slices.Equal(named, keys) {
		t.Errorf("%q, want %q", named, keys)
	}
}

// unescaped decodes percent-encoding as RFC 3986 has it.
func unescaped(s string) (string, error) {
	var b strings.Builder
	r := strings.NewReader(s)
	for {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if c == '%' {
			if _, err := fmt.Fscanf(io.LimitReader(r, 2), "%02X", &c); err != nil {
				return "", err
			}
		}
		b.WriteByte(c)
	}
}
