package config

import (
	"testing"
	"time"
)

// TestParseSeconds: the settings of the first Lambda function take seconds.
func TestParseSeconds(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"0": 0, "0.0": 0, "2": 2 * time.Second, "0.5": 500 * time.Millisecond, ".5": 500 * time.Millisecond, "0.1": 100 * time.Millisecond,
		"500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "10m": 10 * time.Minute,
	} {
		if got, err := parseSeconds(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "-1", "-0.5s", "1e3", "NaN", "Inf", "0x10", "1 s", " 1", "1d", "99999999999999999999", "1s2"} {
		if got, err := parseSeconds(in); err == nil {
			t.Errorf("%q is taken for %v", in, got)
		}
	}
}

// TestParseDuration: of any other setting a number without a unit is refused,
// but for 0, which is the same in all of them.
func TestParseDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{"0": 0, "0s": 0, "500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "10m": 10 * time.Minute} {
		if got, err := parseDuration(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "2", "0.5", ".5", "50", "-1", "-0.5s", "1e3", "NaN", "Inf", "0x10", "1 s", " 1", "1d", "1s2"} {
		if got, err := parseDuration(in); err == nil {
			t.Errorf("%q is taken for %v", in, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "67108864": 64 << 20, "64MiB": 64 << 20, "128MB": 128e6, "1 GiB": 1 << 30, "5kB": 5000, "5KB": 5000, "2TiB": 2 << 40, "1TB": 1e12,
	} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "MiB", "-1", "1.5GiB", "64M", "64mib", "9999999TiB", "9223372036854775808", "+5", "0x10"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q is taken for %d", in, got)
		}
	}
}

func TestParsePartSize(t *testing.T) {
	for in, ok := range map[string]bool{"automatic": true, "5MiB": true, "5GiB": true, "5242879": false, "5368709121": false, "0": false} {
		if _, err := parsePartSize(in); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestParseBucket(t *testing.T) {
	for in, want := range map[string]string{
		"my-bucket": "my-bucket", "s3://my.bucket": "my.bucket", "s3://my-bucket/": "my-bucket", "Old_Bucket": "Old_Bucket",
	} {
		if got, err := parseBucket(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "s3://", "s3://b-1/prefix", "a/b", "ab", "-abc", "a b c", "arn:aws:s3:::bucket", "https://x", "ö-bucket"} {
		if got, err := parseBucket(in); err == nil {
			t.Errorf("%q is taken for %q", in, got)
		}
	}
}

func TestParseBool(t *testing.T) {
	for in, want := range map[string]bool{"true": true, "TRUE": true, "1": true, "false": false, "False": false, "0": false} {
		if got, err := parseBool(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	if _, err := parseBool("yes"); err == nil {
		t.Error("yes is taken for a truth value")
	}
}

func TestNearest(t *testing.T) {
	words := []string{"run", "plan", "completion", "--protected"}
	for in, want := range map[string]string{"rn": "run", "pln": "plan", "completoin": "completion", "audit": "", "": ""} {
		if got := Nearest(in, words); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
