// Package yamlout writes values as YAML in the layout that PyYAML's block style has (with libyaml): sorted keys, lists not indented
// below their key, lines folded near 80 columns, anchors for values that stand in several places.
package yamlout

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Options are those of PyYAML's dump. Unicode text is always written as it is.
type Options struct {
	SortKeys bool
	Indent   int // 0 means 2
	Width    int // 0 means 80
}

// Dump returns the document of a value, with a line end.
func Dump(v any, o Options) (string, error) {
	b := &builder{sort: o.SortKeys, known: map[any]*node{}}
	root, err := b.node(v, 0)
	if err != nil {
		return "", err
	}
	b.anchor(root)
	e := newEmitter(o)
	e.root(root)
	return e.out.String(), nil
}

type kind int

const (
	scalar kind = iota
	sequence
	mapping
)

// node is a value prepared for writing.
type node struct {
	kind   kind
	text   string
	tag    string // written tag, "" for none
	plain  bool   // the text may stand without quotes: read back, it has the same type
	block  bool   // write a literal block
	items  []*node
	keys   []*node // of a mapping, beside items
	seen   bool
	anchor string
}

type builder struct {
	sort   bool
	known  map[any]*node
	number int
}

const maxDepth = 200

var errDepth = errors.New("the value is nested too deeply or contains itself")

func (b *builder) node(v any, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch x := v.(type) {
	case *value.Dict:
		return b.once(x, func(n *node) error { return b.mapping(n, x, depth) })
	case *value.List:
		return b.once(x, func(n *node) error { return b.sequence(n, x.Items, depth) })
	case *value.Tuple:
		return b.once(x, func(n *node) error { return b.sequence(n, x.Items, depth) })
	case *value.Set:
		return b.once(x, func(n *node) error { return b.set(n, x, depth) })
	case value.Vault:
		return b.vault(x)
	default:
		return scalarNode(v)
	}
}

// once returns the node that was made of the same object before, so that it gets an anchor.
func (b *builder) once(key any, fill func(*node) error) (*node, error) {
	if n, ok := b.known[key]; ok {
		return n, nil
	}
	n := &node{}
	b.known[key] = n
	return n, fill(n)
}

func (b *builder) vault(x value.Vault) (*node, error) {
	fill := func(n *node) error {
		n.text, n.tag, n.block = x.Ciphertext, "!vault", true
		return nil
	}
	if x.Pos == (diag.Pos{}) {
		n := &node{}
		return n, fill(n)
	}
	return b.once(x.Pos, fill)
}

func (b *builder) sequence(n *node, items []any, depth int) error {
	n.kind = sequence
	for _, item := range items {
		c, err := b.node(item, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, c)
	}
	return nil
}

// set writes a set as a mapping whose values are null.
func (b *builder) set(n *node, s *value.Set, depth int) error {
	d := value.NewDict()
	for _, item := range s.Items {
		d.Set(item, nil)
	}
	n.tag = "!!set"
	return b.mapping(n, d, depth)
}

func (b *builder) mapping(n *node, d *value.Dict, depth int) error {
	n.kind = mapping
	keys := append([]any{}, d.Keys()...)
	if b.sort {
		if sorted, err := value.Sorted(keys, nil, false); err == nil {
			keys = sorted
		}
	}
	for _, k := range keys {
		kn, err := b.node(k, depth+1)
		if err != nil {
			return err
		}
		v, _ := d.Get(k)
		vn, err := b.node(v, depth+1)
		if err != nil {
			return err
		}
		n.keys, n.items = append(n.keys, kn), append(n.items, vn)
	}
	return nil
}

func scalarNode(v any) (*node, error) {
	switch x := v.(type) {
	case nil:
		return &node{text: "null", plain: true}, nil
	case bool:
		return &node{text: strconv.FormatBool(x), plain: true}, nil
	case int:
		return &node{text: strconv.Itoa(x), plain: true}, nil
	case *big.Int:
		return &node{text: x.String(), plain: true}, nil
	case float64:
		return &node{text: floatText(x), plain: true}, nil
	case string:
		return &node{text: x, plain: isPlainText(x)}, nil
	case value.Template:
		return &node{text: x.Src, plain: isPlainText(x.Src)}, nil
	default:
		return nil, fmt.Errorf("a %s cannot be written as YAML", value.TypeName(v))
	}
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
	s := strings.ToLower(value.FloatText(f))
	if !strings.Contains(s, ".") && strings.Contains(s, "e") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// anchor names the nodes that are met a second time, in the order of these meetings.
func (b *builder) anchor(n *node) {
	if n.seen {
		if n.anchor == "" && (n.kind != scalar || n.tag != "") {
			b.number++
			n.anchor = fmt.Sprintf("id%03d", b.number)
		}
		return
	}
	n.seen = true
	for i, item := range n.items {
		if n.kind == mapping {
			b.anchor(n.keys[i])
		}
		b.anchor(item)
	}
}
