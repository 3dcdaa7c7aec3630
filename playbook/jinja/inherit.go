package jinja

import (
	"errors"
	"io/fs"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// blockInstance is a block of one of the templates of an inheritance chain, with the template it stands in.
type blockInstance struct {
	block *blockStatement
	act   *activation
}

// activate prepares a run of a unit.
func (ev *evaluation) activate(u *unit, base diag.Pos, convert bool) *frame {
	top := &struct {
		activation
		frame
	}{activation{unit: u, base: base, convert: convert}, frame{ev: ev}}
	act, f := &top.activation, &top.frame
	f.act, act.root = act, f
	if len(u.blocks) > 0 {
		act.blocks = map[string][]blockInstance{}
		for name, b := range u.blocks {
			act.blocks[name] = []blockInstance{{b, act}}
		}
	}
	return f
}

// runRoot runs a template from its top, and then the template that it extends.
func (f *frame) runRoot(out *sink) error {
	if _, err := f.exec(f.act.unit.body, out); err != nil {
		return err
	}
	if parent := f.act.parent; parent != nil {
		if err := f.ev.enter(); err != nil {
			return err
		}
		defer f.ev.leave()
		out.muted = false
		return parent.root.runRoot(out)
	}
	return nil
}

// loadTemplate finds another template by the name that an expression gives; of a list, the first that is there.
func (f *frame) loadTemplate(p *program) (*unit, diag.Pos, error) {
	v, err := p.run(f)
	if err == nil {
		v, err = f.ev.argument(v)
	}
	if err != nil {
		return nil, diag.Pos{}, err
	}
	names := []any{v}
	switch x := v.(type) {
	case *value.List:
		names = x.Items
	case *value.Tuple:
		names = x.Items
	}
	err = fs.ErrNotExist
	for _, n := range names {
		name, terr := text(n)
		if terr != nil {
			return nil, diag.Pos{}, f.locate(terr, p.off)
		}
		var u *unit
		var base diag.Pos
		u, base, err = f.ev.load(name, f.act.unit.syntax)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return u, base, f.locate(err, p.off)
		}
	}
	return nil, diag.Pos{}, f.locate(&Error{Message: "template not found: " + value.Str(v), Err: err}, p.off)
}

func (ev *evaluation) load(name string, s *Syntax) (*unit, diag.Pos, error) {
	if ev.ctx.Load == nil {
		return nil, diag.Pos{}, fs.ErrNotExist
	}
	src, path, err := ev.ctx.Load(name)
	if err != nil {
		return nil, diag.Pos{}, err
	}
	base := diag.Pos{File: path, Line: 1, Col: 1}
	u, err := ev.engine.unit(unitTemplate, src, false, s)
	if err != nil {
		return nil, base, syntaxProblem(err, src, base)
	}
	return u, base, nil
}

func (f *frame) execExtends(s *extendsStatement, out *sink) error {
	if f.act.parent != nil {
		return f.locate(errorf("extended multiple times"), s.off)
	}
	u, base, err := f.loadTemplate(s.name)
	if err != nil {
		return err
	}
	parent := f.ev.activate(u, base, f.act.convert)
	own := parent.act.blocks
	// the parent sees what the child has set, and the child's blocks stand before its own
	parent.vars, parent.parent = nil, f
	parent.act.isolate = f.act.isolate
	parent.act.blocks = f.act.blocks
	if parent.act.blocks == nil {
		parent.act.blocks = map[string][]blockInstance{}
	}
	for name, list := range own {
		parent.act.blocks[name] = append(parent.act.blocks[name], list...)
	}
	f.act.blocks = parent.act.blocks
	f.act.parent = parent.act
	out.muted = true
	return nil
}

func (f *frame) execBlock(s *blockStatement, out *sink) error {
	if out.muted {
		return nil
	}
	list := f.act.blocks[s.name]
	if s.required && len(list) <= 1 {
		return f.locate(errorf("Required block %s not found", value.Repr(s.name)), s.off)
	}
	outer := f.act.root
	if s.scoped {
		outer = f
	}
	return f.runBlock(list, 0, outer, out)
}

// runBlock runs one block of a chain: what a child has put in its place.
func (f *frame) runBlock(list []blockInstance, depth int, outer *frame, out *sink) error {
	if depth >= len(list) {
		return nil
	}
	if err := f.ev.enter(); err != nil {
		return err
	}
	defer f.ev.leave()
	b := list[depth]
	act := *b.act
	act.blocks, act.parent, act.root = f.act.blocks, nil, f.act.root
	inner := &frame{ev: f.ev, act: &act, parent: outer}
	inner.set("super", &blockReference{list: list, depth: depth + 1, frame: inner, outer: outer})
	_, err := inner.exec(b.block.body, out)
	return err
}

// blockReference is super, or an attribute of self: calling it renders a block.
type blockReference struct {
	list  []blockInstance
	depth int
	frame *frame
	outer *frame
}

// TypeName implements value.Object.
func (b *blockReference) TypeName() string { return "BlockReference" }

// Repr implements value.Object.
func (b *blockReference) Repr() string { return "<BlockReference>" }

// Attr implements value.Object.
func (b *blockReference) Attr(name string) (any, bool) {
	if name != "super" {
		return nil, false
	}
	return &blockReference{b.list, b.depth + 1, b.frame, b.outer}, true
}

func (b *blockReference) call(f *frame, _ []any, _ *value.Dict) (any, error) {
	if b.depth >= len(b.list) {
		return nil, &value.UndefinedError{Undefined: &value.Undefined{
			Name: "super", Hint: "there is no parent block called " + value.Repr(b.list[0].block.name) + ".",
		}}
	}
	out := &sink{ev: f.ev}
	if err := b.frame.runBlock(b.list, b.depth, b.outer, out); err != nil {
		return nil, err
	}
	return out.joined()
}

// selfReference is the variable self, whose attributes are the blocks.
type selfReference struct{ frame *frame }

// TypeName implements value.Object.
func (s *selfReference) TypeName() string { return "TemplateReference" }

// Repr implements value.Object.
func (s *selfReference) Repr() string { return "<TemplateReference None>" }

// Attr implements value.Object.
func (s *selfReference) Attr(name string) (any, bool) {
	list, ok := s.frame.act.blocks[name]
	if !ok {
		return nil, false
	}
	return &blockReference{list, 0, s.frame, s.frame}, true
}
