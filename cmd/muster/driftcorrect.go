package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/playbook"
)

// correction is what was done about drift.
type correction struct {
	Run     string        `json:"run,omitempty"`
	Hosts   []string      `json:"hosts"`             // that were corrected
	Refused string        `json:"refused,omitempty"` // why nothing was done
	Left    []string      `json:"left,omitempty"`    // what was left alone, and why
	Exit    int           `json:"exit"`
	After   *drift.Report `json:"after,omitempty"` // what is found afterwards
}

// correct applies the tasks whose hosts drifted, when the guards allow it, and looks again.
func (d *driftRun) correct(ctx context.Context, report *drift.Report) (*correction, error) {
	plan := report.Correction(d.o.all)
	c := &correction{Hosts: plan.Hosts(), Left: plan.Left}
	if len(c.Hosts) == 0 {
		return c, nil
	}
	if refusal := d.o.guards.Check(time.Now(), c.Hosts, report.Summary.Hosts); refusal != nil {
		c.Refused, c.Hosts = refusal.Reason, []string{}
		return c, nil
	}
	if d.o.rollback {
		d.rollbackByDefault()
	}
	limit := strings.Join(c.Hosts, ",")
	opts := d.opts
	opts.Check, opts.Diff, opts.Limit, opts.RunID = false, true, limit, newRunID()
	opts.Selection, opts.Serial, opts.Sink = plan, d.o.serial, warnings{d.textView(view.FormJSON)}
	if d.o.output == "text" && d.o.file == "" {
		opts.Sink = d.callback()
	}
	d.parent = report.Run
	defer func() { d.parent = "" }()
	c.Run = opts.RunID
	var err error
	if c.Exit, err = d.carryOut(ctx, "drift", opts, d.books); err != nil {
		return nil, err
	}
	if c.Exit == exitInterrupted {
		return nil, exitCode(c.Exit)
	}
	c.After, _, err = d.look(ctx, limit, report)
	return c, err
}

// rollbackByDefault gives plays that have no policy the usual one: a batch in which a host fails is rolled back.
func (d *driftRun) rollbackByDefault() {
	for _, b := range d.books {
		for _, p := range b.Plays {
			if p.Rollback == nil {
				p.Rollback = &playbook.Rollback{Pos: p.Pos, Scope: playbook.ScopeBatch}
			}
		}
	}
}

// tell says in text what was done about drift.
func (d *driftRun) tell(c *correction) {
	out := d.io.err
	if d.o.output == "text" && d.o.file == "" {
		out = d.io.out
	}
	if c.Refused != "" {
		fmt.Fprintf(out, "\nNothing was corrected: %s.\n", c.Refused)
	}
	for _, l := range c.Left {
		fmt.Fprintf(out, "Left alone: %s.\n", l)
	}
	if c.After == nil {
		return
	}
	s := c.After.Summary
	fmt.Fprintf(out, "%s; now %d in order, %d drifted, %d failed, %d unreachable.\n", c.verdict(), s.InOrder, s.Drifted, s.Failed, s.Unreachable)
	for _, h := range c.After.Hosts {
		for _, diff := range h.Drift {
			if slices.Contains(c.Hosts, h.Name) {
				fmt.Fprintf(out, "Still different: %s: %s (%s).\n", h.Name, diff.Task, diff.Class)
			}
		}
	}
}

// verdict says in words how the correction ended.
func (c *correction) verdict() string {
	switch c.Exit {
	case exitOK:
		return "Corrected " + hostsText(c.Hosts)
	case exitRolledBack:
		return "The correction of " + hostsText(c.Hosts) + " failed and was rolled back"
	}
	return "The correction of " + hostsText(c.Hosts) + " failed"
}

func hostsText(hosts []string) string {
	if len(hosts) == 1 {
		return hosts[0]
	}
	return fmt.Sprintf("%d hosts", len(hosts))
}
