package config

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reconcile/internal/reconcile"
	"reconcile/internal/s3store"
)

// TestKubernetesVariables: what Kubernetes sets for a Service is ignored with a
// warning, what only looks like it is refused.
func TestKubernetesVariables(t *testing.T) {
	load := func(environ ...string) (Settings, error) {
		env := map[string]string{"RECONCILE_SOURCE": "cold", "RECONCILE_PROTECTED": "data"}
		for _, e := range environ {
			name, value, _ := strings.Cut(e, "=")
			env[name] = value
		}
		l := Loader{
			LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
			Environ: func() (all []string) {
				for name, value := range env {
					all = append(all, name+"="+value)
				}
				return all
			},
			Variables: []string{"RECONCILE_FUNCTION"},
		}
		return l.Load("run", NewFlags(Parameters()))
	}
	service := []string{
		"RECONCILE_PORT=tcp://10.0.0.7:80", "RECONCILE_SERVICE_HOST=10.0.0.7", "RECONCILE_SERVICE_PORT=80", "RECONCILE_SERVICE_PORT_HTTP=80",
		"RECONCILE_PORT_80_TCP=tcp://10.0.0.7:80", "RECONCILE_PORT_80_TCP_PROTO=tcp", "RECONCILE_PORT_80_TCP_PORT=80", "RECONCILE_PORT_80_TCP_ADDR=10.0.0.7",
		"RECONCILE_WEB_UI_SERVICE_HOST=fd00::1", "RECONCILE_WEB_UI_PORT=tcp://[fd00::1]:80", "RECONCILE_WEB_UI_PORT_443_TCP_ADDR=fd00::1",
	}
	s, err := load(service...)
	if err != nil || len(s.Warnings) != 1 {
		t.Fatalf("%v, warnings %q", err, s.Warnings)
	}
	for _, v := range service {
		if name, _, _ := strings.Cut(v, "="); !strings.Contains(s.Warnings[0], name) {
			t.Errorf("the warning lacks %s", name)
		}
	}
	if s, err := load("RECONCILE_FUNCTION=1"); err != nil || len(s.Warnings) > 0 {
		t.Errorf("another command's variable: %v, %q", err, s.Warnings)
	}
	for _, v := range []string{"RECONCILE_RE_PORT=out.json", "RECONCILE_PORTS=1", "RECONCILE_PORT_80=tcp://10.0.0.7:80", "RECONCILE_SERVICE=x", "RECONCILE_REGOIN=x"} {
		if _, err := load(v); err == nil || !strings.HasPrefix(err.Error(), "unknown environment variable RECONCILE_") {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// TestOwnPlaces: nothing of the run's own is written to the source, and no report
// replaces what the run reads or keeps.
func TestOwnPlaces(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--lock", "s3://cold/lock"}, "flag --lock: the source is never written"},
		{[]string{"--journal", "s3://cold/journal"}, "flag --journal: the source is never written"},
		{[]string{"--shard-map", "s3://cold/map.json"}, "flag --shard-map: the source is never written"},
		{[]string{"--report", "s3://cold/r.json"}, "the source is never written"},
		{[]string{"--lock", "s3://own/l.json", "--report", "s3://own/l.json"}, "s3://own/l.json is the lock"},
		{[]string{"--shard-map", "s3://own/m.json", "--report", "s3://own/m.json"}, "s3://own/m.json is the shard map"},
		{[]string{"--inventory", "s3://own/i.json", "--report", "s3://own/i.json"}, "s3://own/i.json is an inventory"},
		{[]string{"--journal", "s3://own/j", "--report", "s3://own/j/a/r.json"}, "is in the journal"},
		{[]string{"--journal", dir, "--report", filepath.Join(dir, "r.json")}, "is in the journal"},
		{[]string{"--lock", "s3://u:secret@own/l"}, "…@own"},
		{[]string{"--report", "https://u:secret@host/r.json"}, "…@host"},
		{[]string{"--report", "s3://u:secret@own/r.json"}, "…@own"},
		{[]string{"--journal", "https://u:secret@host/j"}, "…@host"},
		{[]string{"--journal", "https://host/j?token=secret"}, "want DIR|s3://BUCKET/PREFIX"},
		{[]string{"--exclude-keys", "https://u:secret@host/k"}, "…@host"},
		{[]string{"--inventory", "https://u:secret@host/manifest.json"}, "…@host"},
		{[]string{"--lock", "https://own/l"}, "want s3://BUCKET/KEY"},
		{[]string{"--public", "u:secret@own"}, "…@own"},
		{[]string{"--region", "https://u:secret@own"}, "…@own"},
		{[]string{"--lock", "own/l"}, "give s3://bucket/key"},
		{[]string{"--lock", "s3://own/j/lock", "--journal", "s3://own/j"}, "it is in the journal"},
		{[]string{"--lock", "s3://own/m", "--shard-map", "s3://own/m"}, "it is the shard map"},
		{[]string{"--archive-class", "COLD", "--online-class", "COLD"}, `flag --online-class: "COLD" is given to archive-class, too`},
	} {
		_, err := invocation{args: with(c.args...)}.settings(t)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v, want %s", c.args, err, c.want)
		}
	}
	s := invocation{args: with("--journal", "s3://own/j", "--lock", "s3://own/l", "--report", "s3://own/jr.json")}.mustSettings(t)
	if len(s.Warnings) > 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
	s = invocation{args: with("--lock", "s3://data/l")}.mustSettings(t)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "s3://data, an archive bucket") {
		t.Errorf("a lock in an archive bucket: warnings %q", s.Warnings)
	}
}

