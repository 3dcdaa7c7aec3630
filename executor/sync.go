package executor

import (
	"sync"
	"sync/atomic"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// safeSink hands events on one at a time.
type safeSink struct {
	mu   sync.Mutex
	next event.Sink
}

// Handle passes the event on.
func (s *safeSink) Handle(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next.Handle(e)
}

// taskCounter numbers the tasks of a run.
type taskCounter struct{ n atomic.Int64 }

func (c *taskCounter) next() int { return int(c.n.Add(1)) }

// stopper tells a run to end. What is guarded, a rollback say, goes on after the first call and ends with the second.
type stopper struct {
	flag, hard atomic.Bool

	mu      sync.Mutex
	guarded bool
	warned  bool // while it was guarded
}

// set asks for the end; it returns true when something guarded goes on all the same.
func (s *stopper) set() bool {
	s.flag.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.guarded {
		return false
	}
	if !s.warned {
		s.warned = true
		return true
	}
	s.hard.Store(true)
	return false
}

// guard begins what the next call of set does not end, and returns what ends it.
func (s *stopper) guard() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guarded, s.warned = true, false
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.guarded = false
	}
}

func (s *stopper) isSet() bool  { return s.flag.Load() }
func (s *stopper) isHard() bool { return s.hard.Load() }

// hostSet is a set of hosts; nil is the empty one.
type hostSet struct {
	mu  sync.Mutex
	set map[*hostState]bool
}

func (s *hostSet) add(h *hostState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = map[*hostState]bool{}
	}
	s.set[h] = true
}

func (s *hostSet) has(h *hostState) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set[h]
}

func (s *hostSet) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.set)
}

func (s *hostSet) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = nil
}

// customStats collects what set_stats tells, by host or for the run.
type customStats struct {
	mu   sync.Mutex
	data map[string]*value.Dict
}

// wholeRun is the key of statistics that belong to no host.
const wholeRun = "_run"

func newCustomStats() *customStats { return &customStats{data: map[string]*value.Dict{}} }

func (c *customStats) set(who, key string, v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of(who).Set(key, v)
}

// add aggregates: numbers are added, lists and text joined, mappings merged; anything else is replaced.
func (c *customStats) add(who, key string, v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.of(who)
	old, ok := d.Get(key)
	if !ok {
		d.Set(key, v)
		return nil
	}
	if od, isDict := old.(*value.Dict); isDict {
		merged := od.Clone()
		if nd, ok := v.(*value.Dict); ok {
			for k, item := range nd.All() {
				merged.Set(k, item)
			}
		}
		d.Set(key, merged)
		return nil
	}
	sum, err := value.Binary("+", old, v)
	if err != nil {
		return err
	}
	d.Set(key, sum)
	return nil
}

func (c *customStats) of(who string) *value.Dict {
	d, ok := c.data[who]
	if !ok {
		d = value.NewDict()
		c.data[who] = d
	}
	return d
}

func (c *customStats) snapshot() map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.data) == 0 {
		return nil
	}
	out := map[string]any{}
	for who, d := range c.data {
		out[who] = value.ToGo(d)
	}
	return out
}
