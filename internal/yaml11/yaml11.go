// Package yaml11 reads YAML as Ansible does: YAML 1.1 scalars (yes, on, 0644, 1_000, 0x1f), merge keys, !unsafe and
// !vault, with the position of every node, and turns nodes into values.
package yaml11

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// Trust says whether text with Jinja2 markers becomes a Template (playbooks, inventories) or stays a string (facts files,
// output of scripts on hosts).
type Trust bool

// The two levels of trust.
const (
	Trusted   Trust = true
	Untrusted Trust = false
)

// Document is one YAML document of a file. Root is nil for an empty document.
type Document struct {
	File string
	Root *yaml.Node
}

// Parse reads all documents of a file. The error is a *diag.Diagnostic with the place of the mistake.
func Parse(file string, src []byte) ([]Document, error) {
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var docs []Document
	for {
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			if known := withoutSolidus(src, err); known != nil {
				return Parse(file, known)
			}
			return nil, syntaxError(file, src, err)
		}
		doc := Document{File: file}
		if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
			doc.Root = n.Content[0]
		}
		docs = append(docs, doc)
	}
}

// Load reads a file of one document and returns its value; an empty file is nil.
func Load(file string, src []byte, trust Trust) (any, error) {
	docs, err := Parse(file, src)
	if err != nil || len(docs) == 0 || docs[0].Root == nil {
		return nil, err
	}
	if len(docs) > 1 {
		return nil, diag.Errorf(Pos(file, docs[1].Root), "one document was expected, but there is another")
	}
	return Value(file, docs[0].Root, trust)
}

// Pos is the position of a node.
func Pos(file string, n *yaml.Node) diag.Pos {
	if n == nil {
		return diag.Pos{File: file}
	}
	return diag.Pos{File: file, Line: n.Line, Col: n.Column}
}

// HasMarkers reports whether text contains something that Jinja2 would act on.
func HasMarkers(s string) bool {
	i := strings.IndexByte(s, '{')
	for i >= 0 && i+1 < len(s) {
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return true
		}
		j := strings.IndexByte(s[i+1:], '{')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
	return false
}

// Value converts a node to a value. Strings with markers become Templates when the text is trusted.
func Value(file string, n *yaml.Node, trust Trust) (any, error) {
	return (&converter{file: file, trust: trust}).value(n, 0)
}

const maxDepth = 200

type converter struct {
	file    string
	trust   Trust
	copies  int                 // values made so far in place of aliases
	aliases map[*yaml.Node]bool // what aliases around this place stand for
}

// maxCopies bounds what aliases can multiply.
const maxCopies = 1_000_000

func (c *converter) value(n *yaml.Node, depth int) (any, error) {
	if len(c.aliases) > 0 {
		c.copies++
	}
	if depth > maxDepth || c.copies > maxCopies {
		return nil, diag.Errorf(Pos(c.file, n), "the YAML is nested too deeply or its aliases expand too far")
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.alias(n, depth)
	case yaml.SequenceNode:
		return c.sequence(n, depth)
	case yaml.MappingNode:
		return c.mapping(n, depth)
	case yaml.ScalarNode:
		return c.scalar(n)
	default:
		return nil, nil
	}
}

func (c *converter) alias(n *yaml.Node, depth int) (any, error) {
	if c.aliases[n.Alias] {
		return nil, diag.Errorf(Pos(c.file, n), "the alias *%s stands within what it names", n.Value)
	}
	if c.aliases == nil {
		c.aliases = map[*yaml.Node]bool{}
	}
	c.aliases[n.Alias] = true
	defer delete(c.aliases, n.Alias)
	return c.value(n.Alias, depth+1)
}

func (c *converter) sequence(n *yaml.Node, depth int) (any, error) {
	inner := *c
	if n.Tag == "!unsafe" {
		inner.trust = Untrusted
	} else if err := c.collection(n, "!!seq", "!!omap", "!!pairs"); err != nil {
		return nil, err
	}
	l := &value.List{Items: make([]any, 0, len(n.Content))}
	for _, item := range n.Content {
		v, err := inner.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		l.Items = append(l.Items, v)
	}
	c.copies = inner.copies
	return l, nil
}

