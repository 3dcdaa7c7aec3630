package modules

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/musterhq/muster/modules/sys"
)

// State is a module that brings one resource to a desired state. The engine decodes strictly, reads, asks for the
// wanted state, stops there in check mode, journals, applies and reads again: the second reading must equal the wanted
// state. P is the parameter struct, S the state: plain data that encoding/json writes and reads back unchanged.
type State[P, S any] struct {
	Info
	Rules Rules
	// Validate checks (and may normalise) parameters beyond tags and rules; nothing was read yet.
	Validate func(p *P) error
	// Prepare, if any, acts before anything is read, never in check mode: it brings up to date what Read looks at (the
	// index of packages, systemd's idea of its unit files). It is no change of its own.
	Prepare func(ctx context.Context, s sys.System, p P) error
	// Read observes. Its Reader cannot write.
	Read func(ctx context.Context, r sys.Reader, p P) (S, error)
	// Want is pure: it starts from now and changes what the parameters name.
	Want func(p P, now S) (S, error)
	// Apply is called only where from and to differ. Undo is Apply with from and to exchanged.
	Apply func(ctx context.Context, s sys.System, p P, from, to S) error
	// Report gives Ansible's return keys. In check mode to is the wanted state, else what the second reading found.
	Report func(p P, from, to S, changed bool) Result
	// Diff, if any, gives the key diff; it runs before Apply, so that what is replaced can still be read.
	Diff func(ctx context.Context, r sys.Reader, p P, from, to S) (any, error)
	// Equal says whether two states are the same; nil compares deeply. It decides `changed`.
	Equal func(a, b S) bool
	// Settled says whether what was read after Apply is what was wanted; nil means Equal. A module whose fields settle
	// asynchronously (a service that is still starting), or are only known afterwards (a new uid), relaxes them here.
	Settled func(p P, want, got S) bool
	// Keep stores, before a journalled change, the bytes of from that Apply needs to bring it back (OpenContent gives
	// them during undo), and may complete from with their digests. Nil where the state itself holds everything.
	Keep func(ctx context.Context, r sys.Reader, p P, from *S, want S, keep KeepFunc) error
	// Carry completes what was read after Apply (and before and after undo) with what only a known state tells: the name
	// of a backup file, folders made on the way, files in a folder that is gone. Nil where reading finds everything.
	Carry func(ctx context.Context, r sys.Reader, known S, got *S) error
	// Same says during undo whether the present is still what the change left; nil means Equal.
	Same func(post, now S) bool
	// Upkeep, if any, acts at the end, never in check mode, on bookkeeping that is not part of the state and so is never
	// reported as changed; now is the state that was found last.
	Upkeep func(ctx context.Context, s sys.System, p P, now S) error
	// Skip, if any, ends the task before anything is compared (creates: of unarchive); a nil result goes on.
	Skip func(ctx context.Context, r sys.Reader, p P) (Result, error)
}

// KeepFunc stores content in the journal and returns its SHA-256.
type KeepFunc func(r io.Reader) (sha256 string, err error)

// Module wraps the state in the engine. A wrong parameter struct is reported by every Run and by the registry.
func (s State[P, S]) Module() Module {
	m := &stateModule[P, S]{State: s}
	m.spec, m.specErr = SpecOf[P](s.Rules)
	if m.Equal == nil {
		m.Equal = func(a, b S) bool { return reflect.DeepEqual(a, b) }
	}
	if m.Settled == nil {
		m.Settled = func(_ P, want, got S) bool { return m.Equal(want, got) }
	}
	if m.Same == nil {
		m.Same = m.Equal
	}
	return m
}

type stateModule[P, S any] struct {
	State[P, S]
	spec    *Spec
	specErr error
}

// Info describes the module.
func (m *stateModule[P, S]) Info() Info { return m.State.Info }

// Params lists the documented parameters.
func (m *stateModule[P, S]) Params() []Param { return params(m.spec) }

// Spec returns the compiled parameters.
func (m *stateModule[P, S]) Spec() (*Spec, error) { return m.spec, m.specErr }

func params(s *Spec) []Param {
	if s == nil {
		return nil
	}
	return s.Params()
}

// Run performs one item.
func (m *stateModule[P, S]) Run(ctx context.Context, c *Call) (res Result) {
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
	if err == nil && c.Check && m.NoCheck {
		return finish(skippedInCheck(m.Name), d, run)
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

func (m *stateModule[P, S]) perform(ctx context.Context, c *Call, s sys.System, p P, d Decoded) (Result, error) {
	reader := sys.ReaderOnly(s)
	if m.Skip != nil {
		if res, err := m.Skip(ctx, reader, p); res != nil || err != nil {
			return res, err
		}
	}
	if m.Prepare != nil && !c.Check {
		if err := m.Prepare(ctx, s, p); err != nil {
			return nil, err
		}
	}
	from, err := m.Read(ctx, reader, p)
	if err != nil {
		return nil, err
	}
	want, err := m.Want(p, from)
	if err != nil {
		return nil, err
	}
	changed := !m.Equal(from, want)
	diff, err := m.diff(ctx, c, reader, p, from, want)
	if err != nil {
		return nil, err
	}
	to := want
	if changed && !c.Check {
		if to, err = m.change(ctx, c, s, p, d, from, want); err != nil {
			return nil, err
		}
	}
	if m.Upkeep != nil && !c.Check {
		if err := m.Upkeep(ctx, s, p, to); err != nil {
			return nil, err
		}
	}
	res := m.Report(p, from, to, changed)
	if res == nil {
		res = Result{}
	}
	res["changed"] = changed
	if diff != nil {
		res["diff"] = diff
	}
	return res, nil
}

func (m *stateModule[P, S]) diff(ctx context.Context, c *Call, r sys.Reader, p P, from, want S) (any, error) {
	if !c.Diff || m.Diff == nil {
		return nil, nil
	}
	return m.Diff(ctx, r, p, from, want)
}

// change journals, applies and verifies; it returns what the second reading found.
func (m *stateModule[P, S]) change(ctx context.Context, c *Call, s sys.System, p P, d Decoded, from, want S) (S, error) {
	var zero S
	id, err := m.before(ctx, c, s, p, d, &from, want)
	if err != nil {
		return zero, err
	}
	applyErr := m.Apply(ctx, s, p, from, want)
	got, err := m.reread(ctx, s, p, want)
	if err == nil {
		err = m.after(ctx, c, id, got)
	}
	switch {
	case applyErr != nil:
		return zero, applyErr
	case err != nil:
		return zero, err
	case !m.Settled(p, want, got):
		return zero, notConverged(m.Name, want, got)
	}
	return got, nil
}

// reread reads the present and completes it from known states.
func (m *stateModule[P, S]) reread(ctx context.Context, s sys.System, p P, known ...S) (S, error) {
	reader := sys.ReaderOnly(s)
	got, err := m.Read(ctx, reader, p)
	for _, k := range known {
		if err == nil && m.Carry != nil {
			err = m.Carry(ctx, reader, k, &got)
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

// stateDifference names the fields that differ between two states.
func stateDifference(want, got any) string {
	w, _ := plainState(want).(map[string]any)
	g, _ := plainState(got).(map[string]any)
	for _, k := range sortedKeys(w) {
		if !reflect.DeepEqual(w[k], g[k]) {
			return fmt.Sprintf("%s: wanted %s, found %s", k, PyRepr(w[k]), PyRepr(g[k]))
		}
	}
	return ""
}
