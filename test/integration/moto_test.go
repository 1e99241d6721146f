package integration

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"reconcile/test/conform"
)

// motoDifferences are where moto 5.2, a mock of AWS in Python, is not S3. A
// newer one may have fewer; the suite then says which lines to take out.
var motoDifferences = map[string]string{
	// What the product has to be right without: a server that does not know
	// RestoreStatus in listings, and one that ignores conditions on copies.
	"restorestatus/restored":       "listings know no RestoreStatus",
	"restorestatus/every-page":     "listings know no RestoreStatus",
	"copy/source-if-match-unequal": "CopyObject ignores x-amz-copy-source-if-match",
	"copy/if-none-match":           "CopyObject ignores conditions on the target, and overwrites",
	"copy/if-match-unequal":        "CopyObject ignores conditions on the target, and overwrites",
	"copy/if-match-absent":         "CopyObject ignores conditions on the target",
	"copy/pin-and-guard":           "CopyObject ignores all conditions",
	"partcopy/source-if-match":     "UploadPartCopy ignores x-amz-copy-source-if-match",
	"copy/condition-of-source":     "CopyObject ignores x-amz-copy-source-if-match",
	"copy/condition-of-target":     "CopyObject ignores conditions on the target, and overwrites",
	"multipart/if-match":           "CompleteMultipartUpload ignores If-Match, and overwrites",

	// Keys and pages.
	"list/start-after-control": "StartAfter comes back unencoded, which is no XML",
	"keys/control":             "StartAfter comes back unencoded, which is no XML",
	"keys/newline":             "a path with a newline matches no route",
	"keys/too-long":            "keys of more than 1024 bytes are taken",

	// Checksums are kept as they are sent, and of objects in one part only.
	"list/checksum":                  "checksums have no type",
	"head/checksum-type":             "checksums have no type",
	"put/checksum-wrong":             "a wrong checksum is not noticed",
	"put/checksum-default":           "the checksum the SDK adds by default is not kept",
	"copy/checksum-asked":            "checksums have no type",
	"multipart/checksum-full-object": "the checksum is one of the parts' checksums",
	"multipart/checksum-composite":   "the checksum lacks its number of parts and its type",
	"multipart/checksum-part-copy":   "copied parts have no checksum",

	// Objects and uploads of several parts.
	"copy/multipart-source":         "the copy of an object of parts says it has parts",
	"multipart/part-number-beyond":  "a part that is not there is an internal error",
	"multipart/part-number-etag":    "the head of a part has the ETag of the part",
	"multipart/invalid-part-order":  "parts are taken in any order",
	"multipart/abort-then-complete": "an unknown upload is an internal error",
	"multipart/no-such-upload":      "an unknown upload is an internal error",
	"partcopy/range-outside":        "a range beyond the end is shortened",
	"partcopy/missing-source":       "the code is NotFound",
	"partcopy/archived-source":      "UploadPartCopy reads archived objects",
	"uploads/control-key":           "listings of uploads ignore EncodingType",
	"uploads/list-order":            "uploads come in the order of creation",
	"uploads/parts-pages":           "the last part is lost when part numbers have gaps",

	// Restores.
	"restore/deep-archive-expedited": "every tier is taken",
	"restore/expiry-midnight":        "the expiry is not rounded",
	"tags/of-archived":               "tags of archived objects cannot be read",

	"auth/wrong-secret": "signatures are not checked",
	"auth/unknown-key":  "access keys are not checked",
}

// startMoto runs moto_server where it is installed, and reports whether it is.
func startMoto(t *testing.T) (server, bool) {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Log("moto_server is not installed: its part is left out")
		return server{}, false
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()

	var output bytes.Buffer
	cmd := exec.Command(path, "-H", host, "-p", port)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() { stopProcess(cmd.Process, exited) })

	endpoint := "http://" + net.JoinHostPort(host, port)
	if err := answers(endpoint+"/moto-api/data.json", exited); err != nil {
		t.Fatalf("moto_server: %v\n%s", err, output.Bytes())
	}
	return server{conform.Target{
		Name:        "moto",
		Endpoint:    endpoint,
		Region:      "us-east-1",
		AccessKey:   "moto-access",
		SecretKey:   "moto-secret",
		Differences: motoDifferences,
	}}, true
}

// stopProcess asks the process to end, and makes it when it does not.
func stopProcess(p *os.Process, exited <-chan error) {
	_ = p.Signal(os.Interrupt)
	select {
	case <-exited:
	case <-time.After(5 * time.Second):
		_ = p.Kill()
		<-exited
	}
}

// answers polls until the server answers, for half a minute at most: an
// interpreter takes its time to start.
func answers(url string, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-tick.C:
		case err := <-exited:
			return errors.Join(errors.New("it ended before it answered"), err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
