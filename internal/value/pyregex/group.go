package pyregex

import (
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

func (t *translator) group() error {
	start := t.at
	t.at++
	t.open = append(t.open, openGroup{t.flags, start, len(t.net)})
	rest := t.src[t.at:]
	t.anything, t.repeated = false, false
	if !strings.HasPrefix(rest, "?") {
		t.capture("")
		return nil
	}
	for _, kind := range []struct {
		prefix       string
		re2, net     string
		backtracking bool
	}{
		{"?:", "(?:", "(?:", false},
		{"?=", "(?:", "(?=", true}, {"?!", "(?:", "(?!", true},
		{"?<=", "(?:", "(?<=", true}, {"?<!", "(?:", "(?<!", true},
		{"?>", "(?:", "(?>", true},
	} {
		if strings.HasPrefix(rest, kind.prefix) {
			t.at += len(kind.prefix)
			t.re2 = append(t.re2, kind.re2...)
			t.net = append(t.net, kind.net...)
			t.out.backtracking = t.out.backtracking || kind.backtracking
			return nil
		}
	}
	switch {
	case strings.HasPrefix(rest, "?#"):
		return t.comment(start)
	case strings.HasPrefix(rest, "?P<"):
		return t.named(start)
	case strings.HasPrefix(rest, "?P="):
		return t.namedReference(start)
	case strings.HasPrefix(rest, "?("):
		return t.conditional(start)
	}
	return t.flagGroup(start)
}

func (t *translator) capture(name string) {
	t.out.groups++
	if name != "" {
		t.out.names[name] = t.out.groups
	}
	t.re2 = append(t.re2, '(')
	t.net = append(t.net, "(?<"+t.out.slowName(t.out.groups)+">"...)
}

func (t *translator) comment(start int) error {
	end := strings.IndexByte(t.src[t.at:], ')')
	if end < 0 {
		return t.fail(start, "missing ), unterminated comment")
	}
	t.at += end + 1
	t.open = t.open[:len(t.open)-1]
	t.anything = true
	return nil
}

func (t *translator) name(from int, end string) (string, error) {
	stop := strings.Index(t.src[from:], end)
	if stop < 0 {
		return "", t.fail(from, "missing %s, unterminated name", end)
	}
	name := t.src[from : from+stop]
	if name == "" {
		return "", t.fail(from, "missing group name")
	}
	t.at = from + stop + len(end)
	return name, nil
}

func (t *translator) named(start int) error {
	name, err := t.name(t.at+3, ">")
	if err != nil {
		return err
	}
	if !value.IsIdentifier(name) {
		return t.fail(start+4, "bad character in group name '%s'", name)
	}
	if _, taken := t.out.names[name]; taken {
		return t.fail(start+4, "redefinition of group name '%s'", name)
	}
	t.capture(name)
	return nil
}

func (t *translator) namedReference(start int) error {
	name, err := t.name(t.at+3, ")")
	if err != nil {
		return err
	}
	n, ok := t.out.names[name]
	if !ok {
		return t.fail(start+4, "unknown group name '%s'", name)
	}
	t.open = t.open[:len(t.open)-1]
	t.reference(n)
	return nil
}

func (t *translator) conditional(start int) error {
	name, err := t.name(t.at+2, ")")
	if err != nil {
		return err
	}
	n, ok := t.out.names[name]
	if !ok {
		if n, err = strconv.Atoi(name); err != nil || n < 1 {
			return t.fail(start+3, "unknown group name '%s'", name)
		}
	}
	if n > t.out.groups {
		return t.fail(start+3, "invalid group reference %d", n)
	}
	t.out.backtracking = true
	t.net = append(t.net, "(?("+t.out.slowName(n)+")"...)
	return nil
}

// flagGroup reads (?flags), which holds for the whole pattern and stands at its start, and (?flags-flags:...).
func (t *translator) flagGroup(start int) error {
	t.at++
	flags, on := t.flags, true
	for ; t.at < len(t.src); t.at++ {
		switch t.src[t.at] {
		case 'i':
			flags.IgnoreCase = on
		case 'm':
			flags.Multiline = on
		case 's':
			flags.DotAll = on
		case 'x':
			flags.Verbose = on
		case 'a':
			flags.ASCII = on
		case 'u', 'L':
		case '-':
			on = false
		case ':':
			t.at++
			t.flags = flags
			t.both("(?:")
			return nil
		case ')':
			if start != 0 && !t.afterFlags {
				return t.fail(start, "global flags not at the start of the expression")
			}
			t.at++
			t.afterFlags = true
			t.flags = flags
			t.open = t.open[:len(t.open)-1]
			return nil
		default:
			return t.fail(start+1, "unknown extension ?%c", t.src[t.at])
		}
	}
	return t.fail(start, "missing -, : or )")
}
