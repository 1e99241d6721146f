package s3sim

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var clients = flag.Bool("clients", false, "run the AWS command line and boto3 too, which take seconds to start")

// run runs somebody else's client against s, and skips where there is none.
func run(t *testing.T, s *Server, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if slow := name == "aws" || name == "python3"; err != nil || slow && !*clients {
		t.Skip("needs " + name + ", and -clients where it is slow")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+s.AccessKey(), "AWS_SECRET_ACCESS_KEY="+s.SecretKey(),
		"AWS_DEFAULT_REGION="+s.Region(), "AWS_ENDPOINT_URL="+s.URL(), "AWS_CONFIG_FILE=/dev/null", "AWS_MAX_ATTEMPTS=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestAWSCommandLine(t *testing.T) {
	s := start(t, Config{})
	data := synthetic(1, 9*mib).bytes() // two parts
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, s, "aws", "s3", "cp", "--quiet", file, "s3://glacier/dir/f +%2B")
	if got := s.Read("glacier", "dir/f +%2B", 0, 1<<30); !bytes.Equal(got, data) {
		t.Errorf("%d bytes arrived", len(got))
	}
	run(t, s, "aws", "s3", "cp", "--quiet", "--recursive", "s3://glacier/", "s3://archive/")
	if !s.SameContent("glacier", "dir/f +%2B", "archive", "dir/f +%2B") {
		t.Errorf("%q was not copied", s.Keys("archive"))
	}
}

func TestBoto3(t *testing.T) {
	s := start(t, Config{})
	if !*clients {
		t.Skip("needs -clients")
	}
	if path, err := exec.LookPath("python3"); err != nil || exec.Command(path, "-c", "import boto3").Run() != nil {
		t.Skip("needs boto3")
	}
	s.Put("glacier", "a\x01b", Object{Size: 3, StorageClass: "GLACIER", Restore: "restored", RestoreExpiry: time.Now().Add(time.Hour)})
	s.Put("glacier", "mid", Object{Size: 20 * mib, ContentSeed: 2})
	out := run(t, s, "python3", "-c", `
import boto3, hashlib
c = boto3.client("s3")
o = c.list_objects_v2(Bucket="glacier", OptionalObjectAttributes=["RestoreStatus"])["Contents"]
assert o[0]["Key"] == "a\x01b" and not o[0]["RestoreStatus"]["IsRestoreInProgress"] and "RestoreStatus" not in o[1], o
for alg in "CRC32", "SHA1", "SHA256":
    c.put_object(Bucket="archive", Key="k", Body=b"hello", ChecksumAlgorithm=alg, Metadata={"Foo": "bar"})
    r = c.get_object(Bucket="archive", Key="k", ChecksumMode="ENABLED")
    assert r["Body"].read() == b"hello" and r["Metadata"] == {"foo": "bar"} and r["Checksum" + alg], r
c.copy({"Bucket": "glacier", "Key": "mid"}, "archive", "mid")
print(hashlib.sha256(c.get_object(Bucket="archive", Key="mid")["Body"].read()).hexdigest())
`)
	if want := hexSHA256(string(synthetic(2, 20*mib).bytes())); strings.TrimSpace(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
}

func TestCurl(t *testing.T) {
	s := start(t, Config{})
	s.Put("archive", "k", Object{Body: []byte("content")})
	out := run(t, s, "curl", "-s", "--aws-sigv4", "aws:amz:us-east-1:s3", "-u", s.AccessKey()+":"+s.SecretKey(), s.URL()+"/archive/k")
	if out != "content" {
		t.Error(out)
	}
}

// raw sends a signed request and returns status and body.
func raw(t *testing.T, s *Server, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req := must(http.NewRequest(method, s.URL()+path, strings.NewReader(body)))(t)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	signRequest(s, req, hexSHA256(body), time.Now())
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close()
	return resp.StatusCode, string(must(io.ReadAll(resp.Body))(t))
}

func TestCustomerKeys(t *testing.T) {
	s := start(t, Config{})
	const sse = "x-amz-server-side-encryption-customer-"
	key := []string{sse + "algorithm", "AES256", sse + "key-md5", "abc", sse + "key", "x"}
	if status, body := raw(t, s, "PUT", "/glacier/k", "text", key...); status != 200 {
		t.Fatal(status, body)
	}
	s.Put("archive", "k", Object{Body: []byte("text")})
	sealed, _ := s.Get("glacier", "k")
	if plain, _ := s.Get("archive", "k"); sealed.ETag == plain.ETag {
		t.Error("the ETag is the MD5")
	}
	for _, tc := range []struct {
		method, path string
		header       []string
		status       int
	}{
		{"GET", "/glacier/k", nil, 400},
		{"GET", "/glacier/k", key, 200},
		{"PUT", "/archive/copy", []string{"x-amz-copy-source", "glacier/k"}, 400},
		{"PUT", "/archive/copy", []string{"x-amz-copy-source", "glacier/k", copySourcePrefix + "server-side-encryption-customer-key-md5", "abc"}, 200},
	} {
		if status, body := raw(t, s, tc.method, tc.path, "", tc.header...); status != tc.status {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, status, body)
		}
	}
}

