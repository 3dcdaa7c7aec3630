package ssh

import (
	"context"
	"errors"
	"sync"
	"time"
)

var errDeadline = errors.New("the time for connecting is over")

// phase is how far a connection has come.
type phase string

// The phases, as messages name them.
const (
	phaseConnect phase = "connecting"
	phaseVersion phase = "waiting for the server's greeting"
	phaseKeys    phase = "exchanging keys"
	phaseAuth    phase = "authenticating"
)

// watch is the deadline of one attempt, from the first packet to the end of authentication. It stands still while a
// person is being asked something.
type watch struct {
	ctx    context.Context // ends at the deadline, with errDeadline as its cause
	cancel context.CancelCauseFunc
	mu     sync.Mutex
	timer  *time.Timer
	begun  time.Time
	left   time.Duration
	at     phase
	asked  bool
}

func newWatch(ctx context.Context, timeout time.Duration) *watch {
	w := &watch{left: timeout, begun: time.Now(), at: phaseConnect}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(timeout, func() { w.cancel(errDeadline) })
	return w
}

// stop ends the watch without ending what it watched.
func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

func (w *watch) enter(p phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = p
}

func (w *watch) phase() phase {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// hold stops the clock while f waits for a person.
func (w *watch) hold(f func()) {
	w.mu.Lock()
	w.asked = true
	if w.timer.Stop() {
		w.left -= time.Since(w.begun)
	}
	w.mu.Unlock()
	f()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = time.Now()
	w.timer.Reset(max(w.left, time.Second))
}

func (w *watch) wasAsked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *watch) expired() bool { return errors.Is(context.Cause(w.ctx), errDeadline) }
