package drift

import (
	"context"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

// Past is what went before a check run; the run store is one.
type Past interface {
	Results(ctx context.Context, f history.ResultFilter) ([]history.Result, error)
	Runs(ctx context.Context, f history.Filter) ([]history.Run, error)
}

// remembered is how many earlier results of a task on a host are looked at.
const remembered = 200

// Report turns what was collected into a report, with every difference classified. past may be nil, then why says why.
func (c *Collector) Report(ctx context.Context, past Past, why string) (*Report, error) {
	r := &Report{Version: Version, Run: c.start.Run, Playbooks: c.start.Playbooks, Start: c.start.Time, End: c.end.Time, Hosts: []Host{}}
	if past == nil {
		r.History = why
	}
	cl := &classifier{past: past, books: c.start.Playbooks, before: c.start.Time}
	for _, name := range c.names() {
		f := c.hosts[name]
		h := Host{Name: name, State: f.state, Problem: f.problem, Drift: f.diffs, Blind: f.blind, Assessed: f.done, Assessable: f.able}
		for i := range h.Drift {
			d := &h.Drift[i]
			d.FirstSeen = c.start.Time
			if err := cl.classify(ctx, name, d, f.digests[i], f.wholes[i]); err != nil {
				return nil, err
			}
		}
		r.Hosts = append(r.Hosts, h)
	}
	r.summarize()
	return r, nil
}

// classifier compares differences with what went before, one host after another.
type classifier struct {
	past   Past
	books  []string
	before time.Time
	host   string // whose runs are known
	last   *history.Run
	known  bool
}

// classify says why a host differs. digest is that of the task's arguments, or of the item's; whole is the loop's.
func (c *classifier) classify(ctx context.Context, host string, d *Difference, digest, whole string) error {
	if c.past == nil {
		d.Class, d.Why = Unknown, "there is no record of earlier runs"
		return nil
	}
	found, err := c.past.Results(ctx, history.ResultFilter{
		Host: host, Key: d.Key, Newest: true, Limit: remembered, Loop: true, Statuses: []event.Status{event.OK, event.Changed},
	})
	if err != nil {
		return err
	}
	applied := newest(found, func(r history.Result) bool { return !r.About.Check })
	if applied == nil {
		return c.never(ctx, host, d)
	}
	d.Applied, d.AppliedBy = applied.Start, applied.Run
	switch same := sameWish(found, d.Item, digest, whole); {
	case whole == "":
		d.Class, d.Why = Unknown, "what the task asked for was not recorded"
	case same:
		d.Class, d.Why = Corrective, fmt.Sprintf("the host changed since run %s applied the same", applied.Run)
	default:
		d.Class, d.Why = Intended, fmt.Sprintf("playbook, inventory or variables ask for something else than in run %s", applied.Run)
	}
	return nil
}

func newest(list []history.Result, fits func(history.Result) bool) *history.Result {
	for i := range list {
		if fits(list[i]) {
			return &list[i]
		}
	}
	return nil
}

// sameWish reports that the host was once left in, or seen in, the very state that the task asks for, and that this was
// what it asked for last. Results are the newest first; those of check runs count only when they found nothing to change.
func sameWish(found []history.Result, item, digest, whole string) bool {
	for _, r := range found {
		if r.About.Check && r.Changed {
			continue
		}
		if r.Args == whole {
			return true
		}
		if item == "" {
			return false
		}
		for _, it := range r.Loop { // a loop over other items: only those that changed something are recorded one by one
			if it.Item == item {
				return it.Args == digest && digest != ""
			}
		}
	}
	return false
}

// never classifies a difference of a task that was never applied to the host: it is new in the playbook when an earlier
// run of the playbook came to its end there.
func (c *classifier) never(ctx context.Context, host string, d *Difference) error {
	if c.host != host || !c.known {
		last, err := c.lastComplete(ctx, host)
		if err != nil {
			return err
		}
		c.host, c.last, c.known = host, last, true
	}
	if c.last == nil {
		d.Class, d.Why = Unknown, "muster never applied this to the host"
		return nil
	}
	d.Class, d.Why = Intended, fmt.Sprintf("the task is new since run %s applied the playbook", c.last.ID)
	return nil
}

// lastComplete is the newest run that applied all of the playbooks to a host without failing there; nil when there is none.
func (c *classifier) lastComplete(ctx context.Context, host string) (*history.Run, error) {
	if len(c.books) == 0 {
		return nil, nil
	}
	runs, err := c.past.Runs(ctx, history.Filter{Host: host, Playbook: c.books[0], Applied: true, Limit: 20})
	if err != nil {
		return nil, err
	}
	for i, r := range runs {
		if len(r.Tags) > 0 || len(r.SkipTags) > 0 || r.State != history.Finished || r.Exit != 0 || !r.Start.Before(c.before) {
			continue
		}
		return &runs[i], nil
	}
	return nil, nil
}
