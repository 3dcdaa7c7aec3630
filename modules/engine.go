package modules

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// stateModule is the engine around a State: p is always a *P, states are always an S.
type stateModule struct {
	info        Info
	spec        *Spec
	specErr     error
	newParams   func() any
	decodeState func([]byte) (any, error)

	read    func(ctx context.Context, r sys.Reader, p any) (any, error)
	want    func(p, now any) (any, error)
	apply   func(ctx context.Context, s sys.System, p, from, to any) error
	report  func(p, from, to any, changed bool) Result
	equal   func(a, b any) bool
	settled func(p, want, got any) bool
	same    func(a, b any) bool
	stands  func(post, now any) bool
	beside  func(from, now any) bool
	whole   func(p, from, want any) bool
	unseen  bool

	within func(ctx context.Context, s sys.System) (context.Context, func())

	// what follows may be nil
	validate func(p any) error
	skip     func(ctx context.Context, r sys.Reader, p any) (Result, error)
	diff     func(ctx context.Context, r sys.Reader, p, from, to any) (any, error)
	keep     func(ctx context.Context, r sys.Reader, p, from, want any, keep KeepFunc) (any, error)
	carry    func(ctx context.Context, r sys.Reader, known, got any) (any, error)
	prepare  func(ctx context.Context, s sys.System, p any) error
	upkeep   func(ctx context.Context, s sys.System, p, now any) error
}

// Info describes the module.
func (m *stateModule) Info() Info { return m.info }

// Params lists the documented parameters.
func (m *stateModule) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *stateModule) Spec() (*Spec, error) { return m.spec, m.specErr }

func params(s *Spec) []Param {
	if s == nil {
		return nil
	}
	return s.Params()
}

// Run performs one item.
func (m *stateModule) Run(ctx context.Context, c *Call) Result {
	ctx, end := m.within(ctx, c.Sys)
	defer end()
	return runModule(ctx, c, m.info, m.spec, m.specErr, m.newParams(), m.validate,
		func(ctx context.Context, s sys.System, p any, d Decoded) (Result, error) {
			if c.Check && m.info.NoCheck {
				return skippedInCheck(m.info.Name), nil
			}
			return m.perform(ctx, c, s, p, d)
		})
}

// runModule is what all kinds of modules do around their work: decode, validate, and turn errors into results.
func runModule(ctx context.Context, c *Call, info Info, spec *Spec, specErr error, p any, validate func(any) error,
	work func(ctx context.Context, s sys.System, p any, d Decoded) (Result, error)) (res Result) {
	defer recovered(info.Name, &res)
	if specErr != nil {
		return Failf("%s: %v", info.Name, specErr)
	}
	ctx, run := begin(ctx, c)
	defer run.end()
	system := c.system()
	d, err := spec.decodeInto(reflect.ValueOf(p).Elem(), info.Name, expander{ctx, system}, c.Args)
	if err == nil && validate != nil {
		err = validate(p)
	}
	if err == nil {
		res, err = work(ctx, system, p, d)
	}
	if err != nil {
		res = merge(res, failed(err))
		AddPathInfo(ctx, system, res)
	}
	return finish(res, d, run)
}

func (m *stateModule) perform(ctx context.Context, c *Call, s sys.System, p any, d Decoded) (Result, error) {
	reader := sys.ReaderOnly(s)
	if m.skip != nil {
		if res, err := m.skip(ctx, reader, p); res != nil || err != nil {
			return res, err
		}
	}
	if m.prepare != nil && !c.Check {
		if err := m.prepare(ctx, s, p); err != nil {
			return nil, err
		}
	}
	from, err := m.read(ctx, reader, p)
	if err != nil {
		return nil, err
	}
	want, err := m.want(p, from)
	if err != nil {
		return nil, err
	}
	changed := !m.equal(from, want)
	var diff any
	if c.Diff && m.diff != nil {
		if diff, err = m.diff(ctx, reader, p, from, want); err != nil {
			return nil, err
		}
	}
	to := want
	if changed && !c.Check {
		if to, err = m.change(ctx, c, s, p, d, from, want); err != nil {
			return nil, err
		}
	}
	if m.upkeep != nil && !c.Check {
		if err := m.upkeep(ctx, s, p, to); err != nil {
			return nil, err
		}
	}
	res := m.report(p, from, to, changed)
	if res == nil {
		res = Result{}
	}
	res["changed"] = changed
	if diff != nil {
		res["diff"] = diff
	}
	if changed && c.Check && c.Diff {
		res[AttributesKey] = attributes(from, want)
	}
	return res, nil
}

