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
	m := &actionModule[P, R]{Action: a}
	if m.Action.Info.Undo == "" {
		m.Action.Info.Undo = UndoNone
	}
	m.spec, m.specErr = SpecOf[P](a.Rules)
	return m
}

type actionModule[P, R any] struct {
	Action[P, R]
	spec    *Spec
	specErr error
}

// Info describes the module.
func (m *actionModule[P, R]) Info() Info { return m.Action.Info }

// Params lists the documented parameters.
func (m *actionModule[P, R]) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *actionModule[P, R]) Spec() (*Spec, error) { return m.spec, m.specErr }

// Run performs one item.
func (m *actionModule[P, R]) Run(ctx context.Context, c *Call) (res Result) {
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
		res, err = m.perform(ctx, c, system, p, d)
	}
	if err != nil {
		res = merge(res, failed(err))
		AddPathInfo(ctx, system, res)
	}
	return finish(res, d, run)
}

func (m *actionModule[P, R]) perform(ctx context.Context, c *Call, s sys.System, p P, d Decoded) (Result, error) {
	reader := sys.ReaderOnly(s)
	if c.Check && m.Preview == nil && m.Guard == nil {
		return skippedInCheck(m.Name), nil
	}
	if m.Guard != nil {
		if res, err := m.Guard(ctx, reader, p); res != nil || err != nil {
			return res, err
		}
	}
	if c.Check {
		if m.Preview == nil {
			return skippedInCheck(m.Name), nil
		}
		return m.Preview(ctx, reader, p)
	}
	id, err := m.before(ctx, c, d)
	if err != nil {
		return nil, err
	}
	r, changed, runErr := m.Action.Run(ctx, s, p)
	res := m.result(p, r)
	if _, has := res["changed"]; !has {
		res["changed"] = changed
	}
	if c.Journal != nil {
		post := []byte(`{"changed":false}`)
		if res.Changed() || runErr != nil {
			post = []byte(`{"changed":true}`)
		}
		if err := c.Journal.After(ctx, id, post); err != nil && runErr == nil {
			runErr = err
		}
	}
	return res, runErr
}

func (m *actionModule[P, R]) before(ctx context.Context, c *Call, d Decoded) (string, error) {
	if c.Journal == nil {
		return "", nil
	}
	e, err := entryOf(m.Name, m.spec, d, nil, nil)
	if err != nil {
		return "", err
	}
	return c.Journal.Before(ctx, e)
}

func (m *actionModule[P, R]) result(p P, r R) Result {
	if m.Report != nil {
		if res := m.Report(p, r); res != nil {
			return res
		}
		return Result{}
	}
	if res, ok := any(r).(Result); ok && res != nil {
		return res
	}
	return Result{}
}

// skippedInCheck is the result of a module that cannot say what it would do.
func skippedInCheck(name string) Result {
	return Result{"skipped": true, "msg": "remote module (" + name + ") does not support check mode"}
}
