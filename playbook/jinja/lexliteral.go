package jinja

import (
	"math/big"
	"strconv"
	"strings"
)

// number reads an integer or a float as Python writes them, with underscores between digits.
func (l *lexer) number() error {
	start := l.pos
	afterDot := start > 0 && l.src[start-1] == '.'
	if n := floatLength(l.src[start:]); n > 0 && !afterDot {
		l.pos += n
		f, err := strconv.ParseFloat(strings.ReplaceAll(l.src[start:l.pos], "_", ""), 64)
		if err != nil && f == 0 {
			return &syntaxError{off: start, message: "this number cannot be read"}
		}
		l.emit(token{kind: tokenNumber, off: start, text: l.src[start:l.pos], value: f})
		return nil
	}
	n, base := integerLength(l.src[start:])
	l.pos += n
	digits := strings.ReplaceAll(l.src[start:l.pos], "_", "")
	if base != 10 {
		digits = digits[2:]
	}
	b, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return &syntaxError{off: start, message: "this number cannot be read"}
	}
	var v any = b
	if b.IsInt64() && int64(int(b.Int64())) == b.Int64() {
		v = int(b.Int64())
	}
	l.emit(token{kind: tokenNumber, off: start, text: l.src[start:l.pos], value: v})
	return nil
}

// digitRun returns the length of a run of digits with single underscores between them.
func digitRun(s string, digit func(byte) bool) int {
	i := 0
	for i < len(s) {
		if digit(s[i]) {
			i++
		} else if s[i] == '_' && i > 0 && i+1 < len(s) && digit(s[i+1]) {
			i += 2
		} else {
			break
		}
	}
	return i
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

// floatLength is the length of the float at the start of s, 0 when there is none.
func floatLength(s string) int {
	i := digitRun(s, isDecimal)
	whole := i
	if i+1 < len(s) && s[i] == '.' && isDecimal(s[i+1]) {
		i += 1 + digitRun(s[i+1:], isDecimal)
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if n := digitRun(s[j:], isDecimal); n > 0 {
			return j + n
		}
	}
	if i == whole {
		return 0
	}
	return i
}

// integerLength is the length and base of the integer at the start of s.
func integerLength(s string) (length, base int) {
	if len(s) > 2 && s[0] == '0' {
		for _, b := range []struct {
			letter byte
			base   int
			digit  func(byte) bool
		}{
			{'b', 2, func(c byte) bool { return c == '0' || c == '1' }},
			{'o', 8, func(c byte) bool { return c >= '0' && c <= '7' }},
			{'x', 16, func(c byte) bool { return isDecimal(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }},
		} {
			if s[1]|0x20 != b.letter {
				continue
			}
			skip := 2
			if s[2] == '_' {
				skip = 3
			}
			if n := digitRun(s[skip:], b.digit); n > 0 {
				return skip + n, b.base
			}
		}
	}
	if s[0] == '0' {
		return digitRun(s, func(c byte) bool { return c == '0' }), 10
	}
	return digitRun(s, isDecimal), 10
}

// text reads a string. When escaped, backslashes stand for themselves.
func (l *lexer) text(quote byte, escaped bool) error {
	start := l.pos
	i := start + 1
	for i < len(l.src) && l.src[i] != quote {
		if l.src[i] == '\\' && !escaped {
			i++
		}
		i++
	}
	if i >= len(l.src) {
		return &syntaxError{off: start, message: "this string has no end", hint: "close it with " + string(quote)}
	}
	body := l.src[start+1 : i]
	l.pos = i + 1
	if l.syntax.NewlineSequence != "\n" {
		body = strings.ReplaceAll(body, "\n", l.syntax.NewlineSequence)
	}
	if !escaped && strings.IndexByte(body, '\\') >= 0 {
		s, at, message := unescape(body)
		if message != "" {
			return &syntaxError{off: start + 1 + at, message: message}
		}
		body = s
	}
	l.emit(token{kind: tokenString, off: start, value: body})
	return nil
}

// unescape replaces Python's escapes. An unknown escape stays as it is. On failure it returns where and why.
func unescape(s string) (text string, at int, message string) {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		n, message := unescapeOne(&b, s[i+1:])
		if message != "" {
			return "", i, message
		}
		i += 1 + n
	}
	return b.String(), 0, ""
}

// unescapeOne writes what the escape after a backslash means and returns its length.
func unescapeOne(b *strings.Builder, s string) (int, string) {
	const letters, meanings = "\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v"
	if i := strings.IndexByte(letters, s[0]); i >= 0 {
		b.WriteByte(meanings[i])
		return 1, ""
	}
	switch s[0] {
	case '\n':
		return 1, ""
	case 'x':
		return hexEscape(b, s, 2)
	case 'u':
		return hexEscape(b, s, 4)
	case 'U':
		return hexEscape(b, s, 8)
	case 'N':
		return 0, "escapes by character name (\\N) are not supported"
	}
	n := 0
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n == 0 {
		b.WriteByte('\\')
		return 0, ""
	}
	code, _ := strconv.ParseUint(s[:n], 8, 32)
	b.WriteRune(rune(code))
	return n, ""
}

func hexEscape(b *strings.Builder, s string, digits int) (int, string) {
	if len(s) > digits {
		if code, err := strconv.ParseUint(s[1:1+digits], 16, 32); err == nil && code <= 0x10ffff {
			b.WriteRune(rune(code))
			return 1 + digits, ""
		}
	}
	return 0, "truncated \\" + s[:1] + " escape"
}
