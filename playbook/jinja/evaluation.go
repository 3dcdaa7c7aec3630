package jinja

import (
	"errors"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// evaluation is the work on one text, with the texts of the variables it refers to.
type evaluation struct {
	engine  *Engine
	ctx     *Context
	scope   Scope
	host    string // whose scope it is, for hostvars
	cache   map[string]any
	plain   map[any]struct{} // large lists and mappings that are known to hold no templates
	active  *activeText
	budget  *budget
	judging bool // trust matters
	// untrusted is set when judging and a value was used that may have come from a host.
	untrusted bool
}

// activeText is a chain of the texts being rendered within each other.
type activeText struct {
	host, src string
	outer     *activeText
}

// budget is what an evaluation, with all that it contains, has used so far.
type budget struct {
	steps, output, depth int
}

// maxAtOnce is how many evaluations may be under way at once. Only evaluations that start each other without end, through
// lookups or the variables of other hosts, come near it.
const maxAtOnce = 10_000

// begin starts an evaluation; end ends it.
func (e *Engine) begin(c *Context) (*evaluation, error) {
	if e.underWay.Add(1) > maxAtOnce {
		e.underWay.Add(-1)
		return nil, errorf("templates refer to each other without end")
	}
	top := &struct {
		evaluation
		budget
	}{evaluation: evaluation{engine: e, ctx: c, scope: c.Scope}}
	top.evaluation.budget = &top.budget
	return &top.evaluation, nil
}

func (ev *evaluation) end() { ev.engine.underWay.Add(-1) }

// activation is one run of a unit: a template, or one that it includes.
type activation struct {
	unit    *unit
	base    diag.Pos
	convert bool // results of macros and the like that look like literals become values
	blocks  map[string][]blockInstance
	parent  *activation // the template that this one extends
	root    *frame
	isolate bool // no variables are seen: imported without context
	exports []string
}

func (ev *evaluation) step() error {
	ev.budget.steps++
	if ev.budget.steps > ev.engine.limits.Steps {
		return errorf("this takes too many steps")
	}
	return nil
}

// enter notes one more template or macro within others.
func (ev *evaluation) enter() error {
	ev.budget.depth++
	if ev.budget.depth > ev.engine.limits.Recursion {
		return errorf("templates or macros are nested too deeply: do they refer to themselves?")
	}
	return nil
}

func (ev *evaluation) leave() { ev.budget.depth-- }

// now is the time.
func (ev *evaluation) now() time.Time {
	if ev.ctx.Now != nil {
		return ev.ctx.Now()
	}
	return time.Now()
}

func (ev *evaluation) decrypt(v value.Vault) (string, error) {
	if ev.ctx.Decrypt == nil {
		return "", &Error{Message: "an encrypted value is used, but there is no vault secret", Pos: v.Pos}
	}
	text, err := ev.ctx.Decrypt(v)
	if err != nil {
		return "", place(err, v.Pos)
	}
	return text, nil
}

// run executes an expression in a frame.
func (p *program) run(f *frame) (any, error) {
	switch {
	case p.name != "":
		v, err := f.variable(p.name)
		if err != nil {
			return nil, f.locate(err, p.off)
		}
		return v, nil
	case p.constant:
		return p.value, nil
	}
	machines := &f.ev.engine.machines
	m := machines.Get().(*vm.VM)
	v, err := m.Run(p.code, f)
	clear(m.Stack[:cap(m.Stack)])
	clear(m.Variables)
	machines.Put(m)
	if err != nil {
		return nil, f.machineError(err, p.off)
	}
	return v, nil
}

// test executes a condition.
func (p *program) test(f *frame) (bool, error) {
	v, err := p.run(f)
	if err != nil {
		return false, err
	}
	if b, ok := v.(bool); ok {
		return b, nil
	}
	b, err := truth(v)
	return b, f.locate(err, p.off)
}

// machineError finds the error of a function inside that of the machine, and its place in the text.
func (f *frame) machineError(err error, off int) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return f.locate(err, off)
	}
	if fe.From > 0 {
		off = fe.From
	}
	if fe.Prev != nil {
		return f.locate(fe.Prev, off)
	}
	return f.locate(errors.New(fe.Message), off)
}

// locate gives an error without a place one.
func (f *frame) locate(err error, off int) error {
	if err == nil {
		return nil
	}
	return place(err, positionAt(f.act.base, f.act.unit.src, off))
}
