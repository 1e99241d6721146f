package s3store

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3sim"
)

// model is the published model of S3's control plane: see testdata/README.md.
type model struct {
	Operations map[string]struct {
		HTTP          struct{ Method, RequestURI string }
		Input, Output struct {
			Shape, LocationName string
			XMLNamespace        struct{ URI string }
		}
	}
	Shapes map[string]*shape
}

type shape struct {
	Type, Pattern      string
	Required, Enum     []string
	Min, Max           *int
	Members            map[string]*ref
	Member, Key, Value *ref
}

type ref struct{ Shape, Location, LocationName string }

func readModel(t *testing.T) *model {
	t.Helper()
	text, err := os.ReadFile("testdata/s3control-2018-08-20.json")
	m := &model{}
	if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// node is an element of a document.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Nodes   []node `xml:",any"`
}

// check holds an element against the shape that it is to have.
func (m *model) check(t *testing.T, path, name string, n node) {
	t.Helper()
	s := m.Shapes[name]
	if s == nil {
		t.Errorf("%s: the model has no shape %s", path, name)
		return
	}
	switch s.Type {
	case "structure":
		m.checkStructure(t, path, s, n)
	case "list":
		for _, item := range n.Nodes {
			if want := s.Member.LocationName; item.XMLName.Local != "member" && item.XMLName.Local != want {
				t.Errorf("%s: an item is called %s", path, item.XMLName.Local)
			}
			m.check(t, path+"[]", s.Member.Shape, item)
		}
	case "map":
		for _, entry := range n.Nodes {
			if entry.XMLName.Local != "entry" || len(entry.Nodes) != 2 || entry.Nodes[0].XMLName.Local != "key" || entry.Nodes[1].XMLName.Local != "value" {
				t.Errorf("%s: an entry is %+v", path, entry)
				continue
			}
			m.check(t, path+".key", s.Key.Shape, entry.Nodes[0])
			m.check(t, path+".value", s.Value.Shape, entry.Nodes[1])
		}
	default:
		s.checkText(t, path, n.Text)
	}
}

func (m *model) checkStructure(t *testing.T, path string, s *shape, n node) {
	t.Helper()
	seen := map[string]bool{}
	for _, child := range n.Nodes {
		name := child.XMLName.Local
		member := s.Members[name]
		if member == nil || seen[name] || member.Location != "" {
			t.Errorf("%s has %s, which the model does not have there once", path, name)
			continue
		}
		seen[name] = true
		m.check(t, path+"."+name, member.Shape, child)
	}
	for _, name := range s.Required {
		if !seen[name] && s.Members[name].Location == "" {
			t.Errorf("%s lacks %s", path, name)
		}
	}
}

// checkText holds a plain value against the restrictions on it.
func (s *shape) checkText(t *testing.T, path, text string) {
	t.Helper()
	switch s.Type {
	case "boolean":
		if text != "true" && text != "false" {
			t.Errorf("%s is %q", path, text)
		}
	case "integer", "long":
		n, err := strconv.Atoi(text)
		if err != nil || s.Min != nil && n < *s.Min || s.Max != nil && n > *s.Max {
			t.Errorf("%s is %q", path, text)
		}
	case "timestamp":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			t.Errorf("%s is %q", path, text)
		}
	default:
		matches := s.Pattern == "" || regexp.MustCompile("^(?:"+s.Pattern+")$").MatchString(text)
		if !matches || s.Enum != nil && !slices.Contains(s.Enum, text) || s.Min != nil && len(text) < *s.Min || s.Max != nil && len(text) > *s.Max {
			t.Errorf("%s is %q", path, text)
		}
	}
}

// exchange is a request to the control plane with its answer.
type exchange struct {
	r              *http.Request
	request, reply []byte
}

