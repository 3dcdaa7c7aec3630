// Package pyyaml writes values as YAML with the layout of Python's yaml.dump on libyaml, byte for byte: indentation,
// folding, quoting, anchors and the choice between block and flow style.
package pyyaml

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// Options are the arguments of yaml.dump. The zero value is not its default; see Defaults.
type Options struct {
	Indent        int
	Width         int   // a negative width never folds
	SortKeys      bool  // keys in order, where Python can order them
	FlowStyle     *bool // nil: collections that hold only scalars are written inline
	DefaultStyle  byte  // ' " | > or 0
	Unicode       bool  // characters beyond ASCII are written as they are
	ExplicitStart bool  // ---
	ExplicitEnd   bool  // ...
	Decrypted     func(value.Vault) (string, error)
	// TextStyle changes a text before it is written and chooses its style in place of DefaultStyle; nil changes nothing.
	TextStyle func(text string) (string, byte)
}

// Defaults are those of Ansible's to_yaml.
func Defaults() Options { return Options{Indent: 2, Width: 80, SortKeys: true, Unicode: true} }

// Dump writes a value as one YAML document.
func Dump(v any, o Options) (string, error) {
	if o.Indent < 2 || o.Indent > 9 {
		o.Indent = 2
	}
	switch {
	case o.Width < 0:
		o.Width = math.MaxInt
	case o.Width <= o.Indent*2:
		o.Width = 80
	}
	b := builder{o: o, seen: map[any]*node{}}
	root, err := b.node(v, 0)
	if err != nil {
		return "", err
	}
	e := emitter{o: o, indent: -1, whitespace: true, indention: true}
	return e.document(root), nil
}

type kind int

const (
	scalar kind = iota
	sequence
	mapping
)

// node is a value ready to be written.
type node struct {
	kind          kind
	text          string
	tag           string // written only when it is not implied
	style         byte   // asked for: ' " | > or 0
	plainImplied  bool   // a plain scalar of this text is read back as this value
	quotedImplied bool
	flow          bool
	items         []*node // for mappings keys and values in turn
	uses          int
	anchor        string
}

type builder struct {
	o    Options
	seen map[any]*node
	next int
}

const maxDepth = 500

func (b *builder) node(v any, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, &value.ValueError{Message: "the value is nested too deeply"}
	}
	switch x := v.(type) {
	case *value.List:
		return b.collection(v, depth, sequence, "", x.Items)
	case *value.Tuple:
		return b.collection(v, depth, sequence, "", x.Items)
	case *value.Set:
		return b.collection(v, depth, mapping, "!!set", withNulls(x.Items))
	case *value.Dict:
		return b.collection(v, depth, mapping, "", b.entries(x))
	}
	return b.scalar(v)
}

func withNulls(items []any) []any {
	out := make([]any, 0, 2*len(items))
	for _, item := range items {
		out = append(out, item, nil)
	}
	return out
}

func (b *builder) entries(d *value.Dict) []any {
	keys := d.Keys()
	if b.o.SortKeys {
		if sorted, err := value.Sorted(keys, nil, false); err == nil {
			keys = sorted
		}
	}
	out := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		v, _ := d.Get(k)
		out = append(out, k, v)
	}
	return out
}

func (b *builder) collection(v any, depth int, k kind, tag string, items []any) (*node, error) {
	if n, ok := b.seen[v]; ok {
		if n.uses++; n.anchor == "" {
			b.next++
			n.anchor = fmt.Sprintf("id%03d", b.next)
		}
		return n, nil
	}
	n := &node{kind: k, tag: tag, flow: true, uses: 1}
	b.seen[v] = n
	for _, item := range items {
		child, err := b.node(item, depth+1)
		if err != nil {
			return nil, err
		}
		if child.kind != scalar || child.style != 0 {
			n.flow = false
		}
		n.items = append(n.items, child)
	}
	if b.o.FlowStyle != nil {
		n.flow = *b.o.FlowStyle
	}
	return n, nil
}

func (b *builder) scalar(v any) (*node, error) {
	text := func(s string) *node {
		style := b.o.DefaultStyle
		if b.o.TextStyle != nil {
			s, style = b.o.TextStyle(s)
		}
		return &node{text: s, style: style, plainImplied: readsAsText(s), quotedImplied: true}
	}
	typed := func(s, tag string) *node {
		return &node{text: s, style: b.o.DefaultStyle, tag: tag, plainImplied: true}
	}
	switch x := v.(type) {
	case nil:
		return typed("null", "!!null"), nil
	case bool:
		if x {
			return typed("true", "!!bool"), nil
		}
		return typed("false", "!!bool"), nil
	case int, *big.Int:
		return typed(value.Repr(x), "!!int"), nil
	case float64:
		return typed(floatText(x), "!!float"), nil
	case string:
		return text(x), nil
	case value.Template:
		return text(x.Src), nil
	case value.Bytes:
		return &node{text: wrapped(base64.StdEncoding.EncodeToString([]byte(x))), style: '|', tag: "!!binary"}, nil
	case value.Vault:
		return &node{text: x.Ciphertext, style: '|', tag: "!vault"}, nil
	case value.DateTime, value.Date:
		return typed(value.Str(x), "!!timestamp"), nil
	case *value.Undefined:
		return nil, &value.UndefinedError{Undefined: x}
	}
	if s, ok := value.TextKind(v); ok {
		return text(s), nil
	}
	return nil, &value.TypeError{Message: "('cannot represent an object', " + value.Repr(v) + ")"}
}

// wrapped breaks base64 text into lines as Python's encodebytes does.
func wrapped(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return b.String() + s + "\n"
}

func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	s := value.FloatText(f)
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}
