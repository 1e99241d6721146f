package commandline

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"reconcile/internal/exit"
)

// Arguments returns the arguments of a command. The argument parser stops at the
// first one: flags behind it are read here.
func Arguments(ctx *cli.Context) ([]string, error) {
	var names []string
	for rest := ctx.Args().Slice(); len(rest) > 0; {
		names = append(names, rest[0])
		set := flag.NewFlagSet(ctx.Command.Name, flag.ContinueOnError)
		set.SetOutput(io.Discard)
		for _, f := range ctx.Command.Flags {
			if err := f.Apply(set); err != nil {
				return nil, err
			}
		}
		if err := set.Parse(rest[1:]); err != nil {
			return nil, flagError(ctx.Command, err)
		}
		if help := set.Lookup("help"); help != nil && help.Value.String() == "true" {
			err := ctx.App.RunContext(ctx.Context, append([]string{"reconcile", ctx.Command.Name, "--help"}, rest[1:]...))
			return nil, errors.Join(err, exit.With(exit.OK, nil, ""))
		}
		rest = set.Args()
	}
	return names, nil
}

// JoinStatus gives --status the word that follows it: it is a switch, and takes
// statuses too, which the parser of flags would leave as an argument.
func JoinStatus(args []string) []string {
	all := slices.Clone(args)
	for i := 1; i+1 < len(all); i++ {
		if (all[i] == "--status" || all[i] == "-status") && !strings.HasPrefix(all[i+1], "-") {
			return append(append(all[:i:i], all[i]+"="+all[i+1]), all[i+2:]...)
		}
	}
	return all
}

// Again is an invocation as a POSIX shell takes it. Whom notices go to is left
// out: such an address may be a password, and is no part of the work.
func Again(args []string) string {
	var words []string
	for i := 0; i < len(args); i++ {
		name := strings.TrimLeft(args[i], "-")
		switch {
		case name != args[i] && name == "notify":
			i++ // its value
		case name != args[i] && strings.HasPrefix(name, "notify="):
		case plain(args[i]):
			words = append(words, args[i])
		default:
			words = append(words, Quoted(args[i]))
		}
	}
	return strings.Join(words, " ")
}

// Quoted is a text as one word for the shell.
func Quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// plain reports whether every shell takes a word as it is.
func plain(word string) bool {
	special := func(r rune) bool {
		return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("_@%+=:,./-", r))
	}
	return word != "" && !strings.ContainsFunc(word, special)
}
