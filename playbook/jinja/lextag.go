package jinja

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// endOf says what ends a tag: a delimiter, the end of a line, or (the zero value) the end of the source.
type endOf struct {
	delimiter string
	line      bool
	trim      bool
	kind      tokenKind
}

// tag reads the tokens of an expression or statement up to its end. A delimiter inside brackets is no end.
func (l *lexer) tag(end endOf, escaped bool) error {
	begin := l.pos
	var open []bracket
	for {
		if len(open) == 0 {
			if done, err := l.tagEnd(end); done || err != nil {
				return err
			}
		}
		l.pos = skipBlank(l.src, l.pos, end.line && len(open) == 0)
		if l.pos >= len(l.src) {
			if len(open) > 0 {
				b := open[len(open)-1]
				return &syntaxError{off: b.off, message: fmt.Sprintf("'%c' is never closed", b.char)}
			}
			if end.kind == tokenEOF || end.line {
				continue
			}
			return &syntaxError{off: max(0, begin-2), message: "this tag has no end", hint: "end it with " + end.delimiter}
		}
		if len(open) == 0 && l.atEnd(end) {
			continue
		}
		if err := l.token(&open, escaped); err != nil {
			return err
		}
	}
}

func (l *lexer) atEnd(end endOf) bool {
	rest := l.src[l.pos:]
	switch {
	case end.kind == tokenEOF:
		return rest == ""
	case end.line:
		return rest == "" || rest[0] == '\n'
	}
	if end.kind == tokenBlockEnd && strings.HasPrefix(rest, "+"+end.delimiter) {
		return true
	}
	return strings.HasPrefix(rest, end.delimiter) || strings.HasPrefix(rest, "-"+end.delimiter)
}

// tagEnd consumes the end of the tag, if it is here.
func (l *lexer) tagEnd(end endOf) (bool, error) {
	if !l.atEnd(end) {
		return false, nil
	}
	off := l.pos
	switch {
	case end.kind == tokenEOF:
		return true, nil
	case end.line:
		l.emit(token{kind: end.kind, off: off})
		blank := skipSpace(l.src, l.pos)
		if n := strings.LastIndexByte(l.src[l.pos:blank], '\n'); n >= 0 && blank < len(l.src) {
			l.pos += n + 1
		} else {
			l.pos = blank
		}
		l.lineStarting = true
		return true, nil
	}
	sign := byte(0)
	if !strings.HasPrefix(l.src[off:], end.delimiter) {
		sign = l.src[off]
		l.pos++
	}
	l.pos += len(end.delimiter)
	l.afterTag(sign == '-', sign == 0 && end.trim)
	l.emit(token{kind: end.kind, off: off})
	return true, nil
}

func skipBlank(s string, i int, stayOnLine bool) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) || stayOnLine && r == '\n' {
			break
		}
		i += size
	}
	return i
}

type bracket struct {
	char byte
	off  int
}

// token reads one token of an expression.
func (l *lexer) token(open *[]bracket, escaped bool) error {
	c := l.src[l.pos]
	switch {
	case c >= '0' && c <= '9':
		return l.number()
	case c == '\'' || c == '"':
		return l.text(c, escaped)
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	if r == '_' || unicode.IsLetter(r) {
		l.name()
		return nil
	}
	return l.operator(open)
}

func (l *lexer) name() {
	start := l.pos
	for l.pos < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[l.pos:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) {
			break
		}
		l.pos += size
	}
	l.emit(token{kind: tokenName, off: start, text: l.src[start:l.pos]})
}

func (l *lexer) operator(open *[]bracket) error {
	off := l.pos
	text := operatorAt(l.src[off:])
	if text == "" {
		r, _ := utf8.DecodeRuneInString(l.src[off:])
		return &syntaxError{off: off, message: fmt.Sprintf("unexpected character %q", r)}
	}
	l.pos += len(text)
	l.emit(token{kind: tokenOperator, off: off, text: text})
	switch c := text[0]; c {
	case '(', '[', '{':
		*open = append(*open, bracket{c, off})
	case ')', ']', '}':
		n := len(*open)
		if n == 0 {
			return &syntaxError{off: off, message: "unexpected '" + text + "'"}
		}
		if want := closing((*open)[n-1].char); want != c {
			return &syntaxError{off: off, message: fmt.Sprintf("unexpected '%c', expected '%c'", c, want)}
		}
		*open = (*open)[:n-1]
	}
	return nil
}

func closing(c byte) byte {
	switch c {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

func operatorAt(s string) string {
	if len(s) >= 2 {
		switch s[:2] {
		case "//", "**", "==", "!=", ">=", "<=", "??", "?.", "..":
			return s[:2]
		}
	}
	if strings.IndexByte("+-/*%~[](){}><=.:|,;", s[0]) >= 0 {
		return s[:1]
	}
	return ""
}
