package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/drift/show"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// driftRun is one muster drift.
type driftRun struct {
	*workbench
	o     *driftOptions
	opts  executor.Options
	books []*playbook.Playbook

	reports *drift.Store
	runs    *history.Store
	without string // why there are no stores
}

// open opens the run store and that of reports, which lie in one place. Without them everything is unknown.
func (d *driftRun) open(ctx context.Context) error {
	place, err := d.historyPlace()
	if err != nil {
		return err
	}
	if place == "" || d.flags.noHistory {
		d.without = "the history of runs is off"
		return nil
	}
	if d.runs, err = history.Open(ctx, place); err != nil {
		return fmt.Errorf("%w\nWithout the history of runs, nobody can tell why a host differs; --no-history does without", err)
	}
	d.reports, err = drift.OpenStore(ctx, d.runs.Database())
	return err
}

func (d *driftRun) closeStores() {
	if d.runs != nil {
		_ = d.runs.Close() // everything was committed
	}
}

// outcome is a report and what was done about it.
type driftOutcome struct {
	*drift.Report
	Correction *correction `json:"correction,omitempty"`
}

// exit is the exit code: that of the last look at the hosts, unless the correction failed.
func (o driftOutcome) exit() int {
	if c := o.Correction; c != nil && c.After != nil {
		if c.Exit != exitOK && c.Exit != exitPending {
			return c.Exit
		}
		return c.After.Exit()
	}
	return o.Report.Exit()
}

// run looks, corrects where that was asked for, and writes the report.
func (d *driftRun) run(ctx context.Context) error {
	report, code, err := d.look(ctx, d.opts.Limit, nil)
	if err != nil {
		return err
	}
	if code == exitInterrupted {
		return exitCode(code)
	}
	if report.Summary.Hosts == 0 {
		if err := d.nobody(); err != nil {
			return err
		}
	}
	out := driftOutcome{Report: report}
	if d.o.output == "text" && d.o.file == "" {
		d.text(d.io.out, report)
	}
	if d.o.correct {
		if out.Correction, err = d.correct(ctx, report); err != nil {
			return err
		}
		d.tell(out.Correction)
	}
	if err := d.write(out); err != nil {
		return err
	}
	if code := out.exit(); code != exitOK {
		return exitCode(code)
	}
	return nil
}

// nobody says that no host was looked at, which must not pass for order: it is an error when the inventory has no hosts.
func (d *driftRun) nobody() error {
	every, _ := d.inv.Match("all")
	if len(every) == 0 {
		return errors.New("no host was looked at: the inventory has none")
	}
	d.warn("no host was looked at: the plays have no hosts in this inventory")
	return nil
}

// look runs the playbooks in check mode and reports what differs. before is an earlier report of which hosts outside of
// the limit are counted.
func (d *driftRun) look(ctx context.Context, limit string, before *drift.Report) (*drift.Report, int, error) {
	collector := drift.NewCollector(warnings{d.textView(view.FormJSON)}, d.shape)
	opts := d.opts
	opts.Check, opts.Diff, opts.Limit, opts.RunID, opts.Sink, opts.EveryBook = true, true, limit, newRunID(), collector, true
	code, err := d.carryOut(ctx, "drift", opts, d.books)
	if err != nil || code == exitInterrupted {
		return nil, code, err
	}
	var past drift.Past
	if d.runs != nil {
		past = d.runs
	}
	report, err := collector.Report(ctx, past, d.without)
	if err != nil {
		return nil, code, err
	}
	if before != nil {
		report.CountAlso(before)
	}
	report.Whole = before == nil && (d.o.limit == "" || d.o.whole)
	if d.reports != nil {
		err = d.reports.Save(ctx, d.o.subject(d.io.dir), report, collector.Compared())
	}
	return report, code, err
}

// shape is what a check run can say about an action.
func (w *workbench) shape(action string) modules.Shape {
	m, ok := w.modules.Get(executor.Actions{Registry: w.modules}.Short(action))
	if !ok {
		return ""
	}
	return modules.ShapeOf(m)
}

// warnings passes messages on and nothing else.
type warnings struct{ next event.Sink }

// Handle passes a warning on.
func (w warnings) Handle(e event.Event) {
	if m, ok := e.(event.Message); ok && m.Level != "verbose" {
		w.next.Handle(m)
	}
}

func (d *driftRun) text(w io.Writer, r *drift.Report) {
	color := d.io.outFile != nil && useColor(d.workbench, view.TerminalWidth(d.io.outFile))
	show.Text(w, r, show.TextOptions{Color: color && d.o.file == "", Verbose: d.settings.Verbosity > 0, Now: time.Now()})
}

// write writes the report in its form, to standard output or into a file. Text went to standard output before.
func (d *driftRun) write(out driftOutcome) error {
	var b bytes.Buffer
	switch d.o.output {
	case "json":
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(out); err != nil {
			return err
		}
	case "html":
		if err := show.HTML(&b, out.latest()); err != nil {
			return err
		}
	default:
		if d.o.file == "" {
			return nil
		}
		d.text(&b, out.latest())
	}
	if d.o.file == "" {
		_, err := d.io.out.Write(b.Bytes())
		return err
	}
	return errors.Join(os.WriteFile(d.o.file, b.Bytes(), 0o600), os.Chmod(d.o.file, 0o600))
}

// latest is the last report on the hosts.
func (o driftOutcome) latest() *drift.Report {
	if o.Correction != nil && o.Correction.After != nil {
		return o.Correction.After
	}
	return o.Report
}
