package jinja

import (
	"errors"
	"io/fs"

	"github.com/musterhq/muster/internal/value"
)

func (f *frame) execInclude(s *includeStatement, out *sink) error {
	if out.muted {
		return nil
	}
	u, base, err := f.loadTemplate(s.name)
	if err != nil {
		if s.ignoreMissing && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := f.ev.enter(); err != nil {
		return f.locate(err, s.off)
	}
	defer f.ev.leave()
	inner := f.ev.activate(u, base, f.act.convert)
	if s.withContext {
		inner.parent = f
		inner.act.isolate = f.act.isolate
	} else {
		inner.act.isolate = true
	}
	return inner.runRoot(out)
}

// module is an imported template: its attributes are the macros and variables set at its top.
type module struct {
	name  string
	attrs *value.Dict
}

// TypeName implements value.Object.
func (m *module) TypeName() string { return "TemplateModule" }

// Repr implements value.Object.
func (m *module) Repr() string { return "<TemplateModule " + value.Repr(m.name) + ">" }

// Attr implements value.Object.
func (m *module) Attr(name string) (any, bool) { return m.attrs.Get(name) }

func (f *frame) importModule(p *program, withContext bool, off int) (*module, error) {
	u, base, err := f.loadTemplate(p)
	if err != nil {
		return nil, err
	}
	if err := f.ev.enter(); err != nil {
		return nil, f.locate(err, off)
	}
	defer f.ev.leave()
	inner := f.ev.activate(u, base, f.act.convert)
	if withContext {
		inner.parent = f
		inner.act.isolate = f.act.isolate
	} else {
		inner.act.isolate = true
	}
	if err := inner.runRoot(&sink{ev: f.ev}); err != nil {
		return nil, err
	}
	m := &module{name: base.File, attrs: value.NewDict()}
	for _, name := range inner.act.exports {
		v, _ := inner.local(name)
		m.attrs.Set(name, v)
	}
	return m, nil
}

func (f *frame) execImport(s *importStatement) error {
	m, err := f.importModule(s.name, s.withContext, s.off)
	if err != nil {
		return err
	}
	f.export(s.as, m)
	return nil
}

func (f *frame) execFrom(s *fromStatement) error {
	m, err := f.importModule(s.name, s.withContext, s.off)
	if err != nil {
		return err
	}
	for _, n := range s.names {
		v, ok := m.attrs.Get(n.name)
		if !ok {
			v = &value.Undefined{Name: n.name, Hint: "the template " + value.Repr(m.name) + " does not export the requested name " + value.Repr(n.name)}
		}
		f.export(n.as, v)
	}
	return nil
}
