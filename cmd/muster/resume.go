package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// resumeOptions are the flags of muster resume.
type resumeOptions struct {
	runOptions
	force bool
	flags *pflag.FlagSet
}

func newResumeCmd(io *streams, runF func(context.Context, *resumeOptions, string) error) *cobra.Command {
	o := &resumeOptions{}
	cmd := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Go on with a run that failed, was interrupted or crashed",
		Long: `Go on with a run where it stopped: hosts are taken past what they have behind them, with the variables, facts and
notifications that it left, and go on at the task that failed or never ran. RUN is the id that muster showed, the
beginning of it, or last (default).

The run's flags, playbooks, inventory and variables are used again; flags that are given now come on top. Secret extra
variables were not kept and must be given again. Facts are gathered again; tasks with no_log and those that failed or
returned a secret run again. When tasks that were done have changed in the playbooks since, the run is
refused; with --force they run again.` + exitHelp,
		Example: "  muster resume\n  muster resume 20261126T1015 -e db_password=…\n  muster resume last -l web3",
		Args:    atMostOne("a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.flags, o.shown = cmd.Flags(), shownLine(cmd, args)
			run := append(args, "last")[0]
			if runF != nil {
				return runF(cmd.Context(), o, run)
			}
			return runResume(cmd.Context(), io, o, run)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.StringVar(&o.output, "output", "", "text, json (one event a line) or junit; without it the setting stdout_callback decides")
	fs.BoolVar(&o.force, "force", false, "run tasks again that have changed in the playbooks since")
	return cmd
}

func runResume(ctx context.Context, io *streams, given *resumeOptions, ref string) error {
	folder, err := io.runsFolder()
	if err != nil {
		return err
	}
	run, err := findProgress(folder, ref)
	if err != nil {
		return err
	}
	command, past, err := readProgress(folder, run)
	if err != nil {
		return err
	}
	o, fs, err := command.again(io, given.flags)
	if err != nil {
		return err
	}
	o.shown = given.shown
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.askAgain(ctx, command.Ask); err != nil {
		return err
	}
	books, opts, err := w.ready(ctx, o)
	if err != nil {
		return err
	}
	if changed := changedSince(past, executor.New(opts).Tasks(books)); len(changed) > 0 && !given.force {
		return fmt.Errorf("run %s cannot go on, tasks that it did have changed since:\n  %s\nUndo the changes, run the playbook anew, or have these tasks run again with --force", run, strings.Join(changed, "\n  "))
	}
	view, err := w.sink(o.output)
	if err != nil {
		return err
	}
	opts.Sink = &onlyNew{next: view, waiting: map[int]event.TaskStart{}}
	again, err := w.remember(fs, o.playbooks)
	if err != nil {
		return err
	}
	again.Ask = command.Ask
	w.parent, w.kept = run, &progress{folder: folder, run: opts.RunID, command: again, past: past, from: run}
	if err := w.kept.takeOver(); err != nil {
		return err
	}
	fmt.Fprintf(io.err, "muster: going on with run %s: %d tasks on hosts are done\n", run, len(past))
	return ended(w.carryOut(ctx, "resume", opts, books))
}

// changedSince lists the tasks that an earlier run did and that say something else now, or are gone.
func changedSince(past map[executor.Place]executor.Done, now map[string]string) []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range past {
		hash, there := now[d.Key]
		if seen[d.Key] || hash == d.Hash || !there && d.Dynamic {
			continue
		}
		seen[d.Key] = true
		if there {
			out = append(out, fmt.Sprintf("%s: the task %s says something else now", d.Pos, d.Name))
		} else {
			out = append(out, fmt.Sprintf("%s: the task %s is gone, or has another name", d.Pos, d.Name))
		}
	}
	slices.Sort(out)
	return out
}

// onlyNew hides from a view what an earlier run did: its results, and tasks that have no others.
type onlyNew struct {
	next    event.Sink
	waiting map[int]event.TaskStart // banners of tasks without a result so far
}

// Handle passes an event on unless it is of the earlier run.
func (o *onlyNew) Handle(e event.Event) {
	switch e := e.(type) {
	case event.TaskStart:
		o.waiting[e.ID] = e
		return
	case event.TaskResult:
		if e.Replayed {
			return
		}
		o.announce(e.Task)
	case event.ItemResult:
		o.announce(e.Task)
	case event.Retry:
		o.announce(e.Task)
	case event.AsyncPoll:
		o.announce(e.Task)
	case event.Included:
		o.announce(e.Task)
	}
	o.next.Handle(e)
}

func (o *onlyNew) announce(task int) {
	if t, ok := o.waiting[task]; ok {
		delete(o.waiting, task)
		o.next.Handle(t)
	}
}

// Err is the view's first error.
func (o *onlyNew) Err() error { return sinkError(o.next) }
