package commandline

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// The argument parser's messages, those of the standard library's flag package.
const (
	unknownFlagMessage = "flag provided but not defined: -"
	noValueMessage     = "flag needs an argument: -"
)

// flagError says what is wrong with a command's flags.
func flagError(c *cli.Command, err error) error {
	help := fmt.Sprintf("reconcile %s --help lists the flags", c.Name)
	if name, ok := strings.CutPrefix(err.Error(), unknownFlagMessage); ok {
		if near := config.Nearest(name, FlagNames(c.Flags)); near != "" {
			help = fmt.Sprintf("did you mean --%s?", near)
		}
		return exit.Wrong(fmt.Errorf("unknown flag --%s", name), help)
	}
	if name, ok := strings.CutPrefix(err.Error(), noValueMessage); ok {
		return exit.Wrong(fmt.Errorf("flag --%s needs a value", name), help)
	}
	return exit.Wrong(err, help)
}

// flagBeforeCommand refuses flags that stand before the command.
func flagBeforeCommand(_ *cli.Context, err error, _ bool) error {
	if name, ok := strings.CutPrefix(err.Error(), unknownFlagMessage); ok {
		err = errors.New("unknown flag --" + name + " before the command")
	}
	return exit.Wrong(err, "flags follow the command: reconcile run --source …")
}

// FlagNames are the names of flags, but for -h, which is no help with a spelling.
func FlagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		for _, n := range f.Names() {
			if len(n) > 1 {
				names = append(names, n)
			}
		}
	}
	return names
}
