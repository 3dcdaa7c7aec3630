package jinja

import (
	"math/big"
	"strings"
)

// inert tells whether a value that may have come from a host can be put into the text of a condition, after what the sink
// holds, without becoming part of the expression: a number or the like, or text that stays inside of quotes.
func (s *sink) inert(v any) bool {
	switch x := v.(type) {
	case nil, bool, int, float64, *big.Int:
		return true
	case string:
		before, err := s.joined()
		return err == nil && insideQuotes(before) && !strings.ContainsAny(x, "'\"\\\n\r{}")
	}
	return false
}

// insideQuotes tells whether the end of the text of an expression stands inside of a string.
func insideQuotes(src string) bool {
	var quote byte
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		}
	}
	return quote != 0
}
