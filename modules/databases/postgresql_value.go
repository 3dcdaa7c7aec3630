package databases

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
)

// pgArguments puts arguments into a statement: %s takes the next one, %(name)s the one of that name, %% is a percent sign.
// Without arguments a statement is taken as it is.
func pgArguments(query string, positional []any, named map[string]any) (string, error) {
	if len(positional) == 0 && len(named) == 0 {
		return query, nil
	}
	var b strings.Builder
	next := 0
	for {
		text, rest, found := strings.Cut(query, "%")
		b.WriteString(text)
		switch {
		case !found && next < len(positional):
			return "", fmt.Errorf("not all arguments converted during string formatting")
		case !found:
			return b.String(), nil
		case strings.HasPrefix(rest, "%"):
			b.WriteByte('%')
			query = rest[1:]
		case strings.HasPrefix(rest, "s"):
			if next >= len(positional) {
				return "", fmt.Errorf("not enough arguments for the %%s of the statement")
			}
			b.WriteString(pgLiteral(positional[next]))
			next++
			query = rest[1:]
		case strings.HasPrefix(rest, "("):
			name, after, ok := strings.Cut(rest[1:], ")s")
			value, has := named[name]
			if !ok || !has {
				return "", fmt.Errorf("no named argument is there for %%(%s)s", name)
			}
			b.WriteString(pgLiteral(value))
			query = after
		default:
			return "", fmt.Errorf("a percent sign of its own must be written as %%%% beside arguments")
		}
	}
}

// pgLiteral writes a value down in SQL.
func pgLiteral(v any) string {
	switch x := v.(type) {
	case nil:
		return "NULL"
	case bool:
		return strconv.FormatBool(x)
	case string:
		return pgText(x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return pgText(strings.TrimPrefix(fmt.Sprint(x), "+")) + "::float8"
		}
	case []any:
		return pgText(pgArrayOf(x))
	case map[string]any:
		text, err := json.Marshal(x)
		if err == nil {
			return pgText(string(text))
		}
	}
	text := modules.PyStr(v)
	if strings.HasPrefix(text, "-") {
		return " " + text // two minuses would begin a comment
	}
	return text
}

func pgArrayOf(list []any) string {
	items := make([]string, len(list))
	for i, item := range list {
		switch x := item.(type) {
		case nil:
			items[i] = "NULL"
		case []any:
			items[i] = pgArrayOf(x)
		case string:
			items[i] = strings.TrimSuffix(strings.TrimPrefix(pgArray([]string{x}), "{"), "}")
		default:
			items[i] = modules.PyStr(item)
		}
	}
	return "{" + strings.Join(items, ",") + "}"
}

// The numbers of types whose values are not shown as text.
const (
	oidBool, oidInt8, oidInt2, oidInt4, oidOID         = 16, 20, 21, 23, 26
	oidJSON, oidJSONB, oidFloat4, oidFloat8            = 114, 3802, 700, 701
	oidNumeric, oidDate, oidTimestamp, oidTimestampTZ  = 1700, 1082, 1114, 1184
	oidBoolArray, oidTextArray, oidVarcharArray        = 1000, 1009, 1015
	oidInt2Array, oidInt4Array, oidInt8Array, oidNames = 1005, 1007, 1016, 1003
	oidFloat4Array, oidFloat8Array, oidNumericArray    = 1021, 1022, 1231
	oidOIDArray                                        = 1028
)

// pgElements are the types of arrays' elements; other arrays are shown as text.
var pgElements = map[uint32]uint32{oidBoolArray: oidBool, oidTextArray: 0, oidVarcharArray: 0, oidNames: 0, oidInt2Array: oidInt2,
	oidInt4Array: oidInt4, oidInt8Array: oidInt8, oidFloat4Array: oidFloat4, oidFloat8Array: oidFloat8, oidNumericArray: oidNumeric, oidOIDArray: oidOID}

// pgValue turns what the server sent into plain data.
func pgValue(oid uint32, cell []byte) any {
	if cell == nil {
		return nil
	}
	text := string(cell)
	if element, ok := pgElements[oid]; ok {
		if list, ok := parseArray(text, element); ok {
			return list
		}
		return text
	}
	switch oid {
	case oidBool:
		return text == "t"
	case oidInt2, oidInt4, oidInt8, oidOID:
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case oidFloat4, oidFloat8, oidNumeric:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	case oidJSON, oidJSONB:
		var v any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if dec.Decode(&v) == nil {
			return plainNumbers(v)
		}
	case oidTimestamp, oidTimestampTZ:
		return isoTime(text)
	}
	return text
}

// plainNumbers turns JSON's numbers into integers where they are such.
func plainNumbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(x.String()); err == nil {
			return n
		}
		f, _ := x.Float64()
		return f
	case []any:
		for i := range x {
			x[i] = plainNumbers(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = plainNumbers(x[k])
		}
	}
	return v
}

// isoTime writes a time of the server's ISO style as ISO 8601 has it; others stay as they are.
func isoTime(text string) string {
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		out := "2006-01-02T15:04:05"
		if t.Nanosecond() != 0 {
			out += ".000000"
		}
		if strings.Contains(layout, "-07") {
			out += "-07:00"
		}
		return t.Format(out)
	}
	return text
}

// parseArray reads an array's text, which may be nested.
func parseArray(text string, element uint32) ([]any, bool) {
	list, rest, ok := arrayOf(text, element)
	return list, ok && rest == ""
}

func arrayOf(text string, element uint32) (list []any, rest string, ok bool) {
	if !strings.HasPrefix(text, "{") {
		return nil, text, false
	}
	list, rest = []any{}, text[1:]
	if after, empty := strings.CutPrefix(rest, "}"); empty {
		return list, after, true
	}
	for {
		var item any
		if item, rest, ok = arrayItem(rest, element); !ok || rest == "" {
			return nil, rest, false
		}
		list = append(list, item)
		end := rest[0]
		rest = rest[1:]
		switch end {
		case '}':
			return list, rest, true
		case ',':
		default:
			return nil, rest, false
		}
	}
}

func arrayItem(text string, element uint32) (any, string, bool) {
	switch {
	case strings.HasPrefix(text, "{"):
		return arrayOf(text, element)
	case strings.HasPrefix(text, `"`):
		b := []byte{}
		for i := 1; i < len(text); i++ {
			switch c := text[i]; {
			case c == '"':
				return pgValue(element, b), text[i+1:], true
			case c == '\\' && i+1 < len(text):
				i++
				b = append(b, text[i])
			default:
				b = append(b, c)
			}
		}
		return nil, "", false
	}
	end := strings.IndexAny(text, ",}")
	if end < 0 {
		return nil, "", false
	}
	if text[:end] == "NULL" {
		return nil, text[end:], true
	}
	return pgValue(element, slices.Clone([]byte(text[:end]))), text[end:], true
}
