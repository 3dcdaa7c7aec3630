package view

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// The kinds of message that have a colour of their own; ansible.cfg's [colors] may change them.
const (
	colorOK          = "ok"
	colorChanged     = "changed"
	colorSkip        = "skip"
	colorError       = "error"
	colorUnreachable = "unreachable"
	colorWarn        = "warn"
	colorDeprecate   = "deprecate"
	colorVerbose     = "verbose"
	colorDebug       = "debug"
	colorDiffAdd     = "diff_add"
	colorDiffRemove  = "diff_remove"
	colorDiffLines   = "diff_lines"
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

// line writes a message to standard output.
func (t *Text) line(color, text string) {
	t.display(color, text, color == colorVerbose && t.o.VerboseToErr)
}

// failedLine writes to where failures go.
func (t *Text) failedLine(color, text string) { t.display(color, text, t.o.FailedToErr) }

// display writes a message, which ends with exactly one line break, and logs it.
func (t *Text) display(color, text string, toErr bool) {
	w := t.o.Out
	if toErr {
		w = t.o.Err
	}
	if color != "" || !t.o.Color { // else colours of its own may be in it
		text = inert(text)
	}
	_, _ = io.WriteString(w, t.paint(color, strings.TrimSuffix(text, "\n"))+"\n") // whoever owns the stream sees its errors
	t.log(text)
}

// colours are those that paint writes.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func (t *Text) log(text string) {
	if t.o.Log != nil {
		_, _ = io.WriteString(t.o.Log, colours.ReplaceAllString(strings.TrimLeft(text, "\n"), ""))
	}
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
	code := colorCode(name)
	if code == "" {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = "\033[" + code + "m" + l + "\033[0m"
	}
	return strings.Join(lines, "\n")
}

// Painter returns what colours texts by their kind with the colours of the settings: ok, changed, error, skip, diff_add …
func Painter(colors func(kind string) string) func(kind, text string) string {
	return (&Text{o: TextOptions{Color: true, Colors: colors}}).paint
}

// colorCode is the terminal's code of a colour's name; colorN, rgbRGB and grayN are those of 256 colours.
func colorCode(name string) string {
	if code, ok := codes[name]; ok {
		return code
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			return -1
		}
		return n
	}
	n := -1
	if s, ok := strings.CutPrefix(name, "color"); ok {
		n = number(s)
	} else if s, ok := strings.CutPrefix(name, "rgb"); ok && len(s) == 3 && strings.Trim(s, "012345") == "" {
		n = 16 + 36*int(s[0]-'0') + 6*int(s[1]-'0') + int(s[2]-'0')
	} else if s, ok := strings.CutPrefix(name, "gray"); ok && number(s) >= 0 {
		n = 232 + number(s)
	}
	if n < 0 {
		return ""
	}
	return fmt.Sprintf("38;5;%d", n)
}

// columns is the width of lines: that of the terminal, at least 79.
func (t *Text) columns() int { return max(79, t.o.Width-1) }

// displayWidth is the number of columns that a terminal gives to text: two for wide characters, none for marks.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func isWide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf && r != 0x303f || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 ||
		r >= 0x1f300 && r <= 0x1f64f || r >= 0x1f900 && r <= 0x1f9ff || r >= 0x20000 && r <= 0x3fffd)
}

// TerminalWidth returns the columns of a terminal, 0 when f is none.
func TerminalWidth(f *os.File) int {
	if !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}
