// Package jmespath evaluates JMESPath queries on values, as the filter json_query does.
package jmespath

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// Error is a mistake in a query, or a function that was given the wrong kind of value.
type Error struct{ Message string }

// Error is the message.
func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

type kind int

const (
	end kind = iota
	name
	literal
	number
	current // @
	expref  // &
	pipe
	or
	and
	not
	compare
	flatten // []
	star
	filter // [?
	dot
	comma
	colon
	openBrace
	closeBrace
	openBracket
	closeBracket
	openParen
	closeParen
)

// power is how strongly a token binds what stands left of it.
func (k kind) power() int {
	switch k {
	case pipe:
		return 1
	case or:
		return 2
	case and:
		return 3
	case compare:
		return 5
	case flatten:
		return 9
	case star:
		return 20
	case filter:
		return 21
	case dot:
		return 40
	case not:
		return 45
	case openBrace:
		return 50
	case openBracket:
		return 55
	case openParen:
		return 60
	}
	return 0
}

type token struct {
	kind   kind
	text   string
	value  any
	quoted bool
	at     int
}

func isNameByte(c byte, first bool) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || !first && c >= '0' && c <= '9'
}

// scan splits a query into tokens.
func scan(query string) ([]token, error) {
	var out []token
	for i := 0; i < len(query); {
		c := query[i]
		if strings.IndexByte(" \t\n\r", c) >= 0 {
			i++
			continue
		}
		t, size, err := next(query, i)
		if err != nil {
			return nil, err
		}
		t.at = i
		out = append(out, t)
		i += size
	}
	return append(out, token{kind: end, at: len(query)}), nil
}

func next(query string, i int) (token, int, error) {
	c := query[i]
	switch {
	case isNameByte(c, true):
		stop := i + 1
		for stop < len(query) && isNameByte(query[stop], false) {
			stop++
		}
		return token{kind: name, text: query[i:stop]}, stop - i, nil
	case c >= '0' && c <= '9' || c == '-':
		stop := i + 1
		for stop < len(query) && query[stop] >= '0' && query[stop] <= '9' {
			stop++
		}
		n, err := strconv.Atoi(query[i:stop])
		if err != nil {
			return token{}, 0, errorf("Bad jmespath expression: Unknown token %s:\n%s\n%s^", value.Repr(query[i:stop]), query, strings.Repeat(" ", i))
		}
		return token{kind: number, value: n}, stop - i, nil
	case c == '\'' || c == '"' || c == '`':
		return quoted(query, i)
	}
	return symbol(query, i)
}

func symbol(query string, i int) (token, int, error) {
	for _, s := range []struct {
		text string
		kind kind
	}{
		{"[?", filter}, {"[]", flatten}, {"||", or}, {"&&", and}, {"==", compare}, {"!=", compare}, {"<=", compare},
		{">=", compare}, {"<", compare}, {">", compare}, {"!", not}, {"&", expref}, {"|", pipe}, {"@", current}, {"*", star},
		{".", dot}, {",", comma}, {":", colon}, {"{", openBrace}, {"}", closeBrace}, {"[", openBracket}, {"]", closeBracket},
		{"(", openParen}, {")", closeParen},
	} {
		if strings.HasPrefix(query[i:], s.text) {
			return token{kind: s.kind, text: s.text}, len(s.text), nil
		}
	}
	return token{}, 0, errorf("Bad jmespath expression: Unknown token %s:\n%s\n%s^", query[i:i+1], query, strings.Repeat(" ", i))
}

// quoted reads a raw text in ', a name in " or JSON in `.
func quoted(query string, i int) (token, int, error) {
	q := query[i]
	stop := i + 1
	for stop < len(query) && query[stop] != q {
		if query[stop] == '\\' {
			stop++
		}
		stop++
	}
	if stop >= len(query) {
		return token{}, 0, errorf("Bad jmespath expression: Unclosed %c delimiter:\n%s\n%s^", q, query, strings.Repeat(" ", i))
	}
	body := query[i+1 : stop]
	size := stop + 1 - i
	switch q {
	case '\'':
		return token{kind: literal, value: strings.ReplaceAll(body, `\'`, "'")}, size, nil
	case '"':
		v, err := value.ParseJSON(`"` + body + `"`)
		if err != nil {
			return token{}, 0, errorf("Bad jmespath expression: %v", err)
		}
		return token{kind: name, text: v.(string), quoted: true}, size, nil
	}
	body = strings.TrimLeft(strings.ReplaceAll(body, "\\`", "`"), " \t\n\r")
	v, err := value.ParseJSON(body)
	if err != nil {
		if v, err = value.ParseJSON(`"` + body + `"`); err != nil {
			return token{}, 0, errorf("Bad jmespath expression: %v", err)
		}
	}
	return token{kind: literal, value: v}, size, nil
}
