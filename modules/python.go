package modules

import (
	"math"
	"sort"
	"strconv"
	"strings"
)

// PyStr writes a value as Python's str() does; parameters of type str take their text from it.
func PyStr(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return PyRepr(v)
}

// PyRepr writes a value as Python's repr() does. Keys of mappings are sorted, since Go's maps have no order.
func PyRepr(v any) string {
	var b strings.Builder
	writeRepr(&b, v)
	return b.String()
}

func writeRepr(b *strings.Builder, v any) {
	switch x := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if x {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case string:
		writeStringRepr(b, x)
	case float64:
		b.WriteString(pyFloat(x))
	case []any:
		writeListRepr(b, x)
	case []string:
		writeListRepr(b, anySlice(x))
	case map[string]any:
		writeDictRepr(b, x)
	default:
		if n, ok := asInt(v); ok {
			b.WriteString(strconv.Itoa(n))
			return
		}
		writeStringRepr(b, "?")
	}
}

func writeListRepr(b *strings.Builder, items []any) {
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		writeRepr(b, item)
	}
	b.WriteByte(']')
}

func writeDictRepr(b *strings.Builder, m map[string]any) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	b.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		writeStringRepr(b, k)
		b.WriteString(": ")
		writeRepr(b, m[k])
	}
	b.WriteByte('}')
}

func writeStringRepr(b *strings.Builder, s string) {
	quote := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		quote = '"'
	}
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\x` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
}

func pyFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// pyType names a value's type as Python's type() is written in messages.
func pyType(v any) string {
	switch v.(type) {
	case nil:
		return "<class 'NoneType'>"
	case string:
		return "<class 'str'>"
	case bool:
		return "<class 'bool'>"
	case float64, float32:
		return "<class 'float'>"
	case []any, []string:
		return "<class 'list'>"
	case map[string]any, map[any]any:
		return "<class 'dict'>"
	case []byte:
		return "<class 'bytes'>"
	default:
		return "<class 'int'>"
	}
}

func anySlice(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}

// asInt accepts every integer type that decoders of CBOR and JSON produce.
func asInt(v any) (int, bool) {
	switch x := v.(type) {
	case int:
		return x, true
	case int64:
		return int(x), true
	case uint64:
		return int(x), x <= math.MaxInt
	case int32:
		return int(x), true
	case uint32:
		return int(x), true
	case int16:
		return int(x), true
	case uint16:
		return int(x), true
	case int8:
		return int(x), true
	case uint8:
		return int(x), true
	case uint:
		return int(x), x <= math.MaxInt
	default:
		return 0, false
	}
}
