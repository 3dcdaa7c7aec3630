package filters

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func ansibleText() map[string]Func {
	return map[string]Func{
		"quote":   Strict("quote(a)", quoteFilter),
		"comment": Strict("comment(text, style='plain', **kw)", comment),
		"split": Strict("split(string, sep=None, maxsplit=-1)", func(_ Env, a *value.Args) (any, error) {
			s, ok := a.Any("string").(string)
			if !ok {
				return nil, &value.TypeError{Message: "descriptor 'split' for 'str' objects doesn't apply to a '" + value.TypeName(a.Any("string")) + "' object"}
			}
			fn, _ := value.GetAttr(s, "split")
			return fn.(value.Func)([]any{a.Any("sep"), a.Any("maxsplit")}, nil)
		}),
	}
}

// ShellQuote quotes text for a POSIX shell, when it needs quotes.
func ShellQuote(s string) string {
	if s == "" {
		return "''"
	}
	for _, r := range s {
		if !strings.ContainsRune("@%+=:,./-_", r) && (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') {
			return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
		}
	}
	return s
}

func quoteFilter(_ Env, a *value.Args) (any, error) {
	if a.Any("a") == nil {
		return "''", nil
	}
	return ShellQuote(a.Str("a")), nil
}

// commentStyle is how the comments of a language look.
type commentStyle struct{ beginning, decoration, end string }

func styleOf(name string) (commentStyle, bool) {
	switch name {
	case "plain":
		return commentStyle{decoration: "# "}, true
	case "erlang":
		return commentStyle{decoration: "% "}, true
	case "c":
		return commentStyle{decoration: "// "}, true
	case "cblock":
		return commentStyle{"/*", " * ", " */"}, true
	case "xml":
		return commentStyle{"<!--", " - ", "-->"}, true
	}
	return commentStyle{}, false
}

// comment puts a decoration before every line, and lines before and after them.
func comment(_ Env, a *value.Args) (any, error) {
	style, ok := styleOf(a.Str("style"))
	if !ok {
		return nil, &value.KeyError{Key: a.Any("style")}
	}
	text := func(name, fallback string) string {
		if v, given := a.Keywords.Get(name); given {
			return value.Str(v)
		}
		return fallback
	}
	count := func(name string) (int, error) {
		v, given := a.Keywords.Get(name)
		if !given {
			return 1, nil
		}
		n, ok := value.Integer(v)
		if !ok {
			parsed, isNumber := value.ParseInt(value.Str(v), 10)
			n, ok = parsed.(int)
			if !isNumber || !ok {
				return 0, errorf("comment: %s must be a number", name)
			}
		}
		return min(max(n, 0), 10000), nil
	}
	newline := text("newline", "\n")
	decoration := text("decoration", style.decoration)
	bare := strings.TrimRight(decoration, " \t\r\n\v\f")
	prefix, postfix := text("prefix", bare), text("postfix", bare)
	before, err := count("prefix_count")
	if err != nil {
		return nil, err
	}
	after, err := count("postfix_count")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if beginning := text("beginning", style.beginning); beginning != "" {
		b.WriteString(beginning + newline)
	}
	switch prefix {
	case "":
	case newline:
		b.WriteString(strings.Repeat(newline, before))
	default:
		b.WriteString(strings.Repeat(prefix+newline, before))
	}
	body := decoration + strings.ReplaceAll(a.Text("text"), newline, newline+decoration)
	b.WriteString(strings.ReplaceAll(body, decoration+newline, bare+newline))
	b.WriteString(strings.Repeat(newline+postfix, after))
	if end := text("end", style.end); end != "" {
		b.WriteString(newline + end)
	}
	return b.String(), nil
}
