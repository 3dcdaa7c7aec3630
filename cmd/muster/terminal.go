package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/internal/view/tui"
	"github.com/musterhq/muster/transport"
)

// gate is a stream whose text waits for nobody: it is dropped, or shown elsewhere, until the gate opens.
type gate struct {
	mu      sync.Mutex
	next    io.Writer
	instead func(text string) // gets what comes before the gate opens; nil drops it
	opened  bool
}

// Write passes text on, when the gate is open.
func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened {
		return g.next.Write(p)
	}
	if text := strings.TrimSpace(string(p)); g.instead != nil && text != "" {
		g.instead(text)
	}
	return len(p), nil
}

// open lets text through from now on, after a remark.
func (g *gate) open(remark string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.opened && remark != "" {
		fmt.Fprintf(g.next, "muster: %s\n", remark)
	}
	g.opened = true
}

// borrowTerminal starts the view of a run and leads everything that is written elsewhere while it has the terminal. The
// returned function undoes that.
func (w *workbench) borrowTerminal(r *liveRun) func() {
	was := w.io
	out := &gate{next: was.out}
	messages := &gate{next: was.err, instead: func(text string) { r.view.Say(text) }}
	now := &streams{
		in: was.in, out: out, err: messages, tty: was.tty, outFile: was.outFile, inFile: was.inFile, env: was.env, dir: was.dir, program: was.program,
		secrets: was.secrets, masking: was.masking,
	}
	r.view = tui.Start(context.Background(), tui.Options{
		In: was.inFile, Out: was.outFile, Env: was.env, NoColor: !useColor(w, 1), Actions: r.actions(), Groups: w.groupsOf, Interrupted: errInterrupted,
	})
	now.asker = livePrompter{r.view, was}
	now.exit = func(code int) {
		_ = r.view.Close() // the program ends anyhow
		was.exit(code)
	}
	w.io = now
	r.opts.Prompter = now
	r.text = &liveText{Text: w.textView(view.FormJSON), gate: out, tasks: map[int]event.TaskStart{}, again: func() *view.Text {
		o := w.textOptions(view.FormJSON)
		o.Log = nil
		return view.NewText(o)
	}}
	r.sink = bothViews{r.view, r.text}
	go func() {
		<-r.view.Gone()
		messages.open("")
		r.text.leave()
	}()
	return func() { w.io = was }
}

// groupsOf returns the inventory groups of a host, the nearest first.
func (w *workbench) groupsOf(name string) []string {
	h := w.inv.Host(name)
	if h == nil {
		return nil
	}
	return h.Groups()
}

// bothViews shows a run in the view and writes it as text.
type bothViews struct {
	live *tui.Live
	text *liveText
}

// Handle passes an event to both.
func (b bothViews) Handle(e event.Event) {
	b.live.Handle(e)
	b.text.Handle(e)
}

// livePrompter asks in the live view, and at the plain terminal once that was left.
type livePrompter struct {
	view  *tui.Live
	plain transport.Prompter
}

// Ask asks a question.
func (p livePrompter) Ask(ctx context.Context, question string, secret bool) (string, error) {
	answer, err := p.view.Ask(ctx, question, secret)
	if errors.Is(err, tui.ErrClosed) {
		return p.plain.Ask(ctx, question, secret)
	}
	return answer, err
}
