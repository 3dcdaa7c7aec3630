package modules

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// coerceFunc turns a value as the task gave it into the canonical form of a parameter type.
type coerceFunc func(x expander, v any) (any, error)

// coerceFor returns the coercion of a parameter type, or nil for an unknown type.
func coerceFor(kind string) coerceFunc {
	switch kind {
	case "str":
		return func(_ expander, v any) (any, error) { return PyStr(normal(v)), nil }
	case "path":
		return func(x expander, v any) (any, error) { return x.path(PyStr(normal(v))), nil }
	case "int":
		return func(_ expander, v any) (any, error) { return coerceInt(v) }
	case "float":
		return func(_ expander, v any) (any, error) { return coerceFloat(v) }
	case "bool":
		return func(_ expander, v any) (any, error) { return coerceBool(v) }
	case "list":
		return func(_ expander, v any) (any, error) { return coerceList(v) }
	case "dict":
		return func(_ expander, v any) (any, error) { return coerceDict(v) }
	case "jsonarg", "json":
		return func(_ expander, v any) (any, error) { return coerceJSON(v) }
	case "bytes":
		return func(_ expander, v any) (any, error) { return HumanToBytes(PyStr(normal(v))) }
	case "raw", "mode":
		return func(_ expander, v any) (any, error) { return normal(v), nil }
	default:
		return nil
	}
}

// normal folds what decoders of CBOR and JSON produce into nil, bool, int, float64, string, []any, map[string]any.
func normal(v any) any {
	switch x := v.(type) {
	case nil, bool, string, int, float64:
		return v
	case []byte:
		return string(x)
	case float32:
		return float64(x)
	case json.Number:
		if i, err := strconv.Atoi(x.String()); err == nil {
			return i
		}
		f, _ := x.Float64()
		return f
	case []string:
		return anySlice(x)
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = normal(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = normal(item)
		}
		return out
	case map[string]string:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = item
		}
		return out
	case map[any]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[PyStr(normal(k))] = normal(item)
		}
		return out
	default:
		if n, ok := asInt(v); ok {
			return n
		}
		return fmt.Sprint(v)
	}
}

func coerceInt(v any) (any, error) {
	switch x := normal(v).(type) {
	case int:
		return x, nil
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case string:
		s := strings.TrimSpace(x)
		if n, err := strconv.Atoi(strings.ReplaceAll(s, "_", "")); err == nil && plainUnderscores(s) {
			return n, nil
		}
	}
	return nil, fmt.Errorf("%s cannot be converted to an int", pyType(v))
}

// plainUnderscores reports whether underscores stand only between digits, as Python's int() wants them.
func plainUnderscores(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return !strings.HasPrefix(s, "_") && !strings.HasSuffix(s, "_") && !strings.Contains(s, "__")
}

func coerceFloat(v any) (any, error) {
	switch x := normal(v).(type) {
	case float64:
		return x, nil
	case int:
		return float64(x), nil
	case bool:
		if x {
			return 1.0, nil
		}
		return 0.0, nil
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(x), 64); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s cannot be converted to a float", pyType(v))
}

const booleanWords = "'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0"

func coerceBool(v any) (any, error) {
	switch x := normal(v).(type) {
	case bool:
		return x, nil
	case int:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	case float64:
		if x == 0 || x == 1 {
			return x == 1, nil
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "y", "yes", "on", "1", "true", "t":
			return true, nil
		case "n", "no", "off", "0", "false", "f":
			return false, nil
		}
	default:
		return nil, fmt.Errorf("%s cannot be converted to a bool", pyType(v))
	}
	return nil, fmt.Errorf("The value '%s' is not a valid boolean.  Valid booleans include: %s", PyStr(normal(v)), booleanWords)
}

func coerceList(v any) (any, error) {
	switch x := normal(v).(type) {
	case []any:
		return x, nil
	case string:
		return anySlice(strings.Split(x, ",")), nil
	case int, float64, bool:
		return []any{PyStr(x)}, nil
	default:
		return nil, fmt.Errorf("%s cannot be converted to a list", pyType(v))
	}
}

