package filters

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/value"
)

// textFilter declares a filter that turns the text of any value into text.
func textFilter(name string, change func(string) string) Func {
	return Strict(name+"(s)", func(_ Env, a *value.Args) (any, error) { return change(a.Str("s")), nil })
}

func jinjaText() map[string]Func {
	return map[string]Func{
		"upper":      textFilter("do_upper", value.Upper),
		"lower":      textFilter("do_lower", value.Lower),
		"capitalize": textFilter("do_capitalize", value.Capitalize),
		"title":      textFilter("do_title", jinjaTitle),
		"string":     Whole("soft_str(s)", func(_ Env, a *value.Args) (any, error) { return a.Str("s"), nil }),
		"wordcount":  Strict("do_wordcount(s)", func(_ Env, a *value.Args) (any, error) { return countWords(a.Str("s")), nil }),
		"trim": Strict("do_trim(value, chars=None)", func(_ Env, a *value.Args) (any, error) {
			if a.Any("chars") != nil {
				a.Text("chars")
			}
			return value.Strip(a.Str("value"), a.Any("chars"), true, true), nil
		}),
		"replace": Strict("do_replace(s, old, new, count=None)", replaceText),
		"center": Strict("do_center(value, width=80)", func(_ Env, a *value.Args) (any, error) {
			return value.Pad(a.Str("value"), a.Int("width"), " ", '^'), nil
		}),
		"indent":   Strict("do_indent(s, width=4, first=False, blank=False)", indent),
		"truncate": Strict("do_truncate(s, length=255, killwords=False, end='...', leeway=None)", truncate),
		"wordwrap": Strict("do_wordwrap(s, width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True)", wordwrap),
		"format":   formatFilter,
		"reverse":  Strict("do_reverse(value)", reverse),
	}
}

// jinjaTitle writes the first letter of each word large; words start after blanks, hyphens and opening brackets.
func jinjaTitle(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		switch {
		case strings.ContainsRune("-({[<", r) || unicode.IsSpace(r):
			b.WriteRune(r)
			start = true
		case start:
			b.WriteString(value.Upper(string(r)))
			start = false
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func countWords(s string) int {
	n, inWord := 0, false
	for _, r := range s {
		word := r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
		if word && !inWord {
			n++
		}
		inWord = word
	}
	return n
}

func replaceText(_ Env, a *value.Args) (any, error) {
	count := -1
	if a.Any("count") != nil {
		count = a.Int("count")
	}
	return strings.Replace(a.Str("s"), a.Str("old"), a.Str("new"), count), nil
}

// indent moves all lines but the first to the right; first moves that one too, blank empty lines.
func indent(_ Env, a *value.Args) (any, error) {
	prefix, isText := a.Any("width").(string)
	if !isText {
		prefix = strings.Repeat(" ", min(max(a.Int("width"), 0), 1<<16))
	}
	if a.Text("s"); a.Err() != nil {
		return nil, a.Err()
	}
	lines := value.SplitLines(a.Text("s")+"\n", false)
	blank := a.Bool("blank")
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" || blank {
			lines[i] = prefix + lines[i]
		}
	}
	out := strings.Join(lines, "\n")
	if a.Bool("first") {
		out = prefix + out
	}
	return out, nil
}

// truncate cuts text that is longer than length and a leeway, at a word unless words may be cut.
func truncate(_ Env, a *value.Args) (any, error) {
	length, leeway := a.Int("length"), 5
	if a.Any("leeway") != nil {
		leeway = a.Int("leeway")
	}
	if _, text := a.Any("s").(string); !text { // whatever has a length that is short enough stays as it is
		if n, err := value.Len(a.Any("s")); err == nil && a.Err() == nil && n <= length+leeway {
			return a.Any("s"), nil
		}
	}
	s, end := []rune(a.Text("s")), []rune(a.Str("end"))
	switch {
	case a.Err() != nil:
		return nil, a.Err()
	case length < len(end):
		return nil, errorf("expected length >= %d, got %d", len(end), length)
	case leeway < 0:
		return nil, errorf("expected leeway >= 0, got %d", leeway)
	case len(s) <= length+leeway:
		return string(s), nil
	}
	cut := string(s[:length-len(end)])
	if !a.Bool("killwords") {
		if i := strings.LastIndex(cut, " "); i >= 0 {
			cut = cut[:i]
		}
	}
	return cut + string(end), nil
}

// formatFilter is Python's % on the piped text: with positional or with named arguments.
func formatFilter(_ Env, args []any, kw *value.Dict) (any, error) {
	if len(args) == 0 {
		return nil, &value.TypeError{Message: "do_format() missing 1 required positional argument: 'value'"}
	}
	if err := value.Defined(args[0]); err != nil {
		return nil, err
	}
	if len(args) > 1 && kw.Len() > 0 {
		return nil, errorf("can't handle positional and keyword arguments at the same time")
	}
	if kw.Len() > 0 {
		return value.Percent(value.Str(args[0]), kw)
	}
	return value.Percent(value.Str(args[0]), tuple(args[1:]...))
}

func reverse(_ Env, a *value.Args) (any, error) {
	if s, ok := a.Any("value").(string); ok {
		out := make([]byte, len(s))
		at := len(s)
		for len(s) > 0 {
			_, size := utf8.DecodeRuneInString(s)
			at -= size
			copy(out[at:], s[:size])
			s = s[size:]
		}
		return string(out), nil
	}
	items := a.Items("value")
	if a.Err() != nil {
		return nil, errorf("argument must be iterable")
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[len(out)-1-i] = item
	}
	return list(out), nil
}
