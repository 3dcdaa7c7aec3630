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
	m := &queryModule[P]{Query: q}
	if m.Query.Info.Undo == "" {
		m.Query.Info.Undo = UndoFull
	}
	m.spec, m.specErr = SpecOf[P](q.Rules)
	return m
}

type queryModule[P any] struct {
	Query[P]
	spec    *Spec
	specErr error
}

// Info describes the module.
func (m *queryModule[P]) Info() Info { return m.Query.Info }

// Params lists the documented parameters.
func (m *queryModule[P]) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *queryModule[P]) Spec() (*Spec, error) { return m.spec, m.specErr }

// Run performs one item.
func (m *queryModule[P]) Run(ctx context.Context, c *Call) (res Result) {
	defer recovered(m.Name, &res)
	if m.specErr != nil {
		return Failf("%s: %v", m.Name, m.specErr)
	}
	ctx, run := begin(ctx, c)
	defer run.end()
	system := c.system()
	p, d, err := Decode[P](ctx, m.spec, m.Name, system, c.Args)
	if err == nil && m.Validate != nil {
		err = m.Validate(&p)
	}
	if err == nil {
		res, err = m.Query.Run(ctx, sys.ReaderOnly(system), p)
	}
	if err != nil {
		res = merge(res, failed(err))
		AddPathInfo(ctx, system, res)
	}
	return finish(res, d, run)
}
