package inventory

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// document is a YAML or JSON file that this side of a run trusts.
type document struct {
	file  string
	value any
	root  *yaml.Node // nil for JSON
}

// readDocument parses a file; text with markers becomes templates. JSON is tried first where it may be JSON.
func readDocument(file string, src []byte) (*document, error) {
	text := string(src)
	if t := strings.TrimLeft(text, " \t\r\n"); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		if v, err := value.ParseJSON(text); err == nil {
			return &document{file: file, value: trusted(v, diag.Pos{File: file, Line: 1, Col: 1})}, nil
		}
	}
	docs, err := yaml11.Parse(file, src)
	if err != nil || len(docs) == 0 || docs[0].Root == nil {
		return &document{file: file}, err
	}
	if len(docs) > 1 {
		return nil, diag.Errorf(yaml11.Pos(file, docs[1].Root), "one YAML document was expected, but there is another")
	}
	v, err := yaml11.Value(file, docs[0].Root, yaml11.Trusted)
	return &document{file: file, value: v, root: docs[0].Root}, err
}

// pos finds where a key stands, given the keys on the way to it; it comes as near as it can.
func (d *document) pos(keys ...string) diag.Pos {
	at := diag.Pos{File: d.file, Line: 1, Col: 1}
	n := d.root
	for _, key := range keys {
		k, v := child(n, key)
		if k == nil {
			break
		}
		at, n = yaml11.Pos(d.file, k), v
	}
	return at
}

func child(n *yaml.Node, key string) (k, v *yaml.Node) {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// duplicates returns what to say about keys that a mapping of the document has twice: warnings, errors or nothing, as
// the mode (duplicate_dict_key) says.
func (d *document) duplicates(mode string) diag.List {
	if mode == "ignore" || d.root == nil {
		return nil
	}
	severity := diag.Warning
	if mode == "error" {
		severity = diag.Error
	}
	var found diag.List
	walkMappings(d.root, 0, func(n *yaml.Node) {
		first := make(map[string]*yaml.Node, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode || yaml11.IsMerge(k) {
				continue
			}
			if before := first[k.Value]; before != nil && before.Tag == k.Tag {
				x := diag.Errorf(yaml11.Pos(d.file, k), "found a duplicate dict key (%s), first in line %d", k.Value, before.Line).
					WithHint("the last value is used; remove the others")
				x.Severity = severity
				found.Add(x)
			}
			first[k.Value] = k
		}
	})
	return found
}

func walkMappings(n *yaml.Node, depth int, visit func(*yaml.Node)) {
	if depth > maxNesting*3 {
		return
	}
	if n.Kind == yaml.MappingNode {
		visit(n)
	}
	for _, c := range n.Content {
		walkMappings(c, depth+1, visit)
	}
}
