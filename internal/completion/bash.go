package completion

import (
	"fmt"
	"strings"
)

// bashScript is written for bash 3.2 and later, without the bash-completion
// package.
func bashScript(commands []completed) string {
	var names []string
	var flags, values strings.Builder
	for _, c := range commands {
		names = append(names, c.name)
		fmt.Fprintf(&flags, "        %s) words=%q ;;\n", c.name, strings.Join(append(c.words, flagWords(c)...), " "))
		values.WriteString(bashValues(c))
	}
	return fmt.Sprintf(bashTemplate, strings.Join(names, " "), values.String(), flags.String())
}

func flagWords(c completed) []string {
	var words []string
	for _, f := range c.flags {
		words = append(words, "--"+f.name)
	}
	return words
}

// bashValues completes what follows the flags of a command.
func bashValues(c completed) string {
	var b strings.Builder
	for _, f := range c.flags {
		action := "return"
		switch {
		case !f.takesValue:
			continue
		case f.words != nil:
			action = fmt.Sprintf(`COMPREPLY=($(compgen -W %q -- "$cur")); return`, strings.Join(f.words, " "))
		case f.files:
			action = `compopt -o filenames 2>/dev/null; local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$cur")); return`
		}
		fmt.Fprintf(&b, "        %s:--%s) %s ;;\n", c.name, f.name, action)
	}
	return b.String()
}

const bashTemplate = `# bash completion for reconcile
_reconcile() {
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" command="${COMP_WORDS[1]}" words
    COMPREPLY=()
    # --flag=value comes as three words
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $prev == "=" ]]; then
        prev="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "%s --help --version" -- "$cur"))
        return
    fi
    case "$command:$prev" in
%s    esac
    case "$command" in
%s        *) return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _reconcile reconcile
`