// change journals, applies and verifies; it returns what the second reading found.
func (m *stateModule) change(ctx context.Context, c *Call, s sys.System, p any, d Decoded, from, want any) (any, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // nothing has begun
	}
	id, from, err := m.before(ctx, c, s, p, d, from, want)
	if err != nil {
		return nil, err
	}
	ctx, release := steadfast(ctx)
	defer release()
	applyErr := m.apply(ctx, s, p, from, want)
	if id != "" && ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settling) // what was interrupted is still booked
		defer cancel()
	}
	got, err := m.reread(ctx, s, p, want)
	switch {
	case applyErr != nil && err == nil && id != "":
		return nil, m.interrupted(ctx, c, s, p, id, from, want, got, applyErr)
	case applyErr != nil:
		return nil, applyErr
	case err != nil:
		return nil, err
	}
	if err := m.after(ctx, c, id, got); err != nil {
		return nil, err
	}
	if !m.settled(p, want, got) {
		return nil, notConverged(m.info.Name, want, got)
	}
	return got, nil
}

// settling is how long it may take to see, and to journal, what a cancelled change left.
const settling = 20 * time.Second

// interrupted books a change that failed: it did not happen, or it stopped half-way. Half a change of something that can be
// restored completely is taken back at once; of anything else it is journalled as it is.
func (m *stateModule) interrupted(ctx context.Context, c *Call, s sys.System, p any, id string, from, want, got any, cause error) error {
	half := !m.settled(p, want, got) && (!m.same(from, got) || m.beside(from, got))
	if m.whole(p, from, want) && (half || m.unseen) {
		took, ok := m.takeBack(ctx, c, s, undoRecord{p: p, from: from, to: want}, got)
		switch {
		case !ok:
			return fmt.Errorf("%w. What had been done before that could not be taken back; the next run on this host does that", cause)
		case took:
			cause = fmt.Errorf("%w (what had been done before that was taken back)", cause)
		}
		got = from
	}
	if !m.same(from, got) {
		return errors.Join(cause, m.after(ctx, c, id, got))
	}
	if err := c.Journal.After(ctx, id, nil); err != nil {
		Warn(ctx, "the journal's entry could not be finished: %v", err)
	}
	return cause
}

// takeBack undoes half a change; what was replaced comes from the journal. took says whether there was anything to undo that
// a task compares, ok whether the machine is as before.
func (m *stateModule) takeBack(ctx context.Context, c *Call, s sys.System, u undoRecord, got any) (took, ok bool) {
	kept, _ := c.Journal.(ContentSource)
	ctx, run := begin(ctx, &Call{Sys: s, Content: kept})
	defer run.end()
	run.undoing = true
	took = !m.same(u.from, got)
	if m.apply(ctx, s, u.p, got, u.from) != nil {
		return took, false
	}
	now, err := m.reread(ctx, s, u.p, u.from)
	return took, err == nil && m.same(u.from, now)
}

// reread reads the present and completes it from known states.
func (m *stateModule) reread(ctx context.Context, s sys.System, p any, known ...any) (any, error) {
	reader := sys.ReaderOnly(s)
	got, err := m.read(ctx, reader, p)
	for _, k := range known {
		if err == nil && m.carry != nil {
			got, err = m.carry(ctx, reader, k, got)
		}
	}
	return got, err
}

func notConverged(name string, want, got any) error {
	return Fail(Result{"wanted_state": plainState(want), "found_state": plainState(got)},
		"%s did not converge: after the change the machine is not in the wanted state; something else may be changing it too. %s",
		name, stateDifference(want, got))
}

func merge(res, more Result) Result {
	if res == nil {
		return more
	}
	for k, v := range more {
		res[k] = v
	}
	return res
}
