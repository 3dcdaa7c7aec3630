package yamlout

import "regexp"

// special matches plain text that YAML 1.1 reads as something else than text.
var special = regexp.MustCompile(`^(?:` +
	`yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF` +
	`|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
	`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+` +
	`|<<|=|~|null|Null|NULL||!|&|\*` +
	`|[0-9]{4}-[0-9]{2}-[0-9]{2}` +
	`|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?` +
	`)$`)

// isPlainText reports whether a text without quotes is read back as text.
func isPlainText(s string) bool { return !special.MatchString(s) }

// analysis says which styles can carry a text.
type analysis struct {
	empty, multiline     bool
	plain, single, block bool
}

func isBreak(r rune) bool { return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029 }

func isBlank(r rune) bool { return r == 0 || r == ' ' || r == '\t' || isBreak(r) }

// printable reports what libyaml writes without escapes; characters beyond the basic plane are not among it.
func printable(r rune) bool {
	return r == '\n' || r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd && r != 0xfeff
}

// spacing is how blanks and line ends lie in a text.
type spacing struct {
	leading, trailing, trailingSpace, breakSpace, spaceBreak bool
}

func analyze(text []rune) analysis {
	if len(text) == 0 {
		return analysis{empty: true, plain: true, single: true}
	}
	a := analysis{plain: true, single: true, block: true}
	unprintable := false
	for _, r := range text {
		a.multiline = a.multiline || isBreak(r)
		unprintable = unprintable || !printable(r)
	}
	s := measure(text)
	if s.leading || s.trailing || a.multiline || hasIndicators(text) {
		a.plain = false
	}
	if s.trailingSpace {
		a.block = false
	}
	if s.breakSpace {
		a.plain, a.single = false, false
	}
	if s.spaceBreak || unprintable {
		a.plain, a.single, a.block = false, false, false
	}
	return a
}

func measure(text []rune) spacing {
	var s spacing
	space, broken := false, false
	for i, r := range text {
		first, last := i == 0, i == len(text)-1
		switch {
		case r == ' ':
			s.leading, s.trailing = s.leading || first, s.trailing || last
			s.trailingSpace = s.trailingSpace || last
			s.breakSpace = s.breakSpace || broken
			space, broken = true, false
		case isBreak(r):
			s.leading, s.trailing = s.leading || first, s.trailing || last
			s.spaceBreak = s.spaceBreak || space
			space, broken = false, true
		default:
			space, broken = false, false
		}
	}
	return s
}

// hasIndicators reports characters that mean something in block context.
func hasIndicators(text []rune) bool {
	if len(text) >= 3 && (string(text[:3]) == "---" || string(text[:3]) == "...") {
		return true
	}
	for i, r := range text {
		blankBefore := i == 0 || isBlank(text[i-1])
		blankAfter := i+1 >= len(text) || isBlank(text[i+1])
		switch {
		case i == 0 && indicator(r):
			return true
		case (i == 0 && (r == '?' || r == '-') || r == ':') && blankAfter:
			return true
		case i > 0 && r == '#' && blankBefore:
			return true
		}
	}
	return false
}

func indicator(r rune) bool {
	switch r {
	case '#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return true
	}
	return false
}
