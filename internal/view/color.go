package view

import (
	"os"
	"strings"

	"golang.org/x/term"
)

// The kinds of message that have a colour of their own; ansible.cfg's [colors] may change them.
const (
	colorOK          = "COLOR_OK"
	colorChanged     = "COLOR_CHANGED"
	colorSkip        = "COLOR_SKIP"
	colorError       = "COLOR_ERROR"
	colorUnreachable = "COLOR_UNREACHABLE"
	colorWarn        = "COLOR_WARN"
	colorDeprecate   = "COLOR_DEPRECATE"
	colorVerbose     = "COLOR_VERBOSE"
	colorDebug       = "COLOR_DEBUG"
	colorDiffAdd     = "COLOR_DIFF_ADD"
	colorDiffRemove  = "COLOR_DIFF_REMOVE"
	colorDiffLines   = "COLOR_DIFF_LINES"
)

// initial are the colours without settings.
var initial = map[string]string{
	colorOK: "green", colorChanged: "yellow", colorSkip: "cyan", colorError: "red", colorUnreachable: "bright red",
	colorWarn: "bright purple", colorDeprecate: "purple", colorVerbose: "blue", colorDebug: "dark gray",
	colorDiffAdd: "green", colorDiffRemove: "red", colorDiffLines: "cyan",
}

// codes are the terminal's codes of colours.
var codes = map[string]string{
	"black": "0;30", "bright gray": "0;37", "blue": "0;34", "white": "1;37", "green": "0;32", "bright blue": "1;34",
	"cyan": "0;36", "bright green": "1;32", "red": "0;31", "bright cyan": "1;36", "purple": "0;35", "bright red": "1;31",
	"yellow": "0;33", "bright purple": "1;35", "dark gray": "1;30", "bright yellow": "1;33", "magenta": "0;35",
	"bright magenta": "1;35", "normal": "0",
}

// paint colours text, line by line so that a pager keeps the colour.
func (t *Text) paint(kind, text string) string {
	if !t.o.Color || kind == "" {
		return text
	}
	name := ""
	if t.o.Colors != nil {
		name = t.o.Colors(kind)
	}
	if name == "" {
		name = initial[kind]
	}
	code, ok := codes[name]
	if !ok {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = "\033[" + code + "m" + l + "\033[0m"
	}
	return strings.Join(lines, "\n")
}

// terminalWidth returns the columns of a terminal, 0 when f is none.
func terminalWidth(f *os.File) int {
	if !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}
