package completion

import (
	"fmt"
	"strings"

	"reconcile/internal/commandline"
)

// zshScript works from a folder of $fpath as well as sourced.
func zshScript(commands []completed) string {
	var names, cases strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&names, "        %s\n", commandline.Quoted(c.name+":"+c.usage))
		fmt.Fprintf(&cases, "        %s)\n            _arguments", c.name)
		for _, f := range c.flags {
			fmt.Fprintf(&cases, " \\\n                %s", commandline.Quoted(zshFlag(f)))
		}
		if c.words != nil {
			fmt.Fprintf(&cases, " \\\n                %s", commandline.Quoted("1:word:("+strings.Join(c.words, " ")+")"))
		}
		cases.WriteString("\n            ;;\n")
	}
	return fmt.Sprintf(zshTemplate, names.String(), cases.String())
}

// zshFlag is a flag as _arguments wants it: --name=[what it is]:value:action.
func zshFlag(f completedFlag) string {
	usage := strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(f.usage)
	spec := "--" + f.name
	if f.repeatable {
		spec = "*" + spec
	}
	if !f.takesValue {
		return spec + "[" + usage + "]"
	}
	action := " "
	switch {
	case f.words != nil:
		action = "(" + strings.Join(f.words, " ") + ")"
	case f.files:
		action = "_files"
	}
	return spec + "=[" + usage + "]:" + zshMessage(f) + ":" + action
}

func zshMessage(f completedFlag) string {
	if f.placeholder == "" {
		return "value"
	}
	return strings.ReplaceAll(f.placeholder, ":", `\:`)
}

const zshTemplate = `#compdef reconcile
_reconcile() {
    local -a commands
    commands=(
%s    )
    if (( CURRENT == 2 )); then
        _describe -t commands 'command' commands
        return
    fi
    local command="${words[2]}"
    shift words
    (( CURRENT-- ))
    case "$command" in
%s    esac
}
if [ "${funcstack[1]}" = _reconcile ]; then
    _reconcile "$@"
else
    compdef _reconcile reconcile
fi
`
