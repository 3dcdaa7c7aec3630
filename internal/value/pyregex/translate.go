package pyregex

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// translation is a pattern in the syntaxes of both engines.
type translation struct {
	re2, ascii   string // for Go's engine: for all texts, and for those of ASCII alone
	net          string // for the backtracking engine
	groups       int
	names        map[string]int
	backtracking bool // Go's engine cannot express the pattern
	dollar       bool // has a $ that also matches before a last line end
	boundary     bool // has a \b, which Go's engine knows for ASCII only
	prefersEmpty bool // may match nothing where it could match something
}

// slowName is the name that a group has in the backtracking engine: named and numbered ones are counted together.
func (t *translation) slowName(group int) string { return "g" + strconv.Itoa(group) }

type translator struct {
	src        string
	at         int
	flags      Flags
	out        *translation
	re2, net   []byte
	narrow     bool // classes are written for texts of ASCII alone
	lastNet    int  // where the last element starts in net
	open       []openGroup
	anything   bool // the last element can be repeated
	repeated   bool // the last element is a repetition
	afterFlags bool
}

type openGroup struct {
	flags Flags
	at    int
	net   int // where the group starts in the pattern for the backtracking engine
}

// Error is a mistake in a pattern, worded as Python words it.
type Error struct {
	Message  string
	Position int
}

// Error is the message with the position, counted in characters.
func (e *Error) Error() string { return fmt.Sprintf("%s at position %d", e.Message, e.Position) }

func (t *translator) fail(at int, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), utf8.RuneCountInString(t.src[:min(at, len(t.src))])}
}

// Python's classes for text, in the terms that both engines know.
const (
	spaceSet = `\t\n\v\f\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	digitSet = `\p{Nd}`
	wordSet  = `\p{L}\p{N}_`
)

func translate(pattern string, flags Flags) (*translation, error) {
	out, err := (&translator{src: pattern, flags: flags}).run()
	if err != nil {
		return nil, err
	}
	narrow, err := (&translator{src: pattern, flags: flags, narrow: true}).run()
	if err != nil {
		return nil, err
	}
	out.ascii = narrow.re2
	return out, nil
}

func (t *translator) run() (*translation, error) {
	t.out = &translation{names: map[string]int{}}
	for t.at < len(t.src) {
		if err := t.element(); err != nil {
			return nil, err
		}
	}
	if len(t.open) > 0 {
		return nil, t.fail(t.open[len(t.open)-1].at, "missing ), unterminated subpattern")
	}
	t.out.re2, t.out.net = string(t.re2), string(t.net)
	return t.out, nil
}

func (t *translator) both(s string) {
	t.re2 = append(t.re2, s...)
	t.net = append(t.net, s...)
}

// atom writes an element that may be repeated.
func (t *translator) atom(re2, net string) {
	t.lastNet = len(t.net)
	t.re2 = append(t.re2, re2...)
	t.net = append(t.net, net...)
	t.anything, t.repeated = true, false
}

func (t *translator) peek() byte {
	if t.at < len(t.src) {
		return t.src[t.at]
	}
	return 0
}

func (t *translator) element() error {
	r, size := utf8.DecodeRuneInString(t.src[t.at:])
	if t.flags.Verbose {
		if strings.ContainsRune(" \t\n\r\v\f", r) {
			t.at += size
			return nil
		}
		if r == '#' {
			end := strings.IndexByte(t.src[t.at:], '\n')
			if end < 0 {
				end = len(t.src) - t.at
			}
			t.at += end
			return nil
		}
	}
	switch r {
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '(':
		return t.group()
	case ')':
		return t.close()
	case '*', '+', '?':
		t.at++
		return t.repeat(string(r), t.at-1)
	case '{':
		return t.brace()
	case '|':
		t.at++
		t.out.prefersEmpty = true
		t.both("|")
		t.anything, t.repeated = false, false
		return nil
	case '^':
		t.at++
		t.anchor(t.flags.Multiline, `(?m:^)`, `(?m:^)`, `\A`, `\A`)
		return nil
	case '$':
		t.at++
		if !t.flags.Multiline {
			t.out.dollar = true
		}
		t.anchor(t.flags.Multiline, `(?m:$)`, `(?m:$)`, `\z`, `\Z`)
		return nil
	case '.':
		t.at++
		if t.flags.DotAll {
			t.atom(`(?s:.)`, `(?s:.)`)
		} else {
			t.atom(`[^\n]`, `[^\n]`)
		}
		return nil
	}
	t.at += size
	t.literal(r)
	return nil
}

func (t *translator) anchor(multiline bool, re2m, netm, re2, net string) {
	if multiline {
		t.atom(re2m, netm)
	} else {
		t.atom(re2, net)
	}
	t.anything = false
}

func (t *translator) literal(r rune) {
	s := escapeRune(r)
	if t.flags.IgnoreCase && unicode.IsLetter(r) {
		t.atom("(?i:"+s+")", "(?i:"+s+")")
		return
	}
	t.atom(s, s)
}

// escapeRune writes a character so that it stands for itself in both engines.
func escapeRune(r rune) string {
	switch {
	case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)), r == '_', r >= 0xa0:
		return string(r)
	case r < 0x20 || r >= 0x7f:
		return fmt.Sprintf(`\x%02x`, r)
	case r == ' ' || r == '#':
		return string(r)
	}
	if strings.ContainsRune(`\.+*?()|[]{}^$-`, r) {
		return `\` + string(r)
	}
	return string(r)
}

func (t *translator) repeat(op string, at int) error {
	if t.repeated {
		return t.fail(at, "multiple repeat")
	}
	if !t.anything {
		return t.fail(at, "nothing to repeat")
	}
	t.both(op)
	switch t.peek() {
	case '?':
		t.at++
		t.both("?")
		t.out.prefersEmpty = true
	case '+':
		t.at++
		t.out.backtracking = true
		atom := "(?>" + string(t.net[t.lastNet:]) + ")"
		t.net = append(t.net[:t.lastNet], atom...)
	}
	t.repeated = true
	return nil
}

// brace reads {m}, {m,}, {,n} and {m,n}; any other brace stands for itself.
func (t *translator) brace() error {
	start := t.at
	end := strings.IndexByte(t.src[t.at:], '}')
	if end < 0 {
		t.at++
		t.literal('{')
		return nil
	}
	body := t.src[t.at+1 : t.at+end]
	low, high, comma := strings.Cut(body, ",")
	if !allDigits(low) || !allDigits(high) || body == "" || !comma && low == "" {
		t.at++
		t.literal('{')
		return nil
	}
	if low == "" {
		low = "0"
	}
	t.at += end + 1
	a, errA := strconv.Atoi(low)
	b, errB := strconv.Atoi("0" + high)
	if errA != nil || errB != nil {
		return t.fail(start, "the repetition number is too large")
	}
	if high != "" && b < a {
		return t.fail(start, "min repeat greater than max repeat")
	}
	op := "{" + low
	if comma {
		op += "," + high
	}
	return t.repeat(op+"}", start)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (t *translator) close() error {
	if len(t.open) == 0 {
		return t.fail(t.at, "unbalanced parenthesis")
	}
	last := t.open[len(t.open)-1]
	t.flags = last.flags
	t.open = t.open[:len(t.open)-1]
	t.at++
	t.atom(")", ")")
	t.lastNet = last.net
	return nil
}
