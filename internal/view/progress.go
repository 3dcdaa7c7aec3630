package view

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// Long work shows on a line after longWork, and again every progressTick.
const (
	longWork     = 2 * time.Second
	progressTick = 500 * time.Millisecond
)

// Progress keeps a line that says what a run is at while that takes long: the batch, the task, how many hosts are through, and
// what is being pushed. It sees the run by its events. Its methods may be called concurrently.
type Progress struct {
	line *Line
	now  func() time.Time

	mu     sync.Mutex
	play   event.PlayStart
	task   event.TaskStart
	began  time.Time // of the task, or of what goes on without one
	done   int
	out    map[string]bool // hosts that left the play
	what   string          // what goes on besides tasks
	over   bool            // the run has ended; what follows it is no work of it
	pushes map[*push]bool
}

// push is a file on its way to a host.
type push struct{ sent, size int64 }

// NewProgress returns the progress of a run that begins now.
func NewProgress(line *Line, now func() time.Time) *Progress {
	return &Progress{line: line, now: now, began: now(), out: map[string]bool{}, pushes: map[*push]bool{}}
}

// Start draws from now on until the returned function is called.
func (p *Progress) Start() (stop func()) {
	tick := time.NewTicker(progressTick)
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		for {
			select {
			case <-tick.C:
				p.line.Show(p.text())
			case <-done:
				tick.Stop()
				p.line.Show("")
				return
			}
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}

// Handle takes an event.
func (p *Progress) Handle(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case event.PlayStart:
		p.play, p.task, p.what = e, event.TaskStart{}, ""
		p.out = map[string]bool{}
		p.begin()
	case event.TaskStart:
		p.task = e
		p.begin()
	case event.TaskResult:
		if e.Task == p.task.ID {
			p.done++
		}
		if (e.Status == event.Failed || e.Status == event.Unreachable) && !e.Ignored && !e.Rescued {
			p.out[e.Host] = true
		}
	case event.PhaseStart:
		p.what = e.Phase
		p.begin()
	case event.RollbackStart:
		p.what, p.task = "rolling back", event.TaskStart{}
		p.begin()
	case event.RollbackEnd:
		p.what = ""
		p.begin()
	case event.RunEnd:
		p.over = true
	}
}

func (p *Progress) begin() { p.began, p.done = p.now(), 0 }

// Pushing notes that a file of a size is on its way to a host. The returned functions note what was sent since the last call,
// and the end.
func (p *Progress) Pushing(size int64) (sent func(n int), over func()) {
	one := &push{size: size}
	p.mu.Lock()
	p.pushes[one] = true
	p.mu.Unlock()
	sent = func(n int) {
		p.mu.Lock()
		one.sent += int64(n)
		p.mu.Unlock()
	}
	return sent, func() {
		p.mu.Lock()
		delete(p.pushes, one)
		p.mu.Unlock()
	}
}

// text is the line as it is now; "" while nothing takes long.
func (p *Progress) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := p.now().Sub(p.began)
	if took < longWork || p.over {
		return ""
	}
	var parts []string
	if p.play.Of > 1 {
		parts = append(parts, fmt.Sprintf("batch %d/%d", p.play.Batch+1, p.play.Of))
	}
	if p.what != "" {
		parts = append(parts, p.what)
	}
	if p.task.ID > 0 {
		parts = append(parts, strings.TrimSpace(p.task.Name))
		if of := len(p.play.Hosts); of > 1 && p.what == "" {
			parts = append(parts, fmt.Sprintf("%d of %d hosts", p.done, max(p.done, of-p.leftBefore())))
		}
	}
	if text := p.pushed(); text != "" {
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		parts = append(parts, "working")
	}
	return fmt.Sprintf("... %s, %s", strings.Join(parts, ", "), Clock(took))
}

// leftBefore counts hosts that do not take the task any more. Those that fail in it have taken it.
func (p *Progress) leftBefore() int { return max(0, len(p.out)-p.done) }

// pushed says what is on its way to hosts.
func (p *Progress) pushed() string {
	if len(p.pushes) == 0 {
		return ""
	}
	var all push
	for one := range p.pushes {
		all.sent += one.sent
		all.size += one.size
	}
	hosts := "1 host"
	if n := len(p.pushes); n > 1 {
		hosts = fmt.Sprintf("%d hosts", n)
	}
	return fmt.Sprintf("pushing to %s: %.1f of %.1f MB", hosts, float64(all.sent)/1e6, float64(all.size)/1e6)
}

// Clock is a duration as a watch shows it.
func Clock(d time.Duration) string {
	s := max(0, int(d.Seconds()))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
