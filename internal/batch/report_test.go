package batch

import (
	"strings"
	"testing"

	"reconcile/internal/reconcile"
)

// The lines of Amazon's own examples, as they stand in its documentation.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
const amazons = `amzn-s3-demo-bucket1,s3-standard-1mb-test-object,,succeeded,200,,"{""checksum_base64"":""bS9TOQ\u003d\u003d"",""etag"":""3c3c1813042989094598e4b57ecbdc82"",""checksumAlgorithm"":""CRC32"",""checksumType"":""FULL_OBJECT"",""checksum_hex"":""6D2F5339""}"
amzn-s3-demo-bucket1,image_14975,,failed,200,PermanentFailure,"error details: {""failureMessage"":"Task 2845ca0d-38d9-4c4b-abcf-379dc749c452 SSE-C encryption type is not supported for this operation", ""errorCode"": "400"}"
amzn-s3-demo-bucket1,image_14975,,failed,200,PermanentFailure,"error details: {""failureMessage"":"Task 2845ca0d-38d9-4c4b-abcf-379dc749c452 Key not found", ""errorCode"": "404"}"
amzn-s3-demo-bucket1,image_17398,,failed,200,PermanentFailure,"Lambda returned function error: {""errorMessage"":""2019-04-05T17:35:44.661Z 1e306352-4c54-4eba-aee8-4d02f8c0235c Task timed out after 3.00 seconds""}"
`

func rows(t *testing.T, text string) (all []Row, err error) {
	t.Helper()
	err = ReadRows(strings.NewReader(text), func(r *Row) error { all = append(all, *r); return nil })
	return all, err
}

// TestAmazonsRows: every line is one row, though the quotes are not as CSV wants
// them.
func TestAmazonsRows(t *testing.T) {
	all, err := rows(t, amazons)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	ok := all[0]
	if !ok.OK || ok.HTTP != 200 || ok.Code != "" || ok.Version != "" || ok.Key != "s3-standard-1mb-test-object" || !strings.HasPrefix(ok.Message, `{"checksum_base64":"bS9TOQ\u003d\u003d","etag"`) {
		t.Errorf("%+v", ok)
	}
	for i, why := range map[int]string{
		1: "400: SSE-C encryption type is not supported for this operation",
		2: "404: Key not found",
		3: `PermanentFailure: Lambda returned function error: {"errorMessage":"2019-04-05T17:35:44.661Z 1e306352-4c54-4eba-aee8-4d02f8c0235c Task timed out after 3.00 seconds"}`,
	} {
		if r := all[i]; r.OK || r.HTTP != 200 || r.Code != "PermanentFailure" || r.Why() != why {
			t.Errorf("%+v: %s", r, r.Why())
		}
	}
	if all[1].Kind() != reconcile.Other || all[2].Kind() != reconcile.NotFound {
		t.Errorf("%s, %s", all[1].Kind(), all[2].Kind())
	}
}

// TestRows: the code and HTTP's status in either order, keys that were encoded,
// versions, a header, and what is no row.
func TestRows(t *testing.T) {
	all, err := rows(t, "Bucket,Key,VersionId,TaskStatus,ErrorCode,HTTPStatusCode,ResultMessage\n"+
		"b,a%2Fb%20c%2B,v1,failed,403,AccessDenied,Access Denied\nb,k,null,failed,NoSuchKey,404,\"gone, really\"\nb,100%,,Succeeded,,200,Successful\n")
	want := []Row{
		{"b", "a/b c+", "a%2Fb%20c%2B", "v1", false, 403, "AccessDenied", "Access Denied"},
		{"b", "k", "k", "", false, 404, "NoSuchKey", "gone, really"},
		{"b", "100%", "100%", "", true, 200, "", "Successful"},
	}
	if err != nil || len(all) != len(want) {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	for i, r := range all {
		if r != want[i] {
			t.Errorf("%+v, want %+v", r, want[i])
		}
	}
	if all[0].Kind() != reconcile.AccessDenied || all[1].Kind() != reconcile.NotFound || all[1].Why() != "NoSuchKey: gone, really" {
		t.Errorf("%s, %s, %s", all[0].Kind(), all[1].Kind(), all[1].Why())
	}
	if _, err := rows(t, "Key,Bucket,VersionId,TaskStatus,ErrorCode,HTTPStatusCode,ResultMessage\nk,b,,succeeded,200,,x\n"); err == nil || !strings.Contains(err.Error(), "its columns are Key, Bucket, VersionId") {
		t.Error(err)
	}
	for _, broken := range []string{"b,k,,succeeded,200,\n", "b,,,succeeded,200,,x\n", "b,k,,perhaps,200,,x\n", "<html>\n"} {
		if _, err := rows(t, "b,k,,succeeded,200,,x\n"+broken); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", broken, err)
		}
	}
}
