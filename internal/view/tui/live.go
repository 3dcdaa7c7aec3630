// Package tui is the live view of a run in a terminal: a board of hosts and tasks, what every host did, what failed, and
// keys that steer the run. It knows the run by its events, like every view.
package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/musterhq/muster/internal/event"
)

// ErrClosed says that the view was left before a question was answered: it may be asked elsewhere.
var ErrClosed = errors.New("the live view was left")

// Options say how a live view runs.
type Options struct {
	In      *os.File
	Out     io.Writer
	Env     []string
	NoColor bool
	Actions Actions
	Groups  func(host string) []string
	Now     func() time.Time
	// Interrupted is the error of a question at which the user gave up.
	Interrupted error
}

// Live is a running view. Its methods may be called concurrently.
type Live struct {
	o       Options
	mu      sync.Mutex // guards state
	state   *State
	dirty   atomic.Bool
	drawn   atomic.Int64 // how long the last picture took, in nanoseconds
	program *tea.Program
	asking  sync.Mutex
	gone    chan struct{} // closed when the terminal is the user's again
	err     error         // why the view ended by itself; read after gone
}

// frame is the shortest time between two pictures, so that a slow link is not flooded; the clock goes on every second.
// Pictures that are slow to draw come less often: drawing takes at most one part in drawShare of the time.
const (
	frame     = 150 * time.Millisecond
	drawShare = 40
)

// Start takes over the terminal and shows the view until the user leaves it, the terminal hangs up or Close is called.
func Start(ctx context.Context, o Options) *Live {
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Live{o: o, state: NewState(o.Groups), gone: make(chan struct{})}
	m := newModel(&l.mu, l.state, o.Actions, o.Now)
	m.drew = func(d time.Duration) { l.drawn.Store(int64(d)) }
	in := &terminalInput{File: o.In, lost: func() { l.program.Quit() }}
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(o.Out), tea.WithEnvironment(o.Env), tea.WithFPS(15), tea.WithoutSignalHandler(),
	}
	if o.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	l.program = tea.NewProgram(m, options...)
	go func() {
		defer close(l.gone)
		_, l.err = l.program.Run()
	}()
	go l.refresh()
	return l
}

// refresh draws anew when the state changed, and every second for the clock.
func (l *Live) refresh() {
	tick := time.NewTimer(frame)
	defer tick.Stop()
	idle := time.Duration(0)
	for {
		wait := max(frame, time.Duration(l.drawn.Load())*drawShare)
		tick.Reset(wait)
		select {
		case <-l.gone:
			return
		case <-tick.C:
		}
		idle += wait
		if l.dirty.Swap(false) || idle >= time.Second {
			idle = 0
			l.program.Send(refresh{})
		}
	}
}

// Handle takes an event into the view.
func (l *Live) Handle(e event.Event) {
	l.mu.Lock()
	l.state.Apply(e)
	l.mu.Unlock()
	l.dirty.Store(true)
}

// Say shows a remark that is no event.
func (l *Live) Say(text string) { l.Handle(event.Message{Level: "info", Text: text}) }

// Gone is closed when the view is over and the terminal as it was before.
func (l *Live) Gone() <-chan struct{} { return l.gone }

// Close ends the view and gives the terminal back; it returns why the view ended by itself, nil when it did not.
func (l *Live) Close() error {
	l.program.Quit()
	<-l.gone
	if errors.Is(l.err, context.Canceled) || errors.Is(l.err, tea.ErrProgramKilled) {
		return nil
	}
	return l.err
}

// Ask asks the user. It returns ErrClosed when the view ends before there is an answer.
func (l *Live) Ask(ctx context.Context, text string, secret bool) (string, error) {
	l.asking.Lock()
	defer l.asking.Unlock()
	type reply struct {
		text string
		err  error
	}
	got := make(chan reply, 1)
	q := newQuestion(text, secret, func(answer string, interrupted bool) {
		r := reply{text: answer}
		if interrupted {
			r = reply{err: l.o.Interrupted}
		}
		got <- r
	})
	select {
	case <-l.gone:
		return "", ErrClosed
	default:
	}
	l.program.Send(asked{q})
	select {
	case r := <-got:
		return r.text, r.err
	case <-l.gone:
		return "", ErrClosed
	case <-ctx.Done():
		l.program.Send(withdraw{q})
		return "", ctx.Err()
	}
}
