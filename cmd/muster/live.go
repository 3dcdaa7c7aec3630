package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/internal/view/tui"
	"github.com/musterhq/muster/playbook"
)

// wantsLive decides between the live view and text: --tui or the setting tui asks for the view, which needs a terminal.
func (w *workbench) wantsLive(flag bool, output string) (bool, error) {
	switch {
	case flag && output != "" && output != "text":
		return false, fmt.Errorf("--tui and --output %s exclude each other; give one of them", output)
	case flag && !w.io.tty:
		return false, errors.New("--tui needs a terminal; without one leave it out, and the run is shown as text")
	}
	return w.io.tty && output == "" && w.io.getenv("TERM") != "dumb" && (flag || w.settings.TUI), nil
}

// liveRun is a run, and runs again of its failed hosts, under the live view.
type liveRun struct {
	w    *workbench
	opts executor.Options
	view *tui.Live
	text *liveText
	sink event.Sink

	mu      sync.Mutex
	x       *executor.Executor // of the run that goes; nil between runs
	latest  *executor.Executor // of the run that goes, or went last
	control *executor.Control
	again   chan []string // hosts that shall run again when no run goes
	undo    chan struct{} // the runs shall be undone when none goes
	ran     []string      // the runs that may be undone, the oldest first
}

// live runs playbooks under the live view, until the user leaves it and the run is over.
func (w *workbench) live(ctx context.Context, command string, opts executor.Options, books []*playbook.Playbook) error {
	guard, err := guardTerminal(w.io)
	if err != nil {
		return err
	}
	defer guard.release()
	r := &liveRun{w: w, opts: opts, again: make(chan []string, 1), undo: make(chan struct{}, 1)}
	w.interrupts = make(chan os.Signal, 3)
	signal.Notify(w.interrupts, stopSignals()...)
	defer signal.Stop(w.interrupts)
	messages := w.io.err
	defer w.borrowTerminal(r)()
	err = r.rounds(ctx, command, books)
	if closeErr := r.view.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("the live view: %w", closeErr))
	}
	if r.text.finish() && w.outlook != "" {
		fmt.Fprintln(messages, w.outlook)
	}
	return err
}

// rounds runs the playbooks, and again on failed hosts as long as the user asks for that.
func (r *liveRun) rounds(ctx context.Context, command string, books []*playbook.Playbook) error {
	for {
		err := r.round(ctx, command, books)
		hosts := r.pending()
		for len(hosts) == 0 {
			select {
			case <-r.view.Gone():
				return err
			case <-r.w.interrupts:
				return err
			case <-ctx.Done():
				return err
			case hosts = <-r.again:
			case <-r.undo:
				err = r.undone(ctx, err)
			}
		}
		r.opts.Limit = strings.Join(hosts, ",")
		r.opts.RunID = newRunID()
	}
}

// round is one run.
func (r *liveRun) round(ctx context.Context, command string, books []*playbook.Playbook) error {
	opts := r.opts
	opts.Control, opts.HostStarts, opts.Outputs = executor.NewControl(), true, true
	opts.Sink = r.sink
	r.mu.Lock()
	r.control = opts.Control
	r.mu.Unlock()
	r.w.begins = func(x *executor.Executor) {
		r.mu.Lock()
		r.x, r.latest = x, x
		r.mu.Unlock()
	}
	r.ran = append(r.ran, opts.RunID)
	r.w.outlook = ""
	err := r.w.perform(ctx, command, opts, books)
	var code exitCode
	if err != nil && !errors.As(err, &code) {
		r.view.Say("error: " + err.Error())
	}
	return err
}

// undone undoes the runs that are over, the newest first, and returns the error of the command, which before is without that.
func (r *liveRun) undone(ctx context.Context, before error) error {
	folder, err := r.w.io.runsFolder()
	if err != nil {
		return err
	}
	opts := r.opts
	opts.Sink, opts.Limit = r.sink, ""
	r.w.begins = nil
	some := false
	for ; len(r.ran) > 0; r.ran = r.ran[:len(r.ran)-1] {
		past := executor.Past{Run: r.ran[len(r.ran)-1]}
		if past.Records, err = readRecord(folder, past.Run); past.Records == nil && err == nil {
			continue // it changed nothing
		}
		opts.RunID = newRunID()
		code := exitError
		if err == nil {
			code, err = r.w.undo(ctx, folder, opts, past)
		}
		if err != nil {
			r.view.Say("error: " + err.Error())
			return err
		}
		if code != exitOK {
			return exitCode(code)
		}
		before, some, r.w.outlook = exitCode(executor.ExitRolledBack), true, ""
	}
	if !some {
		r.view.Say("nothing of this run is left to undo")
	}
	return before
}

