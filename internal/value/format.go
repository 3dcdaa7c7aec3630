package value

import (
	"fmt"
	"strconv"
	"strings"
)

// FormatText is Python's text.format(*args, **kw).
func FormatText(text string, args []any, kw *Dict) (string, error) {
	f := &fieldFormatter{args: args, kw: kw}
	return f.expand(text, 2)
}

type fieldFormatter struct {
	args      []any
	kw        *Dict
	next      int
	automatic bool
	manual    bool
}

func (f *fieldFormatter) expand(text string, depth int) (string, error) {
	if depth < 0 {
		return "", &ValueError{"Max string recursion exceeded"}
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		if c != '{' && c != '}' {
			b.WriteByte(c)
			i++
			continue
		}
		if i+1 < len(text) && text[i+1] == c {
			b.WriteByte(c)
			i += 2
			continue
		}
		if c == '}' {
			return "", &ValueError{"Single '}' encountered in format string"}
		}
		end := fieldEnd(text, i)
		if end < 0 {
			if i+1 == len(text) {
				return "", &ValueError{"Single '{' encountered in format string"}
			}
			return "", &ValueError{"expected '}' before end of string"}
		}
		s, err := f.field(text[i+1:end], depth)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		if b.Len() > maxRepeat {
			return "", &ValueError{"the formatted text is too large"}
		}
		i = end + 1
	}
	return b.String(), nil
}

// fieldEnd finds the brace that closes the field opened at start; brackets hide braces within a key.
func fieldEnd(text string, start int) int {
	depth, inKey := 0, false
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case inKey:
			inKey = c != ']'
		case c == '[' && depth == 1 && !strings.ContainsAny(text[start:i], ":!"):
			inKey = true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (f *fieldFormatter) field(field string, depth int) (string, error) {
	name, rest := splitField(field)
	convert, spec := "", ""
	if strings.HasPrefix(rest, "!") {
		convert, rest, _ = strings.Cut(rest[1:], ":")
		spec = rest
	} else if rest != "" {
		spec = rest[1:]
	}
	v, err := f.lookup(name)
	if err != nil {
		return "", err
	}
	if err := Defined(v); err != nil {
		return "", err
	}
	switch convert {
	case "":
		if strings.Contains(field, "!") && strings.HasSuffix(strings.SplitN(field, ":", 2)[0], "!") && rest == "" && spec == "" {
			return "", &ValueError{"end of string while looking for conversion specifier"}
		}
	case "s":
		v = Str(v)
	case "r":
		v = Repr(v)
	case "a":
		v = escapeNonASCII(Repr(v))
	default:
		return "", &ValueError{fmt.Sprintf("Unknown conversion specifier %s", convert)}
	}
	if spec, err = f.expandSpec(spec, depth); err != nil {
		return "", err
	}
	return Format(v, spec)
}

func (f *fieldFormatter) expandSpec(spec string, depth int) (string, error) {
	if !strings.ContainsAny(spec, "{}") {
		return spec, nil
	}
	return f.expand(spec, depth-1)
}

// splitField parts the name of a field from its conversion and specification.
func splitField(field string) (name, rest string) {
	inKey := false
	for i := range len(field) {
		switch c := field[i]; {
		case inKey:
			inKey = c != ']'
		case c == '[':
			inKey = true
		case c == '!' || c == ':':
			return field[:i], field[i:]
		}
	}
	return field, ""
}

func (f *fieldFormatter) lookup(name string) (any, error) {
	first := name
	if i := strings.IndexAny(name, ".["); i >= 0 {
		first = name[:i]
	}
	v, err := f.argument(first)
	if err != nil {
		return nil, err
	}
	for path := name[len(first):]; path != ""; {
		if v, path, err = step(v, path); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (f *fieldFormatter) argument(name string) (any, error) {
	index := f.next
	if name == "" {
		if f.manual {
			return nil, &ValueError{"cannot switch from manual field specification to automatic field numbering"}
		}
		f.automatic = true
		f.next++
	} else {
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 || !isDigit(name[0]) {
			v, ok := f.kw.Get(name)
			if !ok {
				return nil, &KeyError{name}
			}
			return v, nil
		}
		if f.automatic {
			return nil, &ValueError{"cannot switch from automatic field numbering to manual field specification"}
		}
		f.manual = true
		index = n
	}
	if index >= len(f.args) {
		return nil, &IndexError{fmt.Sprintf("Replacement index %d out of range for positional args tuple", index)}
	}
	return f.args[index], nil
}

// step follows one .name or [key] of a field.
func step(v any, path string) (any, string, error) {
	if path[0] == '.' {
		name := path[1:]
		if i := strings.IndexAny(name, ".["); i >= 0 {
			name = name[:i]
		}
		if name == "" {
			return nil, "", &ValueError{"Empty attribute in format string"}
		}
		a, ok := GetAttr(v, name)
		if !ok {
			return nil, "", &AttributeError{fmt.Sprintf("'%s' object has no attribute '%s'", TypeName(v), name)}
		}
		return a, path[1+len(name):], nil
	}
	end := strings.IndexByte(path, ']')
	if path[0] != '[' {
		return nil, "", &ValueError{"Only '.' or '[' may follow ']' in format field specifier"}
	}
	if end < 0 {
		return nil, "", &ValueError{"Missing ']' in format string"}
	}
	text := path[1:end]
	if text == "" {
		return nil, "", &ValueError{"Empty attribute in format string"}
	}
	var key any = text
	if n, err := strconv.Atoi(text); err == nil && isDigit(text[0]) {
		key = n
	}
	item, ok, err := GetItem(v, key)
	if err != nil {
		return nil, "", err
	}
	if !ok {
		return nil, "", missingItem(v, key)
	}
	return item, path[end+1:], nil
}

func missingItem(v, key any) error {
	if _, ok := v.(*Dict); ok {
		return &KeyError{key}
	}
	name := TypeName(v)
	if name == "str" {
		name = "string"
	}
	return &IndexError{name + " index out of range"}
}
