package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// Profile passes events on and writes the slowest tasks after the end of the run, as Ansible's profile_tasks does: how long
// each took from the first host's start to the last host's end.
type Profile struct {
	next  event.Sink
	out   io.Writer
	width int
	tasks map[int]*timed
	order []*timed
}

type timed struct {
	name       string
	start, end time.Time
	slowest    string
	longest    time.Duration
}

func (t *timed) took() time.Duration { return t.end.Sub(t.start) }

// profiled is how many tasks the table has.
const profiled = 20

// NewProfile returns a view that adds the table to what next shows.
func NewProfile(next event.Sink, out io.Writer, width int) *Profile {
	return &Profile{next: next, out: out, width: max(79, width-1), tasks: map[int]*timed{}}
}

// Handle passes an event on.
func (p *Profile) Handle(e event.Event) {
	p.next.Handle(e)
	switch e := e.(type) {
	case event.TaskStart:
		t := &timed{name: e.Name, start: e.Time, end: e.Time}
		p.tasks[e.ID] = t
		p.order = append(p.order, t)
	case event.TaskResult:
		if t := p.tasks[e.Task]; t != nil {
			t.see(e)
		}
	case event.RunEnd:
		p.table()
	}
}

// Next is the view that shows the events.
func (p *Profile) Next() event.Sink { return p.next }

// Err is the first error of the view that shows the events.
func (p *Profile) Err() error {
	if v, ok := p.next.(interface{ Err() error }); ok {
		return v.Err()
	}
	return nil
}

func (t *timed) see(e event.TaskResult) {
	if e.Start.Before(t.start) {
		t.start = e.Start
	}
	if e.End.After(t.end) {
		t.end = e.End
	}
	if d := e.End.Sub(e.Start); d > t.longest {
		t.slowest, t.longest = e.Host, d
	}
}

func (p *Profile) table() {
	slices.SortStableFunc(p.order, func(a, b *timed) int { return int(b.took() - a.took()) })
	fmt.Fprintln(p.out, strings.Repeat("=", p.width))
	for _, t := range p.order[:min(len(p.order), profiled)] {
		end := fmt.Sprintf(" %.2fs", t.took().Seconds())
		if t.slowest != "" {
			end = fmt.Sprintf(" %.2fs (%s %.2fs)", t.took().Seconds(), t.slowest, t.longest.Seconds())
		}
		fmt.Fprintf(p.out, "%s %s%s\n", t.name, strings.Repeat("-", max(3, p.width-displayWidth(t.name)-len(end)-1)), end)
	}
}
