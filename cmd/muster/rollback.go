package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/history"
)

// rollbackOptions are the flags of muster rollback.
type rollbackOptions struct {
	hostFlags
	run    string
	force  bool
	output string
}

func newRollbackCmd(io *streams, runF func(context.Context, *rollbackOptions) error) *cobra.Command {
	o := &rollbackOptions{}
	cmd := &cobra.Command{
		Use:   "rollback [-i INVENTORY] RUN",
		Short: "Undo what a run changed",
		Long: `Undo what a run changed, days later too: every host has kept what the run replaced, and gets it back where
nobody has changed it since. Changes are undone newest first, rollback handlers of tasks run at their place, and
handlers that the changes had notified run again, so that services load what was restored.

RUN is the id that muster showed, the beginning of it, or last. Where this machine has no record of the run, the
journals of the hosts tell what there is to undo; rollback handlers are not known then.

What somebody changed since is a conflict: it is reported and left alone, unless --force is given.

Exit codes: 0 everything is undone, 1 an error in the input or in muster, 2 conflicts or failures are left, 4 hosts
were unreachable, 130 interrupted.`,
		Example: `  muster rollback last -i hosts.ini --check --diff
  muster rollback 20261126T101500 -i hosts.ini -l web3,web4`,
		Args: oneWord("the id of a run, or last"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = args[0]
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runRollback(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.BoolVar(&o.force, "force", false, "also undo what somebody else changed since, and lose what they did")
	fs.StringVar(&o.output, "output", "", "text, json (one event a line) or junit; without it the setting stdout_callback decides")
	return cmd
}

// runRollback is muster rollback.
func runRollback(ctx context.Context, io *streams, o *rollbackOptions) error {
	if strings.ContainsAny(o.run, "/\\") || o.run == "" || strings.HasPrefix(o.run, ".") {
		return fmt.Errorf("%q is no id of a run", o.run)
	}
	folder, err := io.runsFolder()
	if err != nil {
		return err
	}
	run, err := findRun(folder, o.run)
	if err != nil {
		return err
	}
	records, err := readRecord(folder, run)
	if err != nil {
		return err
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	if _, err := w.loadInventory(ctx); err != nil {
		return err
	}
	if _, err := w.selectHosts("all"); err != nil && !errors.Is(err, errNoHosts) {
		return err
	}
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	if opts.Sink, err = w.sink(o.output); err != nil {
		return err
	}
	if records == nil {
		if id := w.changedNothing(ctx, run); id != "" {
			_, err := fmt.Fprintf(io.out, "run %s changed nothing: there is nothing to undo\n", id)
			return err
		}
		w.warn("run %s was not recorded on this machine: what the hosts recorded is undone, without rollback handlers", run)
	}
	return ended(w.undo(ctx, folder, opts, executor.Past{Run: run, Records: records, Force: o.force}))
}

// undo undoes a run that ended, of which folder has the record if there is one, and returns the exit code.
func (w *workbench) undo(ctx context.Context, folder string, opts executor.Options, past executor.Past) (int, error) {
	if !opts.Check {
		record := &runRecord{folder: folder, run: past.Run}
		defer record.close()
		opts.Recorder = record
		dropProgressSince(folder, past.Run) // what is undone is no longer done
	}
	return w.onHosts(ctx, "rollback", opts, nil, func(ctx context.Context, x *executor.Executor) (int, error) {
		return x.RollBack(ctx, past)
	})
}

// changedNothing returns the id of a run of this machine that ended and by its history changed no host; "" for any other.
// Such a run has no record, and hosts have no journal of it.
func (w *workbench) changedNothing(ctx context.Context, ref string) string {
	place, err := w.historyPlace()
	if err != nil || place == "" {
		return ""
	}
	store, err := history.Open(ctx, place)
	if err != nil {
		return ""
	}
	run, err := store.Find(ctx, ref)
	if err = errors.Join(err, store.Close()); err != nil || run.State != history.Finished || run.Counts.Changed > 0 && !run.Check {
		return ""
	}
	return run.ID
}
