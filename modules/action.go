package modules

import (
	"context"

	"github.com/musterhq/muster/modules/sys"
)

// Action is a module that does something which has no state to compare: command, script, reboot. It can only be
// undone by a rollback handler; the journal records that it ran.
type Action[P, R any] struct {
	Info
	Rules    Rules
	Validate func(p *P) error
	// Guard, if any, ends the task before it runs by returning a result (creates, removes); nil goes on.
	Guard func(ctx context.Context, r sys.Reader, p P) (Result, error)
	// Preview answers in check mode. Nil: the task is skipped in check mode.
	Preview func(ctx context.Context, r sys.Reader, p P) (Result, error)
	// Run acts and says whether something changed.
	Run func(ctx context.Context, s sys.System, p P) (r R, changed bool, err error)
	// Report gives Ansible's return keys; it may be nil where R is Result. A key changed overrides what Run said.
	Report func(p P, r R) Result
}

// Module wraps the action in the engine.
func (a Action[P, R]) Module() Module {
	m := &actionModule{info: a.Info, newParams: func() any { return new(P) }}
	if m.info.Undo == "" {
		m.info.Undo = UndoNone
	}
	m.spec, m.specErr = SpecOf[P](a.Rules)
	if a.Validate != nil {
		m.validate = func(p any) error { return a.Validate(p.(*P)) }
	}
	if a.Guard != nil {
		m.guard = func(ctx context.Context, r sys.Reader, p any) (Result, error) { return a.Guard(ctx, r, *p.(*P)) }
	}
	if a.Preview != nil {
		m.preview = func(ctx context.Context, r sys.Reader, p any) (Result, error) { return a.Preview(ctx, r, *p.(*P)) }
	}
	m.act = func(ctx context.Context, s sys.System, p any) (Result, bool, error) {
		r, changed, err := a.Run(ctx, s, *p.(*P))
		if a.Report != nil {
			return a.Report(*p.(*P), r), changed, err
		}
		res, _ := any(r).(Result)
		return res, changed, err
	}
	return m
}

// actionModule is the engine around an Action; p is always a *P.
type actionModule struct {
	info      Info
	spec      *Spec
	specErr   error
	newParams func() any
	validate  func(p any) error                                              // may be nil
	guard     func(ctx context.Context, r sys.Reader, p any) (Result, error) // may be nil
	preview   func(ctx context.Context, r sys.Reader, p any) (Result, error) // may be nil
	act       func(ctx context.Context, s sys.System, p any) (Result, bool, error)
}

// Info describes the module.
func (m *actionModule) Info() Info { return m.info }

// Params lists the documented parameters.
func (m *actionModule) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *actionModule) Spec() (*Spec, error) { return m.spec, m.specErr }

// Run performs one item.
func (m *actionModule) Run(ctx context.Context, c *Call) Result {
	return runModule(ctx, c, m.info, m.spec, m.specErr, m.newParams(), m.validate,
		func(ctx context.Context, s sys.System, p any, d Decoded) (Result, error) {
			return m.perform(ctx, c, s, p, d)
		})
}

func (m *actionModule) perform(ctx context.Context, c *Call, s sys.System, p any, d Decoded) (Result, error) {
	reader := sys.ReaderOnly(s)
	if c.Check && m.preview == nil && m.guard == nil {
		return skippedInCheck(m.info.Name), nil
	}
	if m.guard != nil {
		if res, err := m.guard(ctx, reader, p); res != nil || err != nil {
			return res, err
		}
	}
	if c.Check {
		if m.preview == nil {
			return skippedInCheck(m.info.Name), nil
		}
		return m.preview(ctx, reader, p)
	}
	id, err := m.before(ctx, c, d)
	if err != nil {
		return nil, err
	}
	res, changed, runErr := m.act(ctx, s, p)
	if res == nil {
		res = Result{}
	}
	if _, has := res["changed"]; !has {
		res["changed"] = changed
	}
	if c.Journal != nil {
		var post []byte
		if res.Changed() || runErr != nil {
			post = []byte(`{"changed":true}`)
		}
		if err := c.Journal.After(ctx, id, post); err != nil {
			Warn(ctx, "the journal's entry could not be finished: %v", err)
		}
	}
	return res, runErr
}

func (m *actionModule) before(ctx context.Context, c *Call, d Decoded) (string, error) {
	if c.Journal == nil {
		return "", nil
	}
	e, err := entryOf(m.info.Name, m.spec, d, nil, nil)
	if err != nil {
		return "", err
	}
	return c.Journal.Before(ctx, e)
}

// skippedInCheck is the result of a module that cannot say what it would do.
func skippedInCheck(name string) Result {
	return Result{"skipped": true, "msg": "remote module (" + name + ") does not support check mode"}
}
