package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// helpPage is what the help of a command says.
type helpPage struct {
	name, usage string
	args        string // what it takes beside flags; empty: nothing
	synopsis    string
	about       string
	flags       []*config.Flag
	codes       []int
	meanings    map[int]string // where a code means something else than elsewhere
	example     string
}

// codeMeanings explains the exit codes.
var codeMeanings = map[int]string{
	exit.OK:          "completed, and no object failed, differs or is without an archive bucket",
	exit.Incomplete:  "the job could not be completed: a listing failed, the list of excluded keys could not be fetched, or a report could not be delivered (it is then kept locally, and named)",
	exit.Usage:       "usage or configuration is wrong; nothing was touched",
	exit.Unsettled:   "completed, but objects failed, differ or are without an archive bucket; or ended because of the deadline",
	exit.Locked:      "another run holds the lock; nothing was done",
	exit.HungUp:      "the terminal was closed (SIGHUP); the report has been written",
	exit.Interrupted: "interrupted (SIGINT); the report has been written",
	exit.Terminated:  "terminated (SIGTERM); the report has been written",
}

// width is how wide the help is, in characters.
const width = 100

// command makes a command of its help and of what it does.
func (p program) command(page helpPage, action func(*cli.Context) error) *cli.Command {
	return &cli.Command{
		Name: page.name, Usage: page.usage, Args: page.args != "", ArgsUsage: page.args,
		Flags: cliFlags(page.flags), CustomHelpTemplate: page.render(p.allFlags), Action: action,
	}
}

// render writes the help page. What it returns is a template of the cli package
// without a single action.
func (p helpPage) render(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reconcile %s - %s\n\nUsage: %s\n", p.name, p.usage, p.synopsis)
	paragraph(&b, "\n", "", p.about)
	if p.flags != nil {
		p.flagHelp(&b, all)
	}
	b.WriteString("\nExit codes:\n")
	for _, code := range p.codes {
		meaning := cmp.Or(p.meanings[code], codeMeanings[code])
		paragraph(&b, fmt.Sprintf("  %-5d", code), "       ", meaning)
	}
	if p.example != "" {
		fmt.Fprintf(&b, "\nExample:\n  %s\n", strings.ReplaceAll(p.example, "\n", "\n  "))
	}
	return literal(b.String())
}

// flagHelp lists the flags by category: the usual ones, or all with every name
// that they have.
func (p helpPage) flagHelp(b *strings.Builder, all bool) {
	shown := slices.DeleteFunc(slices.Clone(p.flags), func(f *config.Flag) bool { return !all && !f.Usual })
	for _, category := range config.Categories {
		heading := "\n" + category + ":\n"
		for _, f := range shown {
			if f.Category == category {
				fmt.Fprintf(b, "%s  %s\n", heading, f.Spelling())
				paragraph(b, "      ", "      ", f.Sentence())
				heading = ""
			}
			if f.Category == category && all {
				paragraph(b, "      ", "      ", "env: "+strings.Join(f.Variables(), ", "))
			}
		}
	}
	more := ""
	if n := len(p.flags) - len(shown); n > 0 {
		more = fmt.Sprintf(" These are the usual ones: reconcile %s --help --all lists %d more, and all their names.", p.name, n)
	}
	paragraph(b, "\n", "", "A flag wins over its environment variable (RECONCILE_SOURCE for --source), that over the config file (source:)."+more)
}

// paragraph writes words, the first line after first, the others after indent.
func paragraph(b *strings.Builder, first, indent, words string) {
	line := first
	for i, w := range strings.Fields(words) {
		switch {
		case i == 0:
			line += w
		case len([]rune(line))+1+len([]rune(w)) > width:
			b.WriteString(line + "\n")
			line = indent + w
		default:
			line += " " + w
		}
	}
	b.WriteString(line + "\n")
}

// literal escapes what a template would take for an action.
func literal(s string) string {
	return strings.ReplaceAll(s, "{{", `{{"{{"}}`)
}

// appHelp renders the help of the program.
func appHelp(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reconcile - %s\n\nUsage: reconcile COMMAND [flags]\n\nCommands:\n", app.Usage)
	for _, c := range app.Commands {
		fmt.Fprintf(&b, "  %-14s%s\n", c.Name, c.Usage)
	}
	b.WriteString("\nFlags:\n  --help      show help\n  --version   print the version\n")
	b.WriteString("\nreconcile COMMAND --help lists a command's flags and exit codes.\n")
	b.WriteString("reconcile demo shows the whole thing, without an account or a network.\n")
	return literal(b.String())
}

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show the help of a command",
		Args:      true,
		ArgsUsage: "[COMMAND]",
		Action: func(ctx *cli.Context) error {
			name, rest := ctx.Args().First(), ctx.Args().Tail()
			switch {
			case name == "":
				return cli.ShowAppHelp(ctx)
			case len(rest) > 0 && !slices.Equal(rest, []string{"--all"}):
				return leftover(rest)
			case ctx.App.Command(name) == nil:
				return unknownCommand(ctx, name)
			}
			return ctx.App.RunContext(ctx.Context, []string{"reconcile", name, "--help"})
		},
	}
}
