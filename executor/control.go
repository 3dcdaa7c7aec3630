package executor

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Control steers a run while it goes: whoever watches the run holds it, and gives it to the executor with the Options.
// All methods may be called at any time and concurrently. A nil Control steers nothing.
type Control struct {
	mu        sync.Mutex
	paused    bool
	stopBatch bool
	rollBack  bool
	retry     map[string]bool // hosts that shall take their failed task again
	changed   chan struct{}   // closed and replaced when something changes
}

// NewControl returns a control that lets the run go.
func NewControl() *Control {
	return &Control{retry: map[string]bool{}, changed: make(chan struct{})}
}

// Pause holds the run: hosts finish the tasks that they are at, and none starts another before Resume.
func (c *Control) Pause() { c.change(func() { c.paused = true }) }

// Resume lets a paused run go on.
func (c *Control) Resume() { c.change(func() { c.paused = false }) }

// StopAfterBatch ends the run when the batch that is running is done: hosts of later batches and plays are not touched.
// With false the run goes on after all.
func (c *Control) StopAfterBatch(stop bool) { c.change(func() { c.stopBatch = stop }) }

// RollBack has the run end after the running tasks, once the executor is stopped as well, and takes back everything that
// it changed, the newest batch first, whatever the plays say about rollback. It needs hosts that keep a journal.
func (c *Control) RollBack() {
	c.change(func() { c.rollBack, c.paused = true, false })
}

func (c *Control) rollingBack() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rollBack
}

// Retry has hosts that failed, or could not be reached, take the task again at which they left the play, and go on from
// there; a paused run makes an exception for them. It is possible while their batch runs and when no rescue or always
// section followed the failure. What was not possible stays in Pending.
func (c *Control) Retry(hosts ...string) {
	c.change(func() {
		for _, h := range hosts {
			c.retry[h] = true
		}
	})
}

// Pending returns the hosts of Retry that did not get their task again, in alphabetical order.
func (c *Control) Pending() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.retry))
}

// Paused reports whether the run is held.
func (c *Control) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused
}

// Stopping reports whether the run ends after the batch.
func (c *Control) Stopping() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopBatch
}

// change changes the control and wakes who waits for that. change of nothing just wakes.
func (c *Control) change(f func()) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// hold waits while the run is paused, until it is resumed or stopped, and until another try is asked for that go
// accepts; go may be nil.
func (c *Control) hold(ctx context.Context, stop *stopper, accepts func(host string) bool) {
	if c == nil {
		return
	}
	for ctx.Err() == nil && !stop.isSet() {
		c.mu.Lock()
		changed := c.changed
		goOn := !c.paused
		if accepts != nil {
			for h := range c.retry {
				goOn = goOn || accepts(h)
			}
		}
		c.mu.Unlock()
		if goOn {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// take reports whether another try of a host is asked for; it is granted then.
func (c *Control) take(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.retry[host]
	delete(c.retry, host)
	return asked
}
