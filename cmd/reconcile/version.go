package main

import (
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"reconcile/internal/commandline"
	"reconcile/internal/exit"
)

// version is set by release builds: -ldflags "-X main.version=v1.2.3".
var version string

// programVersion returns the version: the release build's, else that of
// `go install …@version`, else the commit, else "devel".
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return buildVersion(info)
}

func buildVersion(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

func versionCommand() commandline.Command {
	return commandline.Command{
		Name:     "version",
		Usage:    "print the version",
		Synopsis: "reconcile version",
		About:    "The same as reconcile --version.",
		Codes:    []int{exit.OK, exit.Usage},
		Meanings: map[int]string{exit.OK: "printed"},
		Action: func(ctx *cli.Context) error {
			_, err := fmt.Fprintf(ctx.App.Writer, "reconcile version %s\n", ctx.App.Version)
			return err
		},
	}
}