// watched has every request of the store checked.
func watched(t *testing.T, s *Store, see func(exchange)) {
	next := s.profiles[""].http.Transport
	s.profiles[""].http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		var e exchange
		if r.Body != nil {
			e.request, _ = io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(e.request))
		}
		resp, err := next.RoundTrip(r)
		if err == nil {
			e.reply, _ = io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(bytes.NewReader(e.reply))
		}
		e.r = r
		see(e)
		return resp, err
	})
}

// TestBatchJobsByTheModel holds what is sent to the control plane, and what the
// simulator answers, against the model that Amazon has published.
func TestBatchJobsByTheModel(t *testing.T) {
	m := readModel(t)
	srv, s := sim(t, s3sim.Config{JobTimes: func(string) s3sim.JobTimes { return s3sim.JobTimes{Active: time.Hour} }})
	info := srv.Put("protected", "m.csv", s3sim.Object{Body: []byte("glacier,k,null\n")})
	op := ""
	watched(t, s, func(e exchange) {
		o := m.Operations[op]
		uri := regexp.MustCompile(`^` + strings.ReplaceAll(o.HTTP.RequestURI, "{id}", `[a-z0-9-]{5,36}`) + `$`)
		if e.r.Method != o.HTTP.Method || !uri.MatchString(e.r.URL.Path) || e.r.Header.Get("X-Amz-Account-Id") != "123456789012" {
			t.Errorf("%s: %s %s %v", op, e.r.Method, e.r.URL, e.r.Header)
		}
		var in, out node
		if len(e.request) > 0 {
			if err := xml.Unmarshal(e.request, &in); err != nil || in.XMLName.Local != o.Input.LocationName || in.XMLName.Space != o.Input.XMLNamespace.URI {
				t.Errorf("%s: %v\n%s", op, err, e.request)
			}
			m.check(t, op, o.Input.Shape, in)
		}
		if err := xml.Unmarshal(e.reply, &out); err != nil || out.XMLName.Local != o.Output.Shape {
			t.Errorf("%s: %v\n%s", op, err, e.reply)
		}
		m.check(t, op+" answer", o.Output.Shape, out)
	})
	for i, operation := range []BatchOperation{
		InvokeFunction{"arn:aws:lambda:us-east-1:123456789012:function:f", map[string]string{"plan": "p", "class": "small"}},
		ComputeChecksum{"SHA512"}, RestoreObjects{5, reconcile.TierBulk}, RestoreObjects{0, reconcile.TierStandard},
	} {
		op = "CreateJob"
		id, err := s.CreateBatchJob(t.Context(), BatchJob{
			Account: "123456789012", Description: "a job", Token: strings.Repeat(strconv.Itoa(i), 64), Operation: operation, Role: "arn:aws:iam::123456789012:role/r",
			Manifest: reconcile.Location{Bucket: "protected", Key: "m.csv"}, ManifestETag: info.ETag, Versions: true,
			ReportBucket: "protected", ReportPrefix: "results", Priority: 3, Confirm: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ref := BatchJobRef{Account: "123456789012", ID: id, Bucket: "protected"}
		op = "DescribeJob"
		state, err := s.DescribeBatchJob(t.Context(), ref)
		if err != nil || state.Status != BatchJobSuspended || state.Total != 1 || state.Created.IsZero() || !state.Ended.IsZero() || state.Status.Over() {
			t.Errorf("%T: %+v, %v", operation, state, err)
		}
		op = "UpdateJobStatus"
		if err := s.UpdateBatchJob(t.Context(), ref, BatchJobReady); err != nil {
			t.Error(err)
		}
		if err := s.UpdateBatchJob(t.Context(), ref, BatchJobCancelled); err != nil {
			t.Error(err)
		}
		op = "DescribeJob"
		if state, err = s.DescribeBatchJob(t.Context(), ref); err != nil || state.Status != BatchJobCancelled || state.Ended.IsZero() || !state.Status.Over() {
			t.Errorf("%T: %+v, %v", operation, state, err)
		}
	}
}
