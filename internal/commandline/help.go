package commandline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"reconcile/internal/config"
	"reconcile/internal/exit"
)

// width is how wide the help is, in characters.
const width = 100

// helpWhereAsked makes the help page of the command that is called, if one of its
// arguments may ask for it: the others are made for nobody.
func helpWhereAsked(commands []Command) cli.BeforeFunc {
	return func(ctx *cli.Context) error {
		args := ctx.Args().Slice()
		asked := slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-h") || strings.HasPrefix(a, "--h") })
		for _, c := range commands {
			if asked && c.Name == args[0] {
				ctx.App.Command(c.Name).CustomHelpTemplate = c.help(slices.Contains(args, "--"+allFlag) || slices.Contains(args, "-"+allFlag))
			}
		}
		return nil
	}
}

// help is the help page. What it returns is a template of the cli package without
// a single action.
func (c Command) help(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reconcile %s - %s\n\nUsage: %s\n", c.Name, c.Usage, c.Synopsis)
	paragraph(&b, "\n", "", c.About)
	if c.Settings != nil {
		c.flagHelp(&b, all)
	}
	b.WriteString("\nExit codes:\n")
	codes := c.Codes
	if codes == nil {
		codes = exit.All
	}
	for _, code := range codes {
		paragraph(&b, fmt.Sprintf("  %-5d", code), "       ", c.meaning(code))
	}
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExample:\n  %s\n", strings.ReplaceAll(c.Example, "\n", "\n  "))
	}
	return literal(b.String())
}

func (c Command) meaning(code int) string {
	meaning := cmp.Or(c.Meanings[code], exit.Meaning(code))
	if exit.BySignal(code) && c.AfterSignal != "" {
		meaning += "; " + c.AfterSignal
	}
	return meaning
}

// flagHelp lists the flags by category: the usual ones, or all with every name
// that they have.
func (c Command) flagHelp(b *strings.Builder, all bool) {
	shown := slices.DeleteFunc(slices.Clone(c.Settings), func(f *config.Flag) bool { return !all && !f.Usual })
	for _, category := range config.Categories {
		heading := "\n" + category + ":\n"
		for _, f := range shown {
			if f.Category != category {
				continue
			}
			fmt.Fprintf(b, "%s  %s\n", heading, f.Spelling())
			heading = ""
			paragraph(b, "      ", "      ", f.Sentence())
			if all {
				paragraph(b, "      ", "      ", "env: "+strings.Join(f.Variables(), ", "))
			}
		}
	}
	more := ""
	if n := len(c.Settings) - len(shown); n > 0 {
		more = fmt.Sprintf(" These are the usual ones: reconcile %s --help --all lists %d more, and all their names.", c.Name, n)
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
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > width:
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

// appHelp is the help of the program.
func appHelp(usage string, commands []*cli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reconcile - %s\n\nUsage: reconcile COMMAND [flags]\n\nCommands:\n", usage)
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-14s%s\n", c.Name, c.Usage)
	}
	b.WriteString("\nFlags:\n  --help      show help\n  --version   print the version\n")
	b.WriteString("\nreconcile COMMAND --help lists a command's flags and exit codes.\n")
	b.WriteString("reconcile demo shows the whole thing, without an account or a network.\n")
	return literal(b.String())
}