// TestStdinOnce: two lists cannot both come by standard input.
func TestStdinOnce(t *testing.T) {
	_, err := invocation{args: with("--keys", "-", "--granules", "-")}.settings(t)
	if err == nil || !strings.Contains(err.Error(), "--keys and --granules name it") {
		t.Error(err)
	}
	invocation{args: with("--keys", "-")}.mustSettings(t)
}

// TestManifestIsNoReport: a plan's report does not replace the plan.
func TestManifestIsNoReport(t *testing.T) {
	dir := t.TempDir()
	for name, ok := range map[string]bool{"plan.json": false, "r-small.csv": false, "report.json": true} {
		l := Loader{}
		flags := withTexts("manifest", dir)
		for _, f := range flags {
			switch f.Name {
			case "source", "protected":
				f.texts = []string{f.Name + "-bucket"}
			case "report":
				f.texts = []string{filepath.Join(dir, ".", name)}
			}
		}
		if _, err := l.Load("plan", flags); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoSecretInMessages: whatever is wrong with an endpoint, its user and
// password are not shown.
func TestNoSecretInMessages(t *testing.T) {
	for _, url := range []string{
		"http://u:secret@host", "ftp://u:secret@host", "http://u:se/secret@host", "u:secret@host", "//u:secret@host", "http://:secret@host",
		"http://secret@host", "http://u:secret@host:port", "http://host?token=secret", "http://u:secret%zz@host", "s3://u:secret@host",
	} {
		for place, in := range map[string]invocation{
			"flag":        {args: with("--endpoint-url", url)},
			"environment": {args: base, env: map[string]string{"AWS_ENDPOINT_URL": url}},
			"config":      {args: base, config: "endpoint_url: " + url},
			"bucket":      {args: base, config: "buckets: {data: {endpoint_url: '" + url + "'}}"},
		} {
			if _, err := in.settings(t); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %s: %v", url, place, err)
			}
		}
	}
	invocation{args: with("--endpoint-url", "http://host/a@b")}.mustSettings(t)
}

// TestTenant: a bucket with a tenant is one of another service.
func TestTenant(t *testing.T) {
	args := []string{"--source", "acme:glacier", "--protected", "acme:data"}
	if _, err := (invocation{args: args}).settings(t); err == nil || !strings.Contains(err.Error(), "acme:") {
		t.Errorf("without an endpoint: %v", err)
	}
	s := invocation{args: append(args, "--endpoint-url", "http://ceph:7480", "--lock", "s3://acme:own/lock")}.mustSettings(t)
	if s.Scan.Bucket != "acme:glacier" || s.Lock.Bucket != "acme:own" || !slices.Contains(s.Scan.Router.Buckets(), "acme:data") {
		t.Errorf("%+v", s)
	}
}

// TestPublicExtensions: the list of an event's check is that of the rules.
func TestPublicExtensions(t *testing.T) {
	router, err := reconcile.NewRouter(nil, reconcile.Archives{Protected: "data", Public: "open"})
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range publicExtensions[1:] {
		if b := router.Route("x" + ext).Cursor.Bucket; b != "open" {
			t.Errorf("%s goes to %s", ext, b)
		}
	}
}

// TestEventRun: an event chooses among the archive buckets that there are, and
// makes nothing public.
func TestEventRun(t *testing.T) {
	config := `
protected: data
public: open
bucket_map: {hdf: science, xml: data}
rules: [{prefix: old/, bucket: attic}]
buckets: {attic: {acl: public-read}}
`
	flags := withTexts("config", writeConfigFile(t, "conf.yaml", config))
	for _, c := range []struct {
		options map[string]any
		want    string // in the error; empty: none
	}{
		{map[string]any{}, ""},
		{map[string]any{"prefix": "a/"}, ""},
		{map[string]any{"protected": "data", "public": "open"}, ""},
		{map[string]any{"protected": "science"}, ""},
		{map[string]any{"public": "data"}, ""},
		{map[string]any{"bucket_map": map[string]any{"txt": "open", "xml": "data", "hdf": "data"}}, ""},
		{map[string]any{"protected": "elsewhere"}, "s3://elsewhere"},
		{map[string]any{"public": "elsewhere"}, "s3://elsewhere"},
		{map[string]any{"bucket_map": map[string]any{"hdf": "elsewhere", "xml": "data"}}, "s3://elsewhere"},
		{map[string]any{"protected": "open"}, "s3://open"},
		{map[string]any{"protected": "attic"}, "s3://attic"},
		{map[string]any{"public": "attic"}, "s3://attic"},
		{map[string]any{"bucket_map": map[string]any{"hdf": "open", "xml": "data"}}, ".hdf files to s3://open"},
		{map[string]any{"bucket_map": map[string]any{"hdf": "science"}}, ".xml files to s3://open"},
		{map[string]any{"bucket_map": map[string]any{"other": "open", "xml": "data"}}, "files of unknown kinds to s3://open"},
		{map[string]any{"acl": "public-read"}, "option acl of the event"},
		{map[string]any{"acl": "private"}, "option acl of the event"},
		{map[string]any{"buckets": map[string]any{"data": map[string]any{"acl": "public-read"}}}, "unknown option buckets"},
	} {
		options := maps.Clone(c.options)
		options["source"] = "cold"
		_, err := Loader{}.LoadEventRun(flags, options)
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, new(*Error)) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v, want %q", c.options, err, c.want)
		}
	}
}

