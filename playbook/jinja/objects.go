package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// namespace is an object whose attributes templates may set, even inside loops.
type namespace struct{ attrs *value.Dict }

func globalNamespace(f *frame, args []any, kw *value.Dict) (any, error) {
	d, err := globalDict(f, args, kw)
	if err != nil {
		return nil, err
	}
	return &namespace{d.(*value.Dict)}, nil
}

// TypeName implements value.Object.
func (n *namespace) TypeName() string { return "Namespace" }

// Repr implements value.Object.
func (n *namespace) Repr() string { return "<Namespace " + value.Repr(n.attrs) + ">" }

// Attr implements value.Object.
func (n *namespace) Attr(name string) (any, bool) { return n.attrs.Get(name) }

// cycler yields its items in turn.
type cycler struct {
	items []any
	pos   int
}

func globalCycler(_ *frame, args []any, _ *value.Dict) (any, error) {
	if len(args) == 0 {
		return nil, &value.TypeError{Message: "at least one item has to be provided"}
	}
	return &cycler{items: append([]any{}, args...)}, nil
}

// TypeName implements value.Object.
func (c *cycler) TypeName() string { return "Cycler" }

// Repr implements value.Object.
func (c *cycler) Repr() string { return "<Cycler>" }

// Attr implements value.Object.
func (c *cycler) Attr(name string) (any, bool) {
	switch name {
	case "current":
		return c.items[c.pos], true
	case "next":
		return value.Func(func([]any, *value.Dict) (any, error) {
			v := c.items[c.pos]
			c.pos = (c.pos + 1) % len(c.items)
			return v, nil
		}), true
	case "reset":
		return value.Func(func([]any, *value.Dict) (any, error) {
			c.pos = 0
			return nil, nil
		}), true
	}
	return nil, false
}

// joiner yields nothing the first time, and its separator from then on.
type joiner struct {
	separator any
	used      bool
}

func globalJoiner(_ *frame, args []any, kw *value.Dict) (any, error) {
	sep := argument1(args, kw, 0, "sep")
	if sep == nil {
		sep = ", "
	}
	return &joiner{separator: sep}, nil
}

// TypeName implements value.Object.
func (j *joiner) TypeName() string { return "Joiner" }

// Repr implements value.Object.
func (j *joiner) Repr() string { return "<Joiner>" }

// Attr implements value.Object.
func (j *joiner) Attr(name string) (any, bool) {
	switch name {
	case "sep":
		return j.separator, true
	case "used":
		return j.used, true
	}
	return nil, false
}

func (j *joiner) call(*frame, []any, *value.Dict) (any, error) {
	if !j.used {
		j.used = true
		return "", nil
	}
	return j.separator, nil
}
