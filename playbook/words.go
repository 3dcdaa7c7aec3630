package playbook

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// SplitWords splits free text at blanks outside of quotes and of Jinja2 markers. Quotes stay on the words and blanks
// inside a word are kept; line breaks separate words.
func SplitWords(s string) []string {
	var words []string
	start := -1
	sc := wordScanner{src: s}
	for i := 0; i < len(s); {
		inside := sc.inside()
		if !inside && isBlank(s[i]) {
			if start >= 0 {
				words = append(words, s[start:i])
				start = -1
			}
			i++
			continue
		}
		if start < 0 {
			start = i
		}
		i += sc.step(i)
	}
	if start >= 0 {
		words = append(words, s[start:])
	}
	return words
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// wordScanner follows quotes and Jinja2 markers through a text.
type wordScanner struct {
	src   string
	quote byte
	depth int // of {{ {% {#
}

func (w *wordScanner) inside() bool { return w.quote != 0 || w.depth > 0 }

// step looks at the byte at i and returns how many bytes it consumed.
func (w *wordScanner) step(i int) int {
	c := w.src[i]
	two := ""
	if i+1 < len(w.src) {
		two = w.src[i : i+2]
	}
	switch {
	case two == "{{" || two == "{%" || two == "{#":
		w.depth++
		return 2
	case w.depth > 0 && (two == "}}" || two == "%}" || two == "#}"):
		w.depth--
		return 2
	case w.depth > 0:
		return 1
	case c == '\\' && i+1 < len(w.src):
		return 2
	case w.quote != 0 && c == w.quote:
		w.quote = 0
	case w.quote == 0 && (c == '"' || c == '\''):
		w.quote = c
	}
	return 1
}

// balanced reports whether quotes and markers are closed at the end of s.
func balanced(s string) bool {
	w := wordScanner{src: s}
	for i := 0; i < len(s); {
		i += w.step(i)
	}
	return !w.inside()
}

// KeyValues reads `key=value key="quoted value"`; words without = are joined under RawParams.
func KeyValues(s string, pos diag.Pos) *value.Dict {
	return keyValues(s, pos, nil)
}

// keyValues reads key=value pairs; with options, only those keys are taken out and everything else stays free text
// as it was written.
func keyValues(s string, pos diag.Pos, options []string) *value.Dict {
	d := value.NewDict()
	var rest []string
	ends := false // with an option
	for _, word := range splitKeeping(s) {
		k, v, ok := cutPair(strings.TrimSpace(word))
		if ends = ok && (options == nil || contains(options, k)); !ends {
			rest = append(rest, continued(word))
			continue
		}
		d.Set(k, Trusted(unescape(unquote(v)), pos))
	}
	raw := strings.TrimLeft(strings.Join(rest, ""), " \t\r\n")
	switch {
	case options == nil:
		raw = strings.TrimSpace(raw)
	case ends:
		raw = strings.TrimRight(raw, " ") // what stood between the command and the option
	}
	if strings.TrimSpace(raw) != "" {
		d.Set(RawParams, Trusted(raw, pos))
	}
	return d
}

// continued removes the backslash that continues a line from the start of the word after it.
func continued(word string) string {
	for strings.HasPrefix(word, "\\\n") {
		word = word[2:]
	}
	return word
}

// splitKeeping splits like SplitWords but leaves the blanks after each word on it, so that joining gives the text back.
func splitKeeping(s string) []string {
	var words []string
	start := 0
	sc := wordScanner{src: s}
	blank := false
	for i := 0; i < len(s); {
		b := !sc.inside() && isBlank(s[i])
		if blank && !b {
			words = append(words, s[start:i])
			start = i
		}
		blank = b
		i += sc.step(i)
	}
	return append(words, s[start:])
}

var pairKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.\-]*$`)

// cutPair splits key=value where the text before = could be a key.
func cutPair(word string) (string, string, bool) {
	i := equalsSign(word)
	if i <= 0 || strings.HasPrefix(word[i:], "==") {
		return "", "", false
	}
	if key := word[:i]; !pairKey.MatchString(key) && !yaml11.HasMarkers(key) {
		return "", "", false
	}
	return word[:i], word[i+1:], true
}

// equalsSign finds the first = outside of quotes and markers; -1 without one.
func equalsSign(word string) int {
	sc := wordScanner{src: word}
	for i := 0; i < len(word); {
		if word[i] == '=' && !sc.inside() {
			return i
		}
		i += sc.step(i)
	}
	return -1
}

// unquote removes one pair of quotes around s.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] && (len(s) < 3 || s[len(s)-2] != '\\') {
		return s[1 : len(s)-1]
	}
	return s
}

// unescape resolves the escapes that key=value text may hold: \n, \t, \" and so on.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\"`, `"`, `\'`, `'`, `\a`, "\a", `\b`, "\b").Replace(s)
}

// Trusted turns text of a playbook into a value: a Template where it has markers.
func Trusted(s string, pos diag.Pos) any {
	if yaml11.HasMarkers(s) {
		return value.Template{Src: s, Pos: pos}
	}
	return s
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

var namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// pythonWords cannot be variable names.
var pythonWords = map[string]bool{
	"False": true, "None": true, "True": true, "and": true, "as": true, "assert": true, "async": true, "await": true,
	"break": true, "class": true, "continue": true, "def": true, "del": true, "elif": true, "else": true, "except": true,
	"finally": true, "for": true, "from": true, "global": true, "if": true, "import": true, "in": true, "is": true,
	"lambda": true, "nonlocal": true, "not": true, "or": true, "pass": true, "raise": true, "return": true, "try": true,
	"while": true, "with": true, "yield": true,
}

// ValidName reports whether name can be a variable's name.
func ValidName(name string) bool { return namePattern.MatchString(name) && !pythonWords[name] }
