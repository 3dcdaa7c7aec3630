// Package watch looks at what may start a run: files, the branch of a git repository, the value of a Prometheus query. A
// watcher keeps nothing but what it is given back: a look compares the world with the state that the look before left, so
// a change is noticed across restarts, and by whichever daemon looks next.
package watch

import (
	"context"
	"encoding/json"
	"time"
)

// Watcher looks at one thing. Its looks happen one at a time.
type Watcher interface {
	// Look compares what is there at a moment with the state that an earlier look left, nil for the first one. The first
	// look only takes note. An error says that nothing could be seen; the state stays what it was.
	Look(ctx context.Context, now time.Time, state []byte) (Finding, error)
	// Every is the time between two looks.
	Every() time.Duration
}

// Finding is what a look saw.
type Finding struct {
	State []byte // for the next look. Where there is an event, it holds only when the event was taken
	Event *Event // nil: nothing happened
}

// Event is what starts a run.
type Event struct {
	ID      string                          // the same for the same event after the same state, even when it is seen again
	Data    map[string]any                  // for the run: data, never templates
	Hosts   []string                        // the run is about these hosts only; nil is all of the job
	Prepare func(ctx context.Context) error // has to be done before the run starts; may be nil
}

// restore reads a state; one of nobody leaves to as it is.
func restore(state []byte, to any) error {
	if len(state) == 0 {
		return nil
	}
	return json.Unmarshal(state, to)
}

// found makes a finding of a state.
func found(state any, e *Event) (Finding, error) {
	text, err := json.Marshal(state)
	return Finding{State: text, Event: e}, err
}