// TestEncryption: --sse is for copies and for the run's own objects, and a
// bucket's own setting replaces it.
func TestEncryption(t *testing.T) {
	s := invocation{args: with("--sse", "aws:kms:dsse", "--kms-key-id", "key", "--public", "open", "--annotations", "exclude",
		"--report", "s3://reports/a.json", "--lock", "s3://locks/l", "--journal", "s3://journals/j", "--shard-map", "s3://maps/m"),
		config: "buckets: {open: {sse: AES256}, reports: {kms_key_id: other}, locks: {sse: 'aws:kms'}}"}.mustSettings(t)
	for bucket, want := range map[string][2]string{
		"cold": {}, "data": {"aws:kms:dsse", "key"}, "open": {"AES256", ""}, "reports": {"aws:kms:dsse", "other"},
		"locks": {"aws:kms", "key"}, "journals": {"aws:kms:dsse", "key"}, "maps": {"aws:kms:dsse", "key"},
	} {
		if b := s.Store.Buckets[bucket]; b.SSE != want[0] || b.KMSKeyID != want[1] {
			t.Errorf("%s: %q, %q, want %q", bucket, b.SSE, b.KMSKeyID, want)
		}
	}
	if s.Store.Default.SSE != "" || s.Store.Default.KMSKeyID != "" || s.Store.Annotations != "EXCLUDE" {
		t.Errorf("%+v", s.Store)
	}
	if s := (invocation{args: with("--sse", "AES256"), config: "buckets: {data: {kms_key_id: k}}"}).mustSettings(t); s.Store.Buckets["data"] != (s3store.Bucket{StorageClass: "STANDARD", KMSKeyID: "k"}) {
		t.Errorf("a bucket's key beside AES256 for all: %+v", s.Store.Buckets["data"])
	}
	for _, in := range []invocation{
		{args: with("--sse", "AES256", "--kms-key-id", "key")},
		{args: base, config: "buckets: {data: {kms_key_id: k, sse: AES256}}"},
		{args: with("--sse", "aes256")},
		{args: base, config: "buckets: {cold: {sse: AES256}}"},
	} {
		if _, err := in.settings(t); err == nil {
			t.Errorf("%v, %s: accepted", in.args, in.config)
		}
	}
}

// TestEventOptions: what the help says an event may set is taken, and nothing
// else is.
func TestEventOptions(t *testing.T) {
	listed := EventOptions()
	for _, p := range Parameters() {
		key := strings.ReplaceAll(p.Name, "-", "_")
		_, err := WithOptions(NewFlags(ParametersOf("event")), map[string]any{key: "s3://bucket/key"})
		if taken := err == nil && key != "manifest"; taken != slices.Contains(listed, key) {
			t.Errorf("%s: listed %v: %v", key, !taken, err)
		}
	}
}
