package value

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func newStrMethods() methodsOf[string] {
	m := table(
		of("split(sep=None, maxsplit=-1)", strSplit(Split)),
		of("rsplit(sep=None, maxsplit=-1)", strSplit(splitRight)),
		of("splitlines(keepends=False)", func(s string, a *Args) (any, error) {
			return texts(SplitLines(s, a.Bool("keepends"))), nil
		}),
		of("strip(chars=None, /)", strStrip(true, true)),
		of("lstrip(chars=None, /)", strStrip(true, false)),
		of("rstrip(chars=None, /)", strStrip(false, true)),
		of("partition(sep, /)", strPartition),
		of("rpartition(sep, /)", strRightPartition),
		of("join(iterable, /)", func(s string, a *Args) (any, error) { return JoinText(s, a.Items("iterable")) }),
		of("replace(old, new, count=-1, /)", func(s string, a *Args) (any, error) {
			return strings.Replace(s, a.Text("old"), a.Text("new"), a.Int("count")), a.Err()
		}),
		of("startswith(prefix, start=None, end=None, /)", strAffix("startswith", "prefix", strings.HasPrefix)),
		of("endswith(suffix, start=None, end=None, /)", strAffix("endswith", "suffix", strings.HasSuffix)),
		of("find(sub, start=None, end=None, /)", strFind(strings.Index, false)),
		of("rfind(sub, start=None, end=None, /)", strFind(strings.LastIndex, false)),
		of("index(sub, start=None, end=None, /)", strFind(strings.Index, true)),
		of("rindex(sub, start=None, end=None, /)", strFind(strings.LastIndex, true)),
		of("count(sub, start=None, end=None, /)", strCount),
		of("format(*args, **kwargs)", func(s string, a *Args) (any, error) { return FormatText(s, a.Rest, a.Keywords) }),
		of("format_map(mapping, /)", func(s string, a *Args) (any, error) {
			d, _ := a.Any("mapping").(*Dict)
			return FormatText(s, nil, d)
		}),
		of("removeprefix(prefix, /)", func(s string, a *Args) (any, error) { return strings.TrimPrefix(s, a.Text("prefix")), nil }),
		of("removesuffix(suffix, /)", func(s string, a *Args) (any, error) { return strings.TrimSuffix(s, a.Text("suffix")), nil }),
		of("encode(encoding='utf-8', errors='strict')", func(s string, a *Args) (any, error) {
			return Encode(s, a.Text("encoding"), a.Text("errors"))
		}),
		of("translate(table, /)", strTranslate),
		of("maketrans(x, y=None, z=None, /)", strMakeTrans),
	)
	addStrLayout(m)
	addStrCase(m)
	return m
}

func texts(parts []string) *List {
	l := &List{Items: make([]any, len(parts))}
	for i, p := range parts {
		l.Items[i] = p
	}
	return l
}

func strSplit(split func(s, sep string, maxsplit int) []string) func(string, *Args) (any, error) {
	return func(s string, a *Args) (any, error) {
		sep := ""
		if a.Any("sep") != nil {
			if sep = a.Text("sep"); sep == "" && a.Err() == nil {
				return nil, &ValueError{"empty separator"}
			}
		}
		n := a.Int("maxsplit")
		if a.Err() != nil {
			return nil, a.Err()
		}
		return texts(split(s, sep, n)), nil
	}
}

// Strip removes characters from the ends of text; a nil set means white space.
func Strip(s string, chars any, left, right bool) string {
	in := isSpace
	if set, ok := chars.(string); ok {
		in = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, in)
	}
	if right {
		s = strings.TrimRightFunc(s, in)
	}
	return s
}

func strStrip(left, right bool) func(string, *Args) (any, error) {
	return func(s string, a *Args) (any, error) {
		if a.Any("chars") != nil {
			a.Text("chars")
		}
		return Strip(s, a.Any("chars"), left, right), nil
	}
}

func strPartition(s string, a *Args) (any, error) {
	sep := a.Text("sep")
	if sep == "" && a.Err() == nil {
		return nil, &ValueError{"empty separator"}
	}
	if i := strings.Index(s, sep); i >= 0 {
		return &Tuple{Items: []any{s[:i], sep, s[i+len(sep):]}}, nil
	}
	return &Tuple{Items: []any{s, "", ""}}, nil
}

