package config

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// invocation is one call of the program whose job is not carried out.
type invocation struct {
	args   []string
	env    map[string]string
	config string // contents of the config file; "" is none
}

// settings returns what the job would have been given.
func (i invocation) settings(t *testing.T) (Settings, error) {
	t.Helper()
	args := i.args
	if i.config != "" {
		args = append(args, "--config", writeConfigFile(t, "conf.yaml", i.config))
	}
	flags := NewFlags(Parameters())
	set := flag.NewFlagSet("run", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range flags {
		if err := f.Apply(set); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Parse(args); err != nil {
		return Settings{}, err
	}
	l := Loader{LookupEnv: func(name string) (string, bool) { v, ok := i.env[name]; return v, ok }}
	return l.Load("run", flags)
}

// mustSettings is settings for an invocation that is right.
func (i invocation) mustSettings(t *testing.T) Settings {
	t.Helper()
	s, err := i.settings(t)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeConfigFile(t *testing.T, name, contents string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withTexts returns the table's flags with one given.
func withTexts(name string, texts ...string) []*Flag {
	flags := NewFlags(Parameters())
	for _, f := range flags {
		if f.Name == name {
			f.texts = texts
		}
	}
	return flags
}
