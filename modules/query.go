package modules

import (
	"context"

	"github.com/musterhq/muster/modules/sys"
)

// Query is a module that only looks: stat, slurp, find, setup. It cannot write, so it runs the same in check mode.
type Query[P any] struct {
	Info
	Rules    Rules
	Validate func(p *P) error
	Run      func(ctx context.Context, r sys.Reader, p P) (Result, error)
}

// Module wraps the query in the engine.
func (q Query[P]) Module() Module {
	m := &queryModule{info: q.Info, newParams: func() any { return new(P) }}
	if m.info.Undo == "" {
		m.info.Undo = UndoFull
	}
	m.spec, m.specErr = SpecOf[P](q.Rules)
	if q.Validate != nil {
		m.validate = func(p any) error { return q.Validate(p.(*P)) }
	}
	m.look = func(ctx context.Context, r sys.Reader, p any) (Result, error) { return q.Run(ctx, r, *p.(*P)) }
	return m
}

// ReadOnly reports whether a module only looks at machines.
func ReadOnly(m Module) bool {
	_, query := m.(*queryModule)
	return query
}

// queryModule is the engine around a Query; p is always a *P.
type queryModule struct {
	info      Info
	spec      *Spec
	specErr   error
	newParams func() any
	validate  func(p any) error // may be nil
	look      func(ctx context.Context, r sys.Reader, p any) (Result, error)
}

// Info describes the module.
func (m *queryModule) Info() Info { return m.info }

// Params lists the documented parameters.
func (m *queryModule) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *queryModule) Spec() (*Spec, error) { return m.spec, m.specErr }

// Run performs one item.
func (m *queryModule) Run(ctx context.Context, c *Call) Result {
	return runModule(ctx, c, m.info, m.spec, m.specErr, m.newParams(), m.validate,
		func(ctx context.Context, s sys.System, p any, _ Decoded) (Result, error) {
			return m.look(ctx, sys.ReaderOnly(s), p)
		})
}
