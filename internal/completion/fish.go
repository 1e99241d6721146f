package completion

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
)

// fishScript is the cli package's, and what it does not know of the flags: the
// words that they allow, and that they name files.
func fishScript(app *cli.App) (string, error) {
	script, err := app.ToFishCompletion()
	var b strings.Builder
	b.WriteString(script)
	for _, c := range completedCommands(app.VisibleCommands()) {
		seen := fmt.Sprintf("complete -c %s -n '__fish_seen_subcommand_from %s'", app.Name, c.name)
		if c.words != nil {
			fmt.Fprintf(&b, "%s -f -a '%s'\n", seen, strings.Join(c.words, " "))
		}
		for _, f := range c.flags {
			switch {
			case f.words != nil:
				fmt.Fprintf(&b, "%s -l %s -x -a '%s'\n", seen, f.name, strings.Join(f.words, " "))
			case f.files:
				fmt.Fprintf(&b, "%s -l %s -r -F\n", seen, f.name)
			}
		}
	}
	return b.String(), err
}

// documented returns the program with flags that the cli package can describe.
func documented(app *cli.App, long bool) *cli.App {
	with := *app
	with.Commands = nil
	for _, c := range app.Commands {
		one := *c
		one.Flags = nil
		for _, f := range c.Flags {
			if t, ok := f.(*config.Flag); ok {
				f = &docFlag{t, long}
			}
			one.Flags = append(one.Flags, f)
		}
		with.Commands = append(with.Commands, &one)
	}
	return &with
}

// docFlag is a flag of the table as the cli package describes flags.
type docFlag struct {
	*config.Flag
	long bool // with all that there is to say
}

func (f *docFlag) IsVisible() bool        { return true }
func (f *docFlag) TakesValue() bool       { return f.Kind != config.Boolean }
func (f *docFlag) GetValue() string       { return f.Default }
func (f *docFlag) GetDefaultText() string { return f.Default }
func (f *docFlag) GetEnvVars() []string   { return f.Variables() }

// GetUsage is the first sentence, or the whole.
func (f *docFlag) GetUsage() string {
	if f.long {
		return f.Usage // the man page adds the default
	}
	first, _, _ := strings.Cut(f.Usage, ". ")
	return strings.TrimSuffix(first, ".")
}
