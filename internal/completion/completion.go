// Package completion writes scripts that complete the program's commands,
// flags and the words that a flag allows, in bash, fish and zsh, and the man
// page. It is a package of its own because nothing of a job needs it.
package completion

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
)

// shells are those a script can be written for, and what writes it.
var shells = map[string]func(*cli.App) (string, error){
	"bash": func(app *cli.App) (string, error) { return bashScript(completedCommands(app.VisibleCommands())), nil },
	"fish": fishScript,
	"zsh":  func(app *cli.App) (string, error) { return zshScript(completedCommands(app.VisibleCommands())), nil },
}

// Known reports whether there is a script for a shell: bash, fish and zsh, and
// man for the man page.
func Known(shell string) bool { return shells[shell] != nil }

// Script returns the script for a shell, which must be Known. It completes the
// visible commands of app.
func Script(app *cli.App, shell string) (string, error) {
	script := shells[shell]
	if script == nil {
		return "", fmt.Errorf("unknown shell %q", shell)
	}
	return script(documented(app, shell == "man"))
}

// completed is what a completion needs to know of a command.
type completed struct {
	name, usage string
	flags       []completedFlag
	words       []string // its arguments
}

// completedFlag is what a completion needs to know of a flag.
type completedFlag struct {
	name, usage string
	placeholder string
	words       []string // the values it allows; nil: any
	files       bool     // it names a file
	takesValue  bool
	repeatable  bool
}

func completedCommands(commands []*cli.Command) []completed {
	var all []completed
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	for _, c := range commands {
		one := completed{name: c.Name, usage: c.Usage}
		for _, f := range c.VisibleFlags() {
			one.flags = append(one.flags, describeFlag(f))
		}
		one.flags = append(one.flags, completedFlag{name: "help", usage: "show help"})
		switch {
		case strings.Contains(c.ArgsUsage, "|"):
			one.words = strings.Split(c.ArgsUsage, "|")
		case c.Name == "help":
			one.words = names
		}
		all = append(all, one)
	}
	return all
}

// describeFlag knows the table's flags, and those a command brings itself.
func describeFlag(f cli.Flag) completedFlag {
	c := completedFlag{name: f.Names()[0]}
	if t, ok := f.(*docFlag); ok {
		c.usage = t.GetUsage()
		c.placeholder, c.words, c.files = t.Placeholder, t.Choices, t.Files
		c.takesValue, c.repeatable = t.Kind != config.Boolean, t.Kind == config.List
	} else if d, ok := f.(cli.DocGenerationFlag); ok {
		c.usage, c.takesValue = d.GetUsage(), d.TakesValue()
	}
	return c
}