func strRightPartition(s string, a *Args) (any, error) {
	sep := a.Text("sep")
	if sep == "" && a.Err() == nil {
		return nil, &ValueError{"empty separator"}
	}
	if i := strings.LastIndex(s, sep); i >= 0 {
		return &Tuple{Items: []any{s[:i], sep, s[i+len(sep):]}}, nil
	}
	return &Tuple{Items: []any{"", "", s}}, nil
}

// JoinText is Python's sep.join(items): every item must be text.
func JoinText(sep string, items []any) (any, error) {
	var b strings.Builder
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			if err := Defined(item); err != nil {
				return nil, err
			}
			return nil, &TypeError{fmt.Sprintf("sequence item %d: expected str instance, %s found", i, TypeName(item))}
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// window cuts text to [start:end] and returns the number of characters before it; false when start is past the end.
func window(s string, a *Args) (part string, before int, ok bool) {
	start, end := a.Any("start"), a.Any("end")
	if start == nil && end == nil {
		return s, 0, true
	}
	r := []rune(s)
	from, err := sliceBound(start, 0, len(r), 1)
	if err == nil {
		if i, isInt := Integer(start); isInt && i > len(r) {
			return "", 0, false
		}
		var to int
		if to, err = sliceBound(end, len(r), len(r), 1); err == nil {
			if to < from {
				return "", from, false
			}
			return string(r[from:to]), from, true
		}
	}
	if a.err == nil {
		a.err = err
	}
	return "", 0, false
}

func strAffix(name, param string, has func(s, affix string) bool) func(string, *Args) (any, error) {
	return func(s string, a *Args) (any, error) {
		part, _, ok := window(s, a)
		affixes := []any{a.Any(param)}
		if t, isTuple := affixes[0].(*Tuple); isTuple {
			affixes = t.Items
		}
		for _, x := range affixes {
			affix, isText := x.(string)
			if !isText {
				if err := Defined(x); err != nil {
					return nil, err
				}
				return nil, &TypeError{fmt.Sprintf("%s first arg must be str or a tuple of str, not %s", name, TypeName(x))}
			}
			if ok && has(part, affix) {
				return true, nil
			}
		}
		return false, nil
	}
}

func strFind(find func(s, sub string) int, must bool) func(string, *Args) (any, error) {
	return func(s string, a *Args) (any, error) {
		part, before, ok := window(s, a)
		i := -1
		if sub := a.Text("sub"); ok {
			i = find(part, sub)
		}
		if i < 0 {
			if must {
				return nil, &ValueError{"substring not found"}
			}
			return -1, nil
		}
		return before + utf8.RuneCountInString(part[:i]), nil
	}
}

func strCount(s string, a *Args) (any, error) {
	part, _, ok := window(s, a)
	sub := a.Text("sub")
	if !ok {
		return 0, nil
	}
	return strings.Count(part, sub), nil
}

func strMakeTrans(_ string, a *Args) (any, error) {
	d := NewDict()
	if a.Any("y") == nil {
		m, ok := a.Any("x").(*Dict)
		if !ok {
			return nil, &TypeError{"if you give only one argument to maketrans it must be a dict"}
		}
		for k, v := range m.All() {
			if s, ok := k.(string); ok {
				r, _ := utf8.DecodeRuneInString(s)
				k = int(r)
			}
			d.Set(k, v)
		}
		return d, nil
	}
	from, to := []rune(a.Text("x")), []rune(a.Text("y"))
	if len(from) != len(to) {
		return nil, &ValueError{"the first two maketrans arguments must have equal length"}
	}
	for i, r := range from {
		d.Set(int(r), int(to[i]))
	}
	if a.Any("z") != nil {
		for _, r := range a.Text("z") {
			d.Set(int(r), nil)
		}
	}
	return d, nil
}

func strTranslate(s string, a *Args) (any, error) {
	d, ok := a.Any("table").(*Dict)
	if !ok {
		return nil, &TypeError{"'" + TypeName(a.Any("table")) + "' object is not subscriptable"}
	}
	var b strings.Builder
	for _, r := range s {
		v, has := d.Get(int(r))
		switch x := v.(type) {
		case string:
			b.WriteString(x)
		case int:
			b.WriteRune(rune(x))
		default:
			if !has {
				b.WriteRune(r)
			}
		}
	}
	return b.String(), nil
}

func isPrintable(r rune) bool { return r == ' ' || unicode.IsPrint(r) }