// pending ends a run and returns the hosts that shall run again at once.
func (r *liveRun) pending() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = nil
	hosts := r.control.Pending()
	r.control = nil
	return hosts
}

// actions are what the keys of the view do.
func (r *liveRun) actions() tui.Actions {
	steer := func(f func(*executor.Control, *executor.Executor)) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.x != nil {
			f(r.control, r.x)
		}
	}
	a := tui.Actions{
		Pause: func(paused bool) {
			steer(func(c *executor.Control, _ *executor.Executor) {
				if paused {
					c.Pause()
				} else {
					c.Resume()
				}
			})
		},
		StopAfterBatch: func(stop bool) { steer(func(c *executor.Control, _ *executor.Executor) { c.StopAfterBatch(stop) }) },
		Retry:          r.retry,
		Interrupt: func() {
			select {
			case r.w.interrupts <- os.Interrupt:
			default:
			}
		},
		Variables: r.variables,
	}
	if r.opts.Journal && !r.opts.Check {
		a.RollBack = func() {
			goes := false
			steer(func(c *executor.Control, x *executor.Executor) {
				goes = true
				c.RollBack()
				x.Stop()
			})
			if goes {
				return
			}
			select {
			case r.undo <- struct{}{}:
			default:
			}
		}
	}
	return a
}

// retry has failed hosts try again: at once while their batch runs, otherwise when the run is over.
func (r *liveRun) retry(hosts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.control != nil {
		r.control.Retry(hosts...)
		return
	}
	select {
	case r.again <- hosts:
	default:
	}
}

// variables are those of a host, on one line each unless they are text of several lines.
func (r *liveRun) variables(host string) []tui.Variable {
	r.mu.Lock()
	x := r.latest
	r.mu.Unlock()
	if x == nil {
		return nil
	}
	var out []tui.Variable
	for _, v := range x.Variables(host) {
		out = append(out, tui.Variable{Name: v.Name, Value: variableText(r.w.io.secrets.Value(v.Value)), From: v.From})
	}
	return out
}

// liveText writes the run as text when the view was left, and to the log all the time.
type liveText struct {
	*view.Text
	gate *gate
	left bool

	mu     sync.Mutex
	failed []event.Event // tasks and results to show again at the end
	shown  int           // the task of the last of them
	tasks  map[int]event.TaskStart
	end    *event.RunEnd
	again  func() *view.Text
}

// maxRepeated bounds how many failures are shown once more after the view was left.
const maxRepeated = 100

// Handle writes an event, and remembers what the end repeats.
func (t *liveText) Handle(e event.Event) {
	t.Text.Handle(e)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case event.RunStart:
		t.failed, t.end, t.tasks = nil, nil, map[int]event.TaskStart{}
	case event.TaskStart:
		t.tasks[e.ID] = e
	case event.TaskResult:
		if (e.Status == event.Failed || e.Status == event.Unreachable) && !e.Ignored && !e.Rescued && len(t.failed) < maxRepeated {
			if t.shown != e.Task || len(t.failed) == 0 {
				t.failed = append(t.failed, t.tasks[e.Task])
			}
			t.shown = e.Task
			t.failed = append(t.failed, e)
		}
	case event.RunEnd:
		t.end = &e
	}
}

// leave lets the text through: the user left the view while the run goes.
func (t *liveText) leave() {
	t.mu.Lock()
	over := t.end != nil
	t.left = !over
	t.mu.Unlock()
	if !over {
		t.Text.Repeat()
		t.gate.open("the live view was left; the run goes on, ^C stops it")
	}
}

// finish writes what failed and the recap, unless the user read it as text already, and reports which.
func (t *liveText) finish() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gate.open("")
	if t.left || t.end == nil {
		return false
	}
	again := t.again()
	for _, e := range t.failed {
		again.Handle(e)
	}
	again.Handle(*t.end)
	return true
}
