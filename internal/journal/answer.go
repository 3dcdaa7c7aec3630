package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/elsewhere"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/transport/wire"
)

// Module answers the controller's questions about a journal. ref is the run that asks; nil where it has no run of its own.
func (s *Store) Module(ref *wire.JournalRef) modules.Module { return &asked{s: s, ref: ref} }

type asked struct {
	s   *Store
	ref *wire.JournalRef
}

func (*asked) Info() modules.Info {
	return modules.Info{Name: ops.Module, Summary: "Answers the controller's questions about this host's journal.", Undo: modules.UndoNone}
}

func (*asked) Params() []modules.Param { return nil }

// Run performs one operation.
func (a *asked) Run(ctx context.Context, c *modules.Call) modules.Result {
	op, _ := c.Args["op"].(string)
	body, _ := c.Args["body"].([]byte)
	answer, err := a.perform(ctx, c, op, body)
	if err != nil {
		elsewhere.Note(ctx, err)
		return modules.Failf("%v", err)
	}
	data, err := json.Marshal(answer)
	if err != nil {
		return modules.Failf("journal: answer: %v", err)
	}
	return modules.Result{"changed": false, "answer": data}
}

func (a *asked) perform(ctx context.Context, c *modules.Call, op string, body []byte) (any, error) {
	switch op {
	case ops.OpList:
		return with(body, func(q ops.ListArgs) (any, error) { return a.s.List(q.Run) })
	case ops.OpUndo:
		return with(body, func(q ops.UndoArgs) (any, error) { return a.undo(ctx, c, q) })
	case ops.OpAgain:
		return with(body, func(q ops.AgainArgs) (any, error) {
			return a.locked(ctx, q.Run, c.Check, func(string) (any, error) {
				done, err := a.s.Again(ctx, q.Run, q.Entries, c.Check)
				return ops.UndoAnswer{Entries: done}, err
			})
		})
	case ops.OpPrune:
		return with(body, func(q ops.PruneArgs) (any, error) {
			b := boundsOf(&wire.JournalRef{MaxAge: q.MaxAge, MaxBytes: q.MaxBytes})
			if c.Check {
				return nil, fmt.Errorf("pruning has no check mode")
			}
			return a.s.place.prune(b)
		})
	case ops.OpLock:
		return with(body, func(q ops.LockArgs) (any, error) {
			_, err := a.s.Begin(ctx, &wire.JournalRef{Run: q.Run, Holder: q.Holder})
			return struct{}{}, err
		})
	case ops.OpUnlock:
		return with(body, func(q ops.LockArgs) (any, error) { return struct{}{}, a.s.End(q.Run) })
	case ops.OpConfirm:
		return with(body, func(q ops.ConfirmArgs) (any, error) {
			if q.Revert {
				return a.s.RevertNow(ctx, q.Run, q.Token)
			}
			return a.s.Confirm(ctx, q.Token)
		})
	case ops.OpRecover:
		return a.recover(ctx)
	default:
		return nil, fmt.Errorf("the journal has no operation %q", op)
	}
}

// with reads the arguments of an operation.
func with[A any](body []byte, f func(A) (any, error)) (any, error) {
	var args A
	if err := json.Unmarshal(body, &args); err != nil {
		return nil, fmt.Errorf("journal: arguments: %w", err)
	}
	return f(args)
}

func (a *asked) undo(ctx context.Context, c *modules.Call, q ops.UndoArgs) (any, error) {
	return a.locked(ctx, q.Run, c.Check, func(holder string) (any, error) {
		done, err := a.s.Undo(ctx, q.Run, q.Entries, How{Force: q.Force, Check: c.Check, Diff: c.Diff, Holder: holder})
		return ops.UndoAnswer{Entries: done}, err
	})
}

// locked works under the host's lock: that of the run which asks, else one for the run that it is about, given back
// afterwards. Check mode takes none.
func (a *asked) locked(ctx context.Context, run string, check bool, f func(holder string) (any, error)) (any, error) {
	if check {
		return f("")
	}
	ref := a.ref
	if ref == nil {
		ref = &wire.JournalRef{Run: run, Holder: "muster rollback"}
		if !a.s.holds(run) {
			defer func() { _ = a.s.End(run) }()
		}
	}
	if _, err := a.s.Begin(ctx, ref); err != nil {
		return nil, err
	}
	return f(ref.Holder)
}

// recover takes the lock for a moment, which recovers; a process that has it already did so when it took it.
func (a *asked) recover(ctx context.Context) (any, error) {
	ref := a.ref
	if ref == nil {
		ref = &wire.JournalRef{Run: "recovery-" + time.Now().UTC().Format("20060102T150405.000000000Z"), Holder: "muster, recovering"}
		defer func() { _ = a.s.End(ref.Run) }()
	}
	found, err := a.s.Begin(ctx, ref)
	if found == nil {
		found = []ops.Recovered{}
	}
	return ops.RecoverAnswer{Entries: found}, err
}