// The same connection serves a request after one whose body was refused.
func TestRefusedBodiesAreReadToTheirEnd(t *testing.T) {
	s := start(t, Config{})
	body := strings.Repeat("x", 3*mib)
	for range 5 {
		if status, _ := raw(t, s, "PUT", "/nope/k", body); status != 404 {
			t.Errorf("status %d", status)
		}
	}
	if n := s.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestMalformedRequests(t *testing.T) {
	s := start(t, Config{})
	s.Put("glacier", "k", Object{StorageClass: "GLACIER"})
	for _, tc := range []struct {
		method, path, body string
		header             []string
		status             int
		code               string
	}{
		{"POST", "/glacier/k?restore", "<RestoreRequest><Days>", nil, 400, "MalformedXML"},
		{"POST", "/glacier?delete", "", nil, 400, "MalformedXML"},
		{"PUT", "/glacier/k?tagging", "x", nil, 400, "MalformedXML"},
		{"PUT", "/glacier/%ff", "", nil, 400, "InvalidURI"},
		{"PUT", "/glacier/k", "", []string{"x-amz-storage-class", "COLD"}, 400, "InvalidStorageClass"},
		{"PUT", "/glacier/k", "", []string{"x-amz-tagging", "a=1&a=2"}, 400, "InvalidTag"},
		{"PUT", "/glacier/k", "", []string{"x-amz-meta-a", strings.Repeat("x", 3000)}, 400, "MetadataTooLarge"},
		{"PUT", "/glacier/k", "", []string{"If-None-Match", "x"}, 501, "NotImplemented"},
		{"PUT", "/glacier/k", "", []string{"x-amz-server-side-encryption", "rot13"}, 400, "InvalidArgument"},
		{"PUT", "/X", "", nil, 400, "InvalidBucketName"},
		{"PUT", "/glacier/k?uploadId=x&partNumber=0", "", nil, 400, "InvalidArgument"},
		{"PUT", "/glacier/k?uploadId=x&partNumber=1", "", nil, 404, "NoSuchUpload"},
		{"POST", "/glacier/k?uploads", "", []string{"x-amz-checksum-algorithm", "MD4"}, 400, "InvalidRequest"},
		{"POST", "/glacier/k?uploads", "", []string{"x-amz-checksum-algorithm", "SHA1", "x-amz-checksum-type", "FULL_OBJECT"}, 400, "InvalidRequest"},
		{"GET", "/glacier?list-type=2&max-keys=-1", "", nil, 400, "InvalidArgument"},
		{"GET", "/glacier?list-type=2&encoding-type=x", "", nil, 400, "InvalidArgument"},
		{"GET", "/glacier?versions", "", nil, 501, "NotImplemented"},
		{"GET", "/glacier/k?attributes", "", nil, 501, "NotImplemented"},
		{"GET", "/glacier/k?torrent", "", nil, 501, "NotImplemented"},
		{"PATCH", "/glacier/k", "", nil, 501, "NotImplemented"},
		{"DELETE", "/", "", nil, 501, "NotImplemented"},
	} {
		status, body := raw(t, s, tc.method, tc.path, tc.body, tc.header...)
		if status != tc.status || !strings.Contains(body, "<Code>"+tc.code+"</Code>") {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, status, body)
		}
	}
}
