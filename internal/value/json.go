package value

import (
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSONOptions are the arguments of Python's json.dumps. The zero value is its defaults.
type JSONOptions struct {
	Indent        *int   // nil writes one line
	IndentText    string // overrides Indent when not empty
	SortKeys      bool
	KeepUnicode   bool // ensure_ascii=False
	ItemSeparator string
	KeySeparator  string
	SkipKeys      bool
	RefuseNaN     bool // allow_nan=False
	// Default turns a value that JSON has no form for into one that it has.
	Default func(v any) (any, error)
}

// JSON encodes as Python's json.dumps.
func JSON(v any, o JSONOptions) (string, error) {
	w := jsonWriter{o: o, item: ", ", key: ": "}
	if o.Indent != nil || o.IndentText != "" {
		w.pretty, w.item = true, ","
		w.indent = o.IndentText
		if w.indent == "" {
			w.indent = strings.Repeat(" ", min(max(*o.Indent, 0), maxWidth))
		}
	}
	if o.ItemSeparator != "" {
		w.item = o.ItemSeparator
	}
	if o.KeySeparator != "" {
		w.key = o.KeySeparator
	}
	err := w.write(v, 0)
	return w.String(), err
}

type jsonWriter struct {
	strings.Builder
	o         JSONOptions
	pretty    bool
	indent    string
	item, key string
}

func (w *jsonWriter) write(v any, depth int) error {
	if depth > maxNesting {
		return &ValueError{"Circular reference detected"}
	}
	switch x := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		w.WriteString(strconv.FormatBool(x))
	case int:
		w.WriteString(strconv.Itoa(x))
	case *big.Int:
		w.WriteString(x.String())
	case float64:
		return w.float(x)
	case string:
		w.text(x)
	case Template:
		w.text(x.Src)
	case *List:
		return w.items(x.Items, depth)
	case *Tuple:
		return w.items(x.Items, depth)
	case *Dict:
		return w.dict(x, depth)
	case *Undefined:
		return &UndefinedError{x}
	default:
		if _, isBytes := v.(Bytes); !isBytes {
			if s, ok := TextKind(v); ok {
				w.text(s)
				return nil
			}
		}
		if w.o.Default != nil {
			plain, err := w.o.Default(v)
			if err != nil {
				return err
			}
			return w.write(plain, depth+1)
		}
		return &TypeError{"Object of type " + TypeName(v) + " is not JSON serializable"}
	}
	return nil
}

func (w *jsonWriter) float(f float64) error {
	s := FloatText(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		if w.o.RefuseNaN {
			return &ValueError{"Out of range float values are not JSON compliant"}
		}
		s = map[string]string{"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[s]
	}
	w.WriteString(s)
	return nil
}

func (w *jsonWriter) newline(depth int) {
	if w.pretty {
		w.WriteByte('\n')
		for range depth {
			w.WriteString(w.indent)
		}
	}
}

func (w *jsonWriter) items(items []any, depth int) error {
	if len(items) == 0 {
		w.WriteString("[]")
		return nil
	}
	w.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			w.WriteString(w.item)
		}
		w.newline(depth + 1)
		if err := w.write(item, depth+1); err != nil {
			return err
		}
	}
	w.newline(depth)
	w.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *Dict, depth int) error {
	if d.Len() == 0 {
		w.WriteString("{}")
		return nil
	}
	keys := append([]any{}, d.Keys()...)
	if w.o.SortKeys {
		sorted, err := Sorted(keys, nil, false)
		if err != nil {
			return err
		}
		keys = sorted
	}
	w.WriteByte('{')
	first := true
	for _, k := range keys {
		name, ok := jsonKey(k)
		if !ok {
			if w.o.SkipKeys {
				continue
			}
			return &TypeError{"keys must be str, int, float, bool or None, not " + TypeName(k)}
		}
		if !first {
			w.WriteString(w.item)
		}
		first = false
		w.newline(depth + 1)
		w.text(name)
		w.WriteString(w.key)
		v, _ := d.Get(k)
		if err := w.write(v, depth+1); err != nil {
			return err
		}
	}
	if !first {
		w.newline(depth)
	}
	w.WriteByte('}')
	return nil
}

func jsonKey(k any) (string, bool) {
	switch x := k.(type) {
	case string:
		return x, true
	case Template:
		return x.Src, true
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(x), true
	case int, *big.Int:
		return Repr(x), true
	case float64:
		var w jsonWriter
		_ = w.float(x)
		return w.String(), true
	}
	return "", false
}

func (w *jsonWriter) text(s string) {
	w.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(w, `\udc%02x`, s[i])
			i++
			continue
		}
		w.rune(r)
		i += size
	}
	w.WriteByte('"')
}

func (w *jsonWriter) rune(r rune) {
	switch {
	case r == '"':
		w.WriteString(`\"`)
	case r == '\\':
		w.WriteString(`\\`)
	case r == '\n':
		w.WriteString(`\n`)
	case r == '\r':
		w.WriteString(`\r`)
	case r == '\t':
		w.WriteString(`\t`)
	case r == '\f':
		w.WriteString(`\f`)
	case r == '\b':
		w.WriteString(`\b`)
	case r < 0x20:
		fmt.Fprintf(w, `\u%04x`, r)
	case r < 0x7f, w.o.KeepUnicode:
		w.WriteRune(r)
	case r > 0xffff:
		r -= 0x10000
		fmt.Fprintf(w, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
	default:
		fmt.Fprintf(w, `\u%04x`, r)
	}
}

// SortText orders the keys of a mapping by their text; it serves where Python would refuse keys of mixed types.
func SortText(keys []any) []any {
	out := append([]any{}, keys...)
	sort.SliceStable(out, func(i, j int) bool { return Str(out[i]) < Str(out[j]) })
	return out
}
