package yaml11

import (
	"math/big"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// tagged converts a scalar whose type the file names: !!int, !!float, !!bool, !!null or !!str.
func (c *converter) tagged(n *yaml.Node) (any, error) {
	v := Resolve(n.Value)
	switch n.Tag {
	case "!!str", "!!python/unicode":
		return c.text(n, n.Value)
	case "!!binary", "!!timestamp":
		return c.text(n, v)
	case "!!null":
		return nil, nil
	case "!!bool":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "!!int":
		switch i := v.(type) {
		case int, *big.Int:
			return i, nil
		}
	case "!!float":
		if _, isBool := v.(bool); !isBool {
			if f, ok := value.Float(v); ok {
				return f, nil
			}
		}
	default:
		return nil, c.unknownTag(n)
	}
	return nil, diag.Errorf(Pos(c.file, n), "%q is not what its tag %s says", n.Value, n.Tag)
}

// collection refuses tags of lists and mappings that nobody knows.
func (c *converter) collection(n *yaml.Node, known ...string) error {
	if n.Style&yaml.TaggedStyle == 0 || slices.Contains(known, n.Tag) {
		return nil
	}
	return c.unknownTag(n)
}

func (c *converter) unknownTag(n *yaml.Node) error {
	return diag.Errorf(Pos(c.file, n), "could not determine a constructor for the tag '%s'", n.Tag).
		WithHint("the tags of playbooks are !vault and !unsafe; a text that starts with ! needs quotes")
}
