package integration

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAnotherClientAgrees: what the kept demo's report says is in the archive
// is what another client lists there: the AWS CLI where it is installed, and
// curl, which signs by itself.
func TestAnotherClientAgrees(t *testing.T) {
	dir := t.TempDir()
	endpoint := startKeptDemo(t, dir)
	want := map[string][]string{}
	for _, row := range archiveRows(t, filepath.Join(dir, "first.json")) {
		want[row.Bucket] = append(want[row.Bucket], row.Key)
	}
	clients := 0
	for name, list := range map[string]func(*testing.T, string, string) []string{"aws": listByAWS, "curl": listByCurl} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		clients++
		for bucket, keys := range want {
			slices.Sort(keys)
			if got := list(t, endpoint, bucket); !slices.Equal(got, keys) {
				t.Errorf("%s lists %d keys in %s, the report has %d: %q and %q", name, len(got), bucket, len(keys), got, keys)
			}
		}
	}
	if clients == 0 {
		t.Skip("neither the AWS CLI nor curl is installed")
	}
}

// startKeptDemo starts the demo with --keep, and returns its server's address
// once the reports are there.
func startKeptDemo(t *testing.T, dir string) string {
	t.Helper()
	demo := exec.Command(buildProgram(t), "demo", "--keep", "--out", dir)
	out, err := demo.StdoutPipe()
	must(t, err)
	must(t, demo.Start())
	t.Cleanup(func() {
		demo.Process.Signal(os.Interrupt)
		demo.Wait()
	})
	endpoint := ""
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if endpoint == "" {
			endpoint = address.FindString(lines.Text())
		}
		if strings.Contains(lines.Text(), "export AWS_ENDPOINT_URL") {
			return endpoint
		}
	}
	t.Fatal("the demo ended")
	return ""
}

// archiveRow is where a row says that an object is.
type archiveRow struct {
	Bucket string `json:"target_bucket"`
	Key    string `json:"target_key"`
	Status string `json:"status"`
}

// archiveRows reads the rows of what is in an archive bucket.
func archiveRows(t *testing.T, path string) []archiveRow {
	t.Helper()
	var doc struct{ Objects []archiveRow }
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, json.Unmarshal(text, &doc))
	return slices.DeleteFunc(doc.Objects, func(r archiveRow) bool {
		return !slices.Contains([]string{"copied", "present", "differs"}, r.Status)
	})
}

// demoEnv is what the demo prints to be exported.
func demoEnv(cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=reconcile", "AWS_SECRET_ACCESS_KEY=reconcile-secret", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true")
	return cmd
}

func listByAWS(t *testing.T, endpoint, bucket string) []string {
	t.Helper()
	out, err := demoEnv(exec.Command("aws", "--endpoint-url", endpoint, "--output", "json", "s3api", "list-objects-v2", "--bucket", bucket)).Output()
	must(t, err)
	var answer struct{ Contents []struct{ Key string } }
	must(t, json.Unmarshal(out, &answer))
	var keys []string
	for _, c := range answer.Contents {
		keys = append(keys, c.Key)
	}
	slices.Sort(keys)
	return keys
}

func listByCurl(t *testing.T, endpoint, bucket string) []string {
	t.Helper()
	out, err := exec.Command("curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "reconcile:reconcile-secret",
		endpoint+"/"+bucket+"?list-type=2").Output()
	must(t, err)
	var answer struct {
		Contents []struct{ Key string }
	}
	must(t, xml.NewDecoder(bytes.NewReader(out)).Decode(&answer))
	var keys []string
	for _, c := range answer.Contents {
		keys = append(keys, c.Key)
	}
	slices.Sort(keys)
	return keys
}