func (c *converter) mapping(n *yaml.Node, depth int) (any, error) {
	inner := *c
	if n.Tag == "!unsafe" {
		inner.trust = Untrusted
	} else if err := c.collection(n, "!!map", "!!set"); err != nil {
		return nil, err
	}
	d := value.NewDict()
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if IsMerge(n.Content[i]) {
			merges = append(merges, n.Content[i+1])
			continue
		}
		k, err := inner.key(n.Content[i], depth)
		if err != nil {
			return nil, err
		}
		v, err := inner.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		d.Set(k, v)
	}
	for _, m := range merges {
		if err := inner.merge(d, m, depth); err != nil {
			return nil, err
		}
	}
	c.copies = inner.copies
	return d, nil
}

// key converts a mapping's key; keys are never templates.
func (c *converter) key(n *yaml.Node, depth int) (any, error) {
	plain := *c
	plain.trust = Untrusted
	k, err := plain.value(n, depth+1)
	if err != nil {
		return nil, err
	}
	switch k.(type) {
	case *value.Dict, *value.List:
		return nil, diag.Errorf(Pos(c.file, n), "a mapping's key must be plain text").
			WithHint("quote it: a value that starts with {{ needs quotes around it")
	}
	return k, nil
}

// IsMerge reports YAML 1.1's merge key.
func IsMerge(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "<<" && (n.Tag == "" || n.Tag == "!!merge" || n.Tag == "tag:yaml.org,2002:merge")
}

func (c *converter) merge(d *value.Dict, n *yaml.Node, depth int) error {
	v, err := c.value(n, depth+1)
	if err != nil {
		return err
	}
	sources := []any{v}
	if l, ok := v.(*value.List); ok {
		sources = l.Items
	}
	for _, s := range sources {
		src, ok := s.(*value.Dict)
		if !ok {
			return diag.Errorf(Pos(c.file, n), "a merge key needs a mapping or a list of mappings")
		}
		for k, item := range src.All() {
			if _, has := d.Get(k); !has {
				d.Set(k, item)
			}
		}
	}
	return nil
}

func (c *converter) scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!vault", "!vault-encrypted":
		return value.Vault{Ciphertext: n.Value, Pos: Pos(c.file, n)}, nil
	case "!unsafe":
		return n.Value, nil
	}
	if n.Style&yaml.TaggedStyle != 0 {
		return c.tagged(n)
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return c.text(n, n.Value)
	}
	return c.text(n, Resolve(n.Value))
}

func (c *converter) text(n *yaml.Node, v any) (any, error) {
	if s, ok := v.(string); ok && bool(c.trust) && HasMarkers(s) {
		return value.Template{Src: s, Pos: Pos(c.file, n)}, nil
	}
	return v, nil
}

var (
	intPattern   = regexp.MustCompile(`^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$`)
	sexaPattern  = regexp.MustCompile(`^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$`)
	sexaFPattern = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*$`)
	floatPattern = regexp.MustCompile(`^([-+]?([0-9][0-9_]*)\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?)$`)
)

// Resolve gives a plain scalar the type that YAML 1.1 gives it, as PyYAML does. Timestamps stay text, as in Ansible's
// templates they are only ever printed.
func Resolve(s string) any {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return true
	case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return false
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return inf(-1)
	case ".nan", ".NaN", ".NAN":
		return nan()
	}
	if first := s[0]; first != '-' && first != '+' && first != '.' && (first < '0' || first > '9') {
		return s
	}
	return number(s)
}

func number(s string) any {
	plain := strings.ReplaceAll(s, "_", "")
	switch {
	case intPattern.MatchString(s):
		if v, ok := parseInt(plain); ok {
			return v
		}
	case floatPattern.MatchString(s):
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return f
		}
	case sexaPattern.MatchString(s):
		return sexagesimal(plain)
	case sexaFPattern.MatchString(s):
		return sexagesimalFloat(plain)
	}
	return s
}