func coerceDict(v any) (any, error) {
	switch x := normal(v).(type) {
	case map[string]any:
		return x, nil
	case string:
		return dictFromText(x)
	default:
		return nil, fmt.Errorf("%s cannot be converted to a dict", pyType(v))
	}
}

func dictFromText(s string) (any, error) {
	if strings.HasPrefix(s, "{") {
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		var m map[string]any
		if err := dec.Decode(&m); err == nil {
			return normal(m), nil
		}
		if v, ok := parseLiteral(s); ok {
			if m, isMap := v.(map[string]any); isMap {
				return m, nil
			}
		}
		return nil, errors.New("unable to evaluate string as dictionary")
	}
	if !strings.Contains(s, "=") {
		return nil, errors.New("dictionary requested, could not parse JSON or key=value")
	}
	out := map[string]any{}
	for _, f := range splitFields(strings.TrimSpace(s)) {
		k, item, ok := strings.Cut(f, "=")
		if !ok {
			return nil, fmt.Errorf("dictionary requested, could not parse JSON or key=value: %q has no =", f)
		}
		out[k] = item
	}
	return out, nil
}

// splitFields splits k=v text at commas and blanks outside quotes; quotes and backslashes are removed.
func splitFields(s string) []string {
	var fields []string
	var buf strings.Builder
	var quote rune
	escaped := false
	flush := func() {
		if buf.Len() > 0 {
			fields = append(fields, buf.String())
			buf.Reset()
		}
	}
	for _, r := range s {
		switch {
		case escaped:
			buf.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == r && quote != 0:
			quote = 0
		case quote == 0 && (r == ',' || r == ' '):
			flush()
		default:
			buf.WriteRune(r)
		}
	}
	flush()
	return fields
}

func coerceJSON(v any) (any, error) {
	switch x := normal(v).(type) {
	case string:
		return strings.TrimSpace(x), nil
	case []any, map[string]any:
		b, err := json.Marshal(x)
		return string(b), err
	default:
		return nil, fmt.Errorf("%s cannot be converted to a json string", pyType(v))
	}
}

var sizePattern = regexp.MustCompile(`^\s*([0-9]*\.?[0-9]*)\s*([A-Za-z]+)?`)

// HumanToBytes reads a size such as 10M, 1.5 GB or 512 as Ansible does; units are powers of 1024.
func HumanToBytes(s string) (int, error) {
	m := sizePattern.FindStringSubmatch(s)
	num, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, fmt.Errorf("human_to_bytes() can't interpret following number: %s (original input string: %s)", m[1], s)
	}
	unit := m[2]
	if unit == "" {
		return roundSize(num)
	}
	i := strings.IndexByte("BKMGTPEZY", strings.ToUpper(unit)[0])
	if i < 0 {
		return 0, fmt.Errorf("human_to_bytes() failed to convert %s (unit = %s). The suffix must be one of Y, Z, E, P, T, G, M, K, B", s, unit)
	}
	if len(unit) > 1 && unit[1] != 'B' && !strings.Contains(strings.ToLower(unit), "byte") {
		key := strings.ToUpper(unit)[:1]
		return 0, fmt.Errorf("human_to_bytes() failed to convert %s. Value is not a valid string (expect %sB or %s)", s, key, key)
	}
	return roundSize(num * math.Pow(1024, float64(i)))
}

func roundSize(f float64) (int, error) {
	if f >= math.MaxInt64 || f < 0 {
		return 0, fmt.Errorf("human_to_bytes(): the size is too large")
	}
	return int(math.RoundToEven(f)), nil
}

// Coerce converts a value to a type of parameters (str, int, bool, list …) as modules convert their arguments. An
// unknown type leaves the value as it is.
func Coerce(kind string, v any) (any, error) {
	f := coerceFor(kind)
	if f == nil {
		return v, nil
	}
	return f(expander{}, v)
}
