package modules

import (
	"context"
	"encoding/json"
	"fmt"
)

// Recoverer is implemented by modules whose interrupted changes can be finished or taken back.
type Recoverer interface {
	// Recover looks at a change that was begun and never finished. Where the machine is as before, or in between, it brings
	// back e.From and returns nil; where the change is whole it returns the state that it left, as Journal.After takes it.
	Recover(ctx context.Context, c *Call, e Entry) (post []byte, err error)
	// FinishUndo does the same for an undo that was begun and never finished: undone is false where the change still stands
	// untouched.
	FinishUndo(ctx context.Context, c *Call, e Entry, post []byte) (undone bool, err error)
}

// Recover implements Recoverer.
func (m *stateModule) Recover(ctx context.Context, c *Call, e Entry) (post []byte, err error) {
	err = m.recovering(ctx, c, e, nil, func(ctx context.Context, u undoRecord) error {
		now, err := m.reread(ctx, c.Sys, u.p, u.to, u.from)
		switch {
		case err != nil:
			return err
		case m.same(u.from, now) && !m.unseen:
			return m.clear(ctx, c, u, now)
		case !m.unseen && m.settled(u.p, u.to, now):
			post, err = json.Marshal(now)
			return err
		}
		return m.bringBack(ctx, c, u, now)
	})
	return post, err
}

// FinishUndo implements Recoverer.
func (m *stateModule) FinishUndo(ctx context.Context, c *Call, e Entry, post []byte) (undone bool, err error) {
	err = m.recovering(ctx, c, e, post, func(ctx context.Context, u undoRecord) error {
		now, err := m.reread(ctx, c.Sys, u.p, u.expected(), u.from)
		switch {
		case err != nil:
			return err
		case m.same(u.from, now) && !m.unseen:
			undone = true
			return m.clear(ctx, c, u, now)
		case m.same(u.expected(), now) && !m.unseen:
			return nil
		}
		err = m.bringBack(ctx, c, u, now)
		undone = err == nil
		return err
	})
	return undone, err
}

// recovering reads an entry back and runs f in a module's surroundings.
func (m *stateModule) recovering(ctx context.Context, c *Call, e Entry, post []byte, f func(context.Context, undoRecord) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: internal error: %v", m.info.Name, p)
		}
	}()
	if m.specErr != nil {
		return m.specErr
	}
	ctx, end := m.within(ctx, c.Sys)
	defer end()
	ctx, run := begin(ctx, c)
	defer run.end()
	run.undoing = true
	u, err := m.undoing(ctx, e, post)
	if err != nil {
		return err
	}
	return f(ctx, u)
}

// clear removes what an interrupted change left beside a state that is as before.
func (m *stateModule) clear(ctx context.Context, c *Call, u undoRecord, now any) error {
	if !m.beside(u.from, now) {
		return nil
	}
	return m.apply(ctx, c.Sys, u.p, now, u.from)
}

// bringBack applies the way from the present to the state before the change, and looks whether it arrived.
func (m *stateModule) bringBack(ctx context.Context, c *Call, u undoRecord, now any) error {
	ctx, release := steadfast(ctx)
	defer release()
	if err := m.apply(ctx, c.Sys, u.p, now, u.from); err != nil {
		return err
	}
	got, err := m.reread(ctx, c.Sys, u.p, u.expected(), u.from)
	if err != nil {
		return err
	}
	if !m.same(u.from, got) {
		return notConverged(m.info.Name, u.from, got)
	}
	return nil
}

// expected is the state that the change left, as far as it is known.
func (u undoRecord) expected() any {
	if u.post != nil {
		return u.post
	}
	return u.to
}
