package pyyaml

import (
	"strings"
	"unicode/utf8"
)

// analysis says which styles a scalar can be written in.
type analysis struct {
	multiline  bool
	flowPlain  bool
	blockPlain bool
	single     bool
	block      bool
}

func isBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || isBreak(r) || r == 0 }

// printable is what libyaml writes without an escape: nothing beyond the basic plane.
func printable(r rune) bool {
	switch {
	case r == '\n', r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0xd7ff:
		return true
	case r >= 0xe000 && r <= 0xfffd:
		return r != 0xfeff
	}
	return false
}

type scan struct {
	blockIndicators, flowIndicators  bool
	lineBreaks, special              bool
	leadingSpace, leadingBreak       bool
	trailingSpace, trailingBreak     bool
	breakSpace, spaceBreak           bool
	previousSpace, previousBreak     bool
	precededByBlank, followedByBlank bool
}

func analyze(s string, unicode bool) analysis {
	if s == "" {
		return analysis{blockPlain: true, single: true}
	}
	sc := scan{precededByBlank: true}
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		sc.blockIndicators, sc.flowIndicators = true, true
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		sc.followedByBlank = true
		if i+size < len(s) {
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			sc.followedByBlank = isBlank(next)
		}
		sc.indicators(r, i == 0)
		if !printable(r) || r == utf8.RuneError && size == 1 || r >= 0x80 && !unicode {
			sc.special = true
		}
		sc.spaces(r, i == 0, i+size == len(s))
		sc.precededByBlank = isBlank(r)
		i += size
	}
	return sc.verdict()
}

func (sc *scan) indicators(r rune, first bool) {
	flow, block := false, false
	switch {
	case first && strings.ContainsRune("#,[]{}&*!|>'\"%@`", r):
		flow, block = true, true
	case first && (r == '?' || r == ':'), !first && r == ':':
		flow, block = true, sc.followedByBlank
	case first && r == '-':
		flow, block = sc.followedByBlank, sc.followedByBlank
	case !first && strings.ContainsRune(",?[]{}", r):
		flow = true
	case !first && r == '#':
		flow, block = sc.precededByBlank, sc.precededByBlank
	}
	sc.flowIndicators = sc.flowIndicators || flow
	sc.blockIndicators = sc.blockIndicators || block
}

func (sc *scan) spaces(r rune, first, last bool) {
	switch {
	case r == ' ':
		sc.leadingSpace = sc.leadingSpace || first
		sc.trailingSpace = sc.trailingSpace || last
		sc.breakSpace = sc.breakSpace || sc.previousBreak
		sc.previousSpace, sc.previousBreak = true, false
	case isBreak(r):
		sc.lineBreaks = true
		sc.leadingBreak = sc.leadingBreak || first
		sc.trailingBreak = sc.trailingBreak || last
		sc.spaceBreak = sc.spaceBreak || sc.previousSpace
		sc.previousSpace, sc.previousBreak = false, true
	default:
		sc.previousSpace, sc.previousBreak = false, false
	}
}

func (sc *scan) verdict() analysis {
	a := analysis{multiline: sc.lineBreaks, flowPlain: true, blockPlain: true, single: true, block: true}
	if sc.leadingSpace || sc.leadingBreak || sc.trailingSpace || sc.trailingBreak || sc.lineBreaks {
		a.flowPlain, a.blockPlain = false, false
	}
	if sc.trailingSpace {
		a.block = false
	}
	if sc.breakSpace {
		a.flowPlain, a.blockPlain, a.single = false, false, false
	}
	if sc.spaceBreak || sc.special {
		a.flowPlain, a.blockPlain, a.single, a.block = false, false, false, false
	}
	a.flowPlain = a.flowPlain && !sc.flowIndicators
	a.blockPlain = a.blockPlain && !sc.blockIndicators
	return a
}
