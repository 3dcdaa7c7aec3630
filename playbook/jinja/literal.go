package jinja

import (
	"math"
	"math/big"
	"strings"
	"unicode"

	"github.com/musterhq/muster/internal/value"
)

// evalText reads text that looks like a list, a mapping or a truth value; any other text is returned as it is. JSON's
// true, false and null are understood too.
func evalText(t string) any {
	switch {
	case t == "True":
		return true
	case t == "False":
		return false
	case !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "["):
		return t
	}
	v, err := value.ParseLiteral(t)
	if err != nil {
		py, changed := pythonNames(t)
		if !changed {
			return t
		}
		if v, err = value.ParseLiteral(py); err != nil {
			return t
		}
	}
	return v
}

// pythonNames replaces JSON's names outside of quotes by Python's.
func pythonNames(t string) (string, bool) {
	var b strings.Builder
	changed := false
	for i := 0; i < len(t); {
		c := t[i]
		switch {
		case c == '"' || c == '\'':
			j := i + 1
			for j < len(t) && t[j] != c {
				if t[j] == '\\' {
					j++
				}
				j++
			}
			j = min(j+1, len(t))
			b.WriteString(t[i:j])
			i = j
		case isWordByte(c):
			j := i
			for j < len(t) && isWordByte(t[j]) {
				j++
			}
			word := pythonName(t[i:j])
			changed = changed || word != t[i:j]
			b.WriteString(word)
			i = j
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), changed
}

func pythonName(word string) string {
	switch word {
	case "true":
		return "True"
	case "false":
		return "False"
	case "null":
		return "None"
	}
	return word
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))
}

// literalCopy copies a value whose written form would be read back as the same value. It returns false for others.
func literalCopy(v any, depth int) (any, bool) {
	if depth > 190 {
		return nil, false
	}
	switch x := v.(type) {
	case nil, bool, int, string, *big.Int, Omitted:
		return v, true
	case nativeText:
		return string(x), true
	case float64:
		return v, !math.IsInf(x, 0) && !math.IsNaN(x)
	case *value.List:
		items, ok := copyItems(x.Items, depth)
		return &value.List{Items: items}, ok
	case *value.Tuple:
		items, ok := copyItems(x.Items, depth)
		return &value.Tuple{Items: items}, ok
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			c, ok := literalCopy(item, depth+1)
			if _, keyOK := literalCopy(k, depth+1); !ok || !keyOK {
				return nil, false
			}
			out.Set(k, c)
		}
		return out, true
	}
	return nil, false
}

func copyItems(items []any, depth int) ([]any, bool) {
	out := make([]any, len(items))
	for i, item := range items {
		c, ok := literalCopy(item, depth+1)
		if !ok {
			return nil, false
		}
		out[i] = c
	}
	return out, true
}
