package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildVersion(t *testing.T) {
	t.Parallel()
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}}
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3":             {Main: debug.Module{Version: "v1.2.3"}},
		"devel-0123456789ab": {Main: debug.Module{Version: "(devel)"}, Settings: commit},
		"devel":              {},
	} {
		if got := buildVersion(info); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
