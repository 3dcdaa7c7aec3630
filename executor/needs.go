package executor

import (
	"context"
	"slices"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

func haveNeeds(plays []*playbook.Play) bool {
	return slices.ContainsFunc(plays, func(p *playbook.Play) bool { return p.Needs != nil })
}

// byNeeds runs plays as soon as the plays that they need have finished and held; independent plays run side by side. A play
// holds when its hosts may go on, its gate held and nothing of it was rolled back.
func (x *Executor) byNeeds(ctx context.Context, plays []*playbook.Play) (int, bool, error) {
	waits, wrong := playbook.Order(plays)
	if err := wrong.Err(); err != nil {
		return ExitError, false, err
	}
	r := &needsRun{x: x, plays: plays, waits: waits, state: make([]playState, len(plays)), ended: make(chan playEnd), lanes: &lanes{next: x.sink}}
	r.limit = len(plays)
	if x.o.StartAt != "" {
		r.limit = 1 // one play after another, so that the task to start at is looked for in order
	}
	return r.run(ctx)
}

type playState int

const (
	playWaits playState = iota
	playRuns
	playHeld
	playFell // it did not hold, or was not started
)

type playEnd struct {
	index int
	code  int
	held  bool
	err   error
}

// needsRun is a playbook whose plays depend on each other.
type needsRun struct {
	x     *Executor
	plays []*playbook.Play
	waits [][]int
	state []playState
	ended chan playEnd
	lanes *lanes
	limit int // of plays at once
	exit  int
	err   error
}

func (r *needsRun) run(ctx context.Context) (int, bool, error) {
	running := 0
	for {
		if r.x.begun && r.x.o.Control.Stopping() {
			r.x.stop.set()
		}
		r.x.begun = true
		if r.err == nil && !r.x.stop.isSet() && ctx.Err() == nil {
			running += r.start(ctx, running)
		}
		if running == 0 {
			break
		}
		e := <-r.ended
		running--
		r.exit = worse(r.exit, e.code)
		r.state[e.index] = playFell
		if e.held {
			r.state[e.index] = playHeld
		}
		if e.err != nil && r.err == nil {
			r.err = e.err
		}
	}
	if r.err != nil {
		return ExitError, false, r.err
	}
	if r.x.stop.isSet() || ctx.Err() != nil {
		return ExitInterrupted, false, nil
	}
	return r.exit, !slices.Contains(r.state, playFell), nil
}

// start starts the plays that are ready and tells of those that never will be. It returns how many it started.
func (r *needsRun) start(ctx context.Context, running int) int {
	started := 0
	for again := true; again; {
		again = false
		for i, p := range r.plays {
			if r.state[i] != playWaits {
				continue
			}
			fallen, ready := r.look(i)
			switch {
			case len(fallen) > 0:
				r.state[i] = playFell
				again = true
				r.tell(p, fallen)
			case ready && running+started < r.limit:
				r.state[i] = playRuns
				started++
				r.launch(ctx, i)
			}
		}
	}
	return started
}

// look returns which of the plays that a play waits for have fallen, and whether all of them held.
func (r *needsRun) look(i int) (fallen []int, ready bool) {
	ready = true
	for _, j := range r.waits[i] {
		if r.state[j] == playFell {
			fallen = append(fallen, j)
		}
		ready = ready && r.state[j] == playHeld
	}
	return fallen, ready
}

func (r *needsRun) tell(p *playbook.Play, fallen []int) {
	e := event.NotStarted{Play: r.title(p)}
	for _, j := range fallen {
		e.Needs = append(e.Needs, r.title(r.plays[j]))
	}
	l := r.lanes.open()
	l.Handle(e)
	l.close()
}

func (r *needsRun) title(p *playbook.Play) string {
	name, err := r.x.playName(p)
	if err != nil {
		return value.Str(templateText(p.Name()))
	}
	return name
}

func (r *needsRun) launch(ctx context.Context, i int) {
	l := r.lanes.open()
	own := r.x
	if r.limit > 1 {
		beside := *r.x
		own, beside.sink = &beside, &safeSink{next: l}
	}
	go func() {
		code, held, err := own.play(ctx, r.plays[i])
		l.close()
		r.ended <- playEnd{index: i, code: code, held: held, err: err}
	}()
}

// lanes put the events of plays that run side by side one play after another, in the order in which the plays started:
// those of the first that has not ended pass at once, those of the others wait for their turn.
type lanes struct {
	mu    sync.Mutex
	next  event.Sink
	queue []*lane
}

// lane is the events of one play.
type lane struct {
	all     *lanes
	waiting []event.Event
	closed  bool
}

func (s *lanes) open() *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &lane{all: s}
	s.queue = append(s.queue, l)
	return l
}

// Handle passes the event on when it is the lane's turn, and keeps it until then.
func (l *lane) Handle(e event.Event) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if l.all.queue[0] == l {
		l.all.next.Handle(e)
		return
	}
	l.waiting = append(l.waiting, e)
}

// close ends the lane and gives the turn to the next.
func (l *lane) close() {
	s := l.all
	s.mu.Lock()
	defer s.mu.Unlock()
	l.closed = true
	for len(s.queue) > 0 && s.queue[0].closed {
		s.queue = s.queue[1:]
		if len(s.queue) == 0 {
			return
		}
		for _, e := range s.queue[0].waiting {
			s.next.Handle(e)
		}
		s.queue[0].waiting = nil
	}
}
