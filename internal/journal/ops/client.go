package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/musterhq/muster/transport/wire"
)

// Send performs one request on a host and passes each response on; a session's Do does, with its content left out.
type Send func(ctx context.Context, req *wire.Request, onResponse func(*wire.Response)) error

// Client asks one user's journal on one host. It is safe for concurrent use where Send is.
type Client struct {
	Send   Send
	Become *wire.Become // nil asks the journal of the connection's own user
	Check  bool         // only says what an undo would do
	Diff   bool
}

// UnusableError says that the host could not be asked at all; its fields are those of a transport.Error.
type UnusableError struct{ Kind, What, Hint string }

func (e *UnusableError) Error() string { return e.What }

// RefusedError is the host's own refusal: the journal cannot be read, the run is not known, the host is locked.
type RefusedError struct{ Msg string }

func (e *RefusedError) Error() string { return e.Msg }

// List tells what the journal holds.
func (c Client) List(ctx context.Context, a ListArgs) (*Listing, error) {
	return ask[Listing](ctx, c, OpList, a)
}

// Undo takes changes back.
func (c Client) Undo(ctx context.Context, a UndoArgs) (*UndoAnswer, error) {
	return ask[UndoAnswer](ctx, c, OpUndo, a)
}

// Again repeats reloads and restarts.
func (c Client) Again(ctx context.Context, a AgainArgs) (*UndoAnswer, error) {
	return ask[UndoAnswer](ctx, c, OpAgain, a)
}

// Prune removes old runs.
func (c Client) Prune(ctx context.Context, a PruneArgs) (*PruneAnswer, error) {
	return ask[PruneAnswer](ctx, c, OpPrune, a)
}

// Lock takes the host's lock until Unlock, or until the runner ends.
func (c Client) Lock(ctx context.Context, a LockArgs) error {
	_, err := ask[struct{}](ctx, c, OpLock, a)
	return err
}

// Unlock gives the lock of a run back; without one it does nothing.
func (c Client) Unlock(ctx context.Context, a LockArgs) error {
	_, err := ask[struct{}](ctx, c, OpUnlock, a)
	return err
}

// Confirm tells the watchdog of a token that the host was reached.
func (c Client) Confirm(ctx context.Context, a ConfirmArgs) (*ConfirmAnswer, error) {
	return ask[ConfirmAnswer](ctx, c, OpConfirm, a)
}

// Recover finishes or reverts what a crash left open.
func (c Client) Recover(ctx context.Context) (*RecoverAnswer, error) {
	return ask[RecoverAnswer](ctx, c, OpRecover, struct{}{})
}

// ask performs one operation. Errors are *UnusableError, *RefusedError, or Send's own.
func ask[A any](ctx context.Context, c Client, op string, args any) (*A, error) {
	body, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("journal: %s: %w", op, err)
	}
	req := &wire.Request{Module: Module, Become: c.Become, Check: c.Check, Diff: c.Diff,
		Items: []wire.Item{{Args: map[string]any{"op": op, "body": body}}}}
	var last *wire.Response
	if err := c.Send(ctx, req, func(r *wire.Response) {
		if r.Kind != "" || r.Result != nil {
			last = r
		}
	}); err != nil {
		return nil, err
	}
	return answer[A](op, last)
}

func answer[A any](op string, r *wire.Response) (*A, error) {
	switch {
	case r == nil:
		return nil, errors.New("journal: the runner sent no answer")
	case r.Kind != "":
		return nil, &UnusableError{Kind: r.Kind, What: r.What, Hint: r.Hint}
	case r.Result["failed"] == true:
		msg, _ := r.Result["msg"].(string)
		return nil, &RefusedError{Msg: msg}
	}
	body, _ := r.Result["answer"].([]byte)
	a := new(A)
	if err := json.Unmarshal(body, a); err != nil {
		return nil, fmt.Errorf("journal: answer to %s: %w", op, err)
	}
	return a, nil
}
