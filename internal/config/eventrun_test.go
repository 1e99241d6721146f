package config

import (
	"strings"
	"testing"
)

// TestEventReadsWhatWasGiven: an event has no other bucket's objects copied to
// where this program's public ones are, and brings nothing withdrawn back. It
// names the source where the program was started without one.
func TestEventReadsWhatWasGiven(t *testing.T) {
	deployed := writeConfigFile(t, "conf.yaml", "source: cold\nprotected: data\npublic: open\nexclude_keys: s3://lists/withdrawn\n")
	bare := writeConfigFile(t, "bare.yaml", "protected: data\npublic: open\n")
	for _, c := range []struct {
		config  string
		options map[string]any
		want    string // in the error; empty: none
	}{
		{deployed, map[string]any{"source": "cold", "exclude_keys": "s3://lists/withdrawn"}, ""},
		{deployed, map[string]any{"prefix": "a/"}, ""},
		{deployed, map[string]any{"source": "secrets"}, "s3://secrets"},
		{deployed, map[string]any{"glacier_bucket": "secrets"}, "s3://secrets"},
		{deployed, map[string]any{"exclude_keys": "s3://lists/empty"}, "s3://lists/empty"},
		{deployed, map[string]any{"sign_key": "s3://lists/key"}, "where the program is started"},
		{deployed, map[string]any{"keys": "s3://lists/keys"}, "unknown option keys of the event"},
		{bare, map[string]any{"source": "warm", "exclude_keys": "s3://lists/empty"}, ""},
	} {
		_, err := Loader{}.LoadEventRun(withTexts("config", c.config), c.options)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "did you mean keys")) {
			t.Errorf("%v: %v, want %q", c.options, err, c.want)
		}
	}
}
