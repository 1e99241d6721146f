package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reconcile/internal/exit"
	"reconcile/internal/report"
	"reconcile/internal/s3sim"
)

// putInventory stores an inventory of a bucket as it is now, made yesterday.
func putInventory(server *s3sim.Server, bucket string) (manifest string) {
	var rows bytes.Buffer
	zip := gzip.NewWriter(&rows)
	for _, key := range server.Keys(bucket) {
		o, _ := server.Get(bucket, key)
		fmt.Fprintf(zip, "%q,%q,%q,%q,%q\n", bucket, strings.ReplaceAll(key, "/", "%2F"), fmt.Sprint(o.Size), o.ETag, o.StorageClass)
	}
	zip.Close()
	sum := md5.Sum(rows.Bytes())
	file := "inventory/" + bucket + "/data/1.csv.gz"
	server.Put("the-reports", file, s3sim.Object{Body: rows.Bytes()})
	text, _ := json.Marshal(map[string]any{
		"sourceBucket": bucket, "destinationBucket": "arn:aws:s3:::the-reports", "version": "2016-11-30",
		"creationTimestamp": fmt.Sprint(time.Now().Add(-24 * time.Hour).UnixMilli()), "fileFormat": "CSV",
		"fileSchema": "Bucket, Key, Size, ETag, StorageClass",
		"files":      []any{map[string]any{"key": file, "size": rows.Len(), "MD5checksum": hex.EncodeToString(sum[:])}},
	})
	server.Put("the-reports", "inventory/"+bucket+"/manifest.json", s3sim.Object{Body: text})
	return "s3://the-reports/inventory/" + bucket + "/manifest.json"
}

// TestInventories: with inventories of both sides neither is listed but for
// what is missing, the copies are the same, and the report says how old they
// are.
func TestInventories(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 3000)
	for i := range 3000 {
		if i%1000 != 7 {
			server.Put("the-archive", fmt.Sprintf("k%04d.hdf", i), s3sim.Object{Size: 10, ContentSeed: uint64(i)})
		}
	}
	source, archive := putInventory(server, "the-glacier"), putInventory(server, "the-archive")
	p, code := runWithin(t, server, runWith("--inventory", source, "--inventory", archive, "--report", "./r.json")...)
	if code != exit.OK {
		t.Fatalf("code %d\n%s", code, &p.stderr)
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	complete, count := reportSummary(t, text)
	if !complete || count("scanned") != 3000 || count("copied") != 3 || count("present") != 2997 {
		t.Errorf("complete %v, %d scanned, %d copied, %d present", complete, count("scanned"), count("copied"), count("present"))
	}
	var doc struct {
		Run struct{ Inventories []report.Inventory }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if all := doc.Run.Inventories; len(all) != 2 || all[0].Bucket != "the-glacier" || all[0].Manifest != source || all[0].Objects != 3000 ||
		all[0].AgeSeconds < 86400 || all[0].AgeSeconds > 86500 {
		t.Errorf("inventories %+v", all)
	}
	if got := server.Requests(); got["ListObjectsV2"] > 1 || got["HeadObject"] > 3+2 { // the copies, and finding out about conditions
		t.Errorf("%v: the buckets were listed", got)
	}
}

// TestWrongInventories: an inventory that cannot be had or believed ends the
// run before anything is copied, and one of another bucket is a mistake of the
// configuration.
func TestWrongInventories(t *testing.T) {
	t.Parallel()
	server := smallServer(t, 10)
	good := putInventory(server, "the-glacier")
	server.Put("the-reports", "broken/manifest.json", s3sim.Object{Body: []byte("{}")})
	other := putInventory(server, "the-reports")
	for name, tt := range map[string]struct {
		args []string
		code int
	}{
		"not there":         {[]string{"--inventory", "s3://the-reports/none/manifest.json"}, exit.Incomplete},
		"broken":            {[]string{"--inventory", "s3://the-reports/broken/manifest.json"}, exit.Incomplete},
		"of another bucket": {[]string{"--inventory", other}, exit.Usage},
		"no manifest":       {[]string{"--inventory", "s3://the-reports/inventory/data"}, exit.Usage},
		"no address":        {[]string{"--inventory", "manifest.json"}, exit.Usage},
		"the same twice":    {[]string{"--inventory", good, "--inventory", good}, exit.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			p, code := runWithin(t, server, runWith(tt.args...)...)
			if code != tt.code || server.Len("the-archive") > 0 {
				t.Errorf("code %d, want %d; %d copied\n%s", code, tt.code, server.Len("the-archive"), &p.stderr)
			}
		})
	}
}
