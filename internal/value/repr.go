package value

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Object is a value of the template engine's own, such as a macro or a namespace.
type Object interface {
	TypeName() string
	Repr() string
	Attr(name string) (any, bool)
}

// Str writes a value as Python's str does.
func Str(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case Template:
		return x.Src
	case Vault:
		return x.Ciphertext
	case DateTime:
		return x.text(" ")
	case Date:
		return x.Format("2006-01-02")
	case TimeDelta:
		return x.text()
	case Bytes:
		return Repr(v)
	}
	if s, ok := TextKind(v); ok {
		return s
	}
	return Repr(v)
}

// Repr writes a value as Python's repr does.
func Repr(v any) string {
	var w reprWriter
	w.write(v)
	return w.String()
}

type reprWriter struct {
	strings.Builder
	open []any // the containers being written, to stop at one that contains itself
}

func (w *reprWriter) write(v any) {
	switch x := v.(type) {
	case nil:
		w.WriteString("None")
	case bool:
		if x {
			w.WriteString("True")
		} else {
			w.WriteString("False")
		}
	case int:
		w.WriteString(strconv.Itoa(x))
	case *big.Int:
		w.WriteString(x.String())
	case float64:
		w.WriteString(FloatText(x))
	case string:
		w.WriteString(quote(x))
	case Bytes:
		w.WriteString(quoteBytes(string(x)))
	case Template:
		w.WriteString(quote(x.Src))
	case Vault:
		w.WriteString(quote(x.Ciphertext))
	case *List:
		w.items("[", x.Items, "]", x)
	case *Tuple:
		if len(x.Items) == 1 {
			w.items("(", x.Items, ",)", x)
		} else {
			w.items("(", x.Items, ")", x)
		}
	case *Set:
		if len(x.Items) == 0 {
			w.WriteString("set()")
		} else {
			w.items("{", x.Items, "}", x)
		}
	case *Dict:
		w.dict(x)
	default:
		w.object(v)
	}
}

func (w *reprWriter) object(v any) {
	switch x := v.(type) {
	case *Undefined:
		if x.Lenient {
			w.WriteString("Undefined")
			return
		}
		fmt.Fprintf(w, "AnsibleUndefined(hint=%s, obj=missing, name=%s)", hintRepr(x.Hint), quote(x.Name))
	case DateTime:
		w.WriteString(x.repr())
	case Date:
		fmt.Fprintf(w, "datetime.date(%d, %d, %d)", x.Year(), x.Month(), x.Day())
	case TimeDelta:
		w.WriteString(x.repr())
	case Object:
		w.WriteString(x.Repr())
	case Func:
		w.WriteString("<built-in method>")
	default:
		if s, ok := TextKind(v); ok {
			w.WriteString(quote(s))
			return
		}
		fmt.Fprintf(w, "<%s object>", TypeName(v))
	}
}

func hintRepr(hint string) string {
	if hint == "" {
		return "None"
	}
	return quote(hint)
}

// enter notes that a container is being written; false means it contains itself or nests beyond all reason.
func (w *reprWriter) enter(container any) bool {
	if len(w.open) > maxNesting {
		return false
	}
	for _, c := range w.open {
		if c == container {
			return false
		}
	}
	w.open = append(w.open, container)
	return true
}

const maxNesting = 1000

func (w *reprWriter) leave() { w.open = w.open[:len(w.open)-1] }

func (w *reprWriter) items(open string, items []any, end string, container any) {
	w.WriteString(open)
	if w.enter(container) {
		for i, item := range items {
			if i > 0 {
				w.WriteString(", ")
			}
			w.write(item)
		}
		w.leave()
	} else {
		w.WriteString("...")
	}
	w.WriteString(end)
}

func (w *reprWriter) dict(d *Dict) {
	w.WriteByte('{')
	if w.enter(d) {
		first := true
		for k, v := range d.All() {
			if !first {
				w.WriteString(", ")
			}
			first = false
			w.write(k)
			w.WriteString(": ")
			w.write(v)
		}
		w.leave()
	} else {
		w.WriteString("...")
	}
	w.WriteByte('}')
}

// quote writes text between the quotes that Python chooses, with its escapes. A byte that is no UTF-8 is written as the
// surrogate that Python holds in its place.
func quote(s string) string {
	q := quoteChar(s)
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(q)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\udc%02x`, s[i])
		} else {
			writeRune(&b, r, q)
		}
		i += size
	}
	b.WriteByte(q)
	return b.String()
}

func quoteChar(s string) byte {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return '"'
	}
	return '\''
}

func writeRune(b *strings.Builder, r rune, q byte) {
	switch {
	case r == rune(q) || r == '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case unicode.IsPrint(r):
		b.WriteRune(r)
	case r < 0x100:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

func quoteBytes(s string) string {
	q := quoteChar(s)
	var b strings.Builder
	b.WriteByte('b')
	b.WriteByte(q)
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			writeRune(&b, rune(c), q)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	b.WriteByte(q)
	return b.String()
}
