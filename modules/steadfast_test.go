package modules

import (
	"context"
	"errors"
	"testing"
)

func TestSteadfast(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	end, finish := context.WithCancelCause(t.Context())
	change, release := steadfast(WithEnd(ctx, end))
	defer release()
	cancel()
	if err := change.Err(); err != nil {
		t.Errorf("the change ended with the task: %v", err)
	}
	late := errors.New("late")
	finish(late)
	<-change.Done()
	if !errors.Is(context.Cause(change), late) {
		t.Errorf("got %v", context.Cause(change))
	}

	plain, release := steadfast(ctx)
	defer release()
	if plain.Err() == nil {
		t.Error("without a second end the change outlives its context")
	}
}
