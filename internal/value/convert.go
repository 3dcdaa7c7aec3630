package value

import (
	"encoding/json"
	"math/big"
	"sort"
	"strconv"
)

// From converts plain Go data (as JSON, CBOR or a module's result give it) to values. Maps of Go have no order,
// so their keys are sorted. Values that are values already are returned as they are.
func From(v any) any {
	switch x := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		d := NewDict()
		for _, k := range keys {
			d.Set(k, From(x[k]))
		}
		return d
	case map[any]any:
		return fromAnyMap(x)
	case []any:
		l := &List{Items: make([]any, len(x))}
		for i, item := range x {
			l.Items[i] = From(item)
		}
		return l
	case []string:
		l := &List{Items: make([]any, len(x))}
		for i, item := range x {
			l.Items[i] = item
		}
		return l
	case []map[string]any:
		l := &List{Items: make([]any, len(x))}
		for i, item := range x {
			l.Items[i] = From(item)
		}
		return l
	case map[string]string:
		m := make(map[string]any, len(x))
		for k, s := range x {
			m[k] = s
		}
		return From(m)
	case []byte:
		return string(x)
	case json.Number:
		return fromNumber(x)
	default:
		return fromScalar(v)
	}
}

func fromAnyMap(m map[any]any) any {
	keys := make([]any, 0, len(m))
	for k := range m {
		keys = append(keys, From(k))
	}
	sort.Slice(keys, func(i, j int) bool { return sortText(keys[i]) < sortText(keys[j]) })
	d := NewDict()
	for k, v := range m {
		d.Set(From(k), From(v))
	}
	ordered := NewDict()
	for _, k := range keys {
		v, _ := d.Get(k)
		ordered.Set(k, v)
	}
	return ordered
}

func sortText(k any) string {
	switch x := k.(type) {
	case string:
		return x
	case int:
		return strconv.Itoa(x)
	default:
		return ""
	}
}

func fromNumber(n json.Number) any {
	if i, err := strconv.Atoi(n.String()); err == nil {
		return i
	}
	if b, ok := new(big.Int).SetString(n.String(), 10); ok {
		return b
	}
	f, _ := n.Float64()
	return f
}

func fromScalar(v any) any {
	switch x := v.(type) {
	case int8:
		return int(x)
	case int16:
		return int(x)
	case int32:
		return int(x)
	case int64:
		return int(x)
	case uint:
		return fromUint(uint64(x))
	case uint8:
		return int(x)
	case uint16:
		return int(x)
	case uint32:
		return int(x)
	case uint64:
		return fromUint(x)
	case float32:
		return float64(x)
	default:
		return v
	}
}

func fromUint(u uint64) any {
	if i := int(u); i >= 0 && uint64(i) == u {
		return i
	}
	return new(big.Int).SetUint64(u)
}

// ToGo converts a value to plain Go data: map[string]any, []any and scalars, as the wire and JSON want it.
// Keys that are no strings are written as JSON writes them. Templates and vaults must have been rendered before;
// their source text is returned. Undefined becomes nil.
func ToGo(v any) any {
	switch x := v.(type) {
	case *Dict:
		m := make(map[string]any, x.Len())
		for k, item := range x.All() {
			m[KeyText(k)] = ToGo(item)
		}
		return m
	case *List:
		return toGoSlice(x.Items)
	case *Tuple:
		return toGoSlice(x.Items)
	case Template:
		return x.Src
	case Vault:
		return x.Ciphertext
	case *Undefined:
		return nil
	default:
		return toGoOther(v)
	}
}

// toGoOther converts what only templates compute with: sets become lists, times and functions text.
func toGoOther(v any) any {
	switch x := v.(type) {
	case nil, bool, int, float64, string, *big.Int:
		return v
	case *Set:
		return toGoSlice(x.Items)
	case Bytes:
		return string(x)
	case DateTime, Date, TimeDelta, Func, Object:
		return Str(x)
	case Mapping:
		d, err := entriesOf(x)
		if err != nil {
			return nil
		}
		return ToGo(d)
	}
	if s, ok := TextKind(v); ok {
		return s
	}
	return v
}

func toGoSlice(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = ToGo(item)
	}
	return out
}

// KeyText writes a mapping's key as JSON does: true, null, 1, text.
func KeyText(k any) string {
	switch x := k.(type) {
	case string:
		return x
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	default:
		b, err := json.Marshal(ToGo(x))
		if err != nil {
			return ""
		}
		return string(b)
	}
}
