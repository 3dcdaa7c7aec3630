package modules

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/musterhq/muster/modules/sys"
)

// typed is a State[P, S] of any types. The engine knows no types: parameters travel as *P and states as S behind any, and
// the functions of a State are called by reflection. So all of it exists once and not once for every module; in the runner,
// which crosses every first connection, that is a tenth.
type typed struct {
	state          reflect.Value // the State
	params, result reflect.Type  // P and S
}

// function is a function of a State; nil where the module has none.
type function func(args ...any) returned

// returned is what a function returned.
type returned []reflect.Value

func (t typed) function(name string) function {
	f := t.state.FieldByName(name)
	if f.IsNil() {
		return nil
	}
	return func(args ...any) returned {
		in := make([]reflect.Value, len(args))
		for i, arg := range args {
			in[i] = reflect.ValueOf(arg)
			if byValue, ok := arg.(pointed); ok {
				in[i] = reflect.ValueOf(byValue.to).Elem()
			}
		}
		return f.Call(in)
	}
}

// pointed passes what a pointer points at.
type pointed struct{ to any }

// err is the last value returned.
func (r returned) err() error {
	err, _ := r[len(r)-1].Interface().(error)
	return err
}

// erase fills in the functions of a module.
func (m *stateModule) erase(t typed) {
	m.newParams = func() any { return reflect.New(t.params).Interface() }
	m.decodeState = func(b []byte) (any, error) {
		st := reflect.New(t.result)
		err := json.Unmarshal(b, st.Interface())
		return st.Elem().Interface(), err
	}
	m.required(t)
	m.hooks(t)
	m.preservation(t)
	m.comparisons(t)
}

// required are the functions that every module has.
func (m *stateModule) required(t typed) {
	read, want, apply, report := t.function("Read"), t.function("Want"), t.function("Apply"), t.function("Report")
	m.read = func(ctx context.Context, r sys.Reader, p any) (any, error) {
		out := read(ctx, r, pointed{p})
		return out[0].Interface(), out.err()
	}
	m.want = func(p, now any) (any, error) {
		out := want(pointed{p}, now)
		return out[0].Interface(), out.err()
	}
	m.apply = func(ctx context.Context, s sys.System, p, from, to any) error {
		return apply(ctx, s, pointed{p}, from, to).err()
	}
	m.report = func(p, from, to any, changed bool) Result {
		return report(pointed{p}, from, to, changed)[0].Interface().(Result)
	}
}

// hooks are functions around the change, which a module may lack.
func (m *stateModule) hooks(t typed) {
	if validate := t.function("Validate"); validate != nil {
		m.validate = func(p any) error { return validate(p).err() }
	}
	if skip := t.function("Skip"); skip != nil {
		m.skip = func(ctx context.Context, r sys.Reader, p any) (Result, error) {
			out := skip(ctx, r, pointed{p})
			return out[0].Interface().(Result), out.err()
		}
	}
	if prepare := t.function("Prepare"); prepare != nil {
		m.prepare = func(ctx context.Context, s sys.System, p any) error { return prepare(ctx, s, pointed{p}).err() }
	}
	if upkeep := t.function("Upkeep"); upkeep != nil {
		m.upkeep = func(ctx context.Context, s sys.System, p, now any) error {
			return upkeep(ctx, s, pointed{p}, now).err()
		}
	}
	if diff := t.function("Diff"); diff != nil {
		m.diff = func(ctx context.Context, r sys.Reader, p, from, to any) (any, error) {
			out := diff(ctx, r, pointed{p}, from, to)
			return out[0].Interface(), out.err()
		}
	}
}

// preservation are the functions that complete a state for its undo, which a module may lack.
func (m *stateModule) preservation(t typed) {
	// completed is a copy of a state after a function completed it.
	completed := func(state any, complete func(pointer any) returned) (any, error) {
		st := reflect.New(t.result)
		st.Elem().Set(reflect.ValueOf(state))
		err := complete(st.Interface()).err()
		return st.Elem().Interface(), err
	}
	if keep := t.function("Keep"); keep != nil {
		m.keep = func(ctx context.Context, r sys.Reader, p, from, want any, store KeepFunc) (any, error) {
			return completed(from, func(st any) returned { return keep(ctx, r, pointed{p}, st, want, store) })
		}
	}
	if carry := t.function("Carry"); carry != nil {
		m.carry = func(ctx context.Context, r sys.Reader, known, got any) (any, error) {
			return completed(got, func(st any) returned { return carry(ctx, r, known, st) })
		}
	}
}

// comparisons are functions that have a meaning too where a module lacks them.
func (m *stateModule) comparisons(t typed) {
	holds := func(r returned) bool { return r[0].Bool() }
	m.equal = reflect.DeepEqual
	if equal := t.function("Equal"); equal != nil {
		m.equal = func(a, b any) bool { return holds(equal(a, b)) }
	}
	m.settled = func(_, want, got any) bool { return m.equal(want, got) }
	if settled := t.function("Settled"); settled != nil {
		m.settled = func(p, want, got any) bool { return holds(settled(pointed{p}, want, got)) }
	}
	m.beside = func(_, _ any) bool { return false }
	if beside := t.function("Beside"); beside != nil {
		m.beside = func(from, now any) bool { return holds(beside(from, now)) }
	}
	m.whole = func(_, _, _ any) bool { return m.info.Undo == UndoFull }
	if whole := t.function("Whole"); whole != nil {
		m.whole = func(p, from, want any) bool { return holds(whole(pointed{p}, from, want)) }
	}
	m.same = m.equal
	if same := t.function("Same"); same != nil {
		m.same = func(a, b any) bool { return holds(same(a, b)) }
	}
	m.stands = m.same
	if stands := t.function("Stands"); stands != nil {
		m.stands = func(post, now any) bool { return holds(stands(post, now)) }
	}
}
