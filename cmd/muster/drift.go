package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/drift/guard"
	"github.com/musterhq/muster/internal/serve/schedule"
)

// exitPending says that hosts differ from what the playbooks want.
const exitPending = 3

// driftOptions are the flags of muster drift.
type driftOptions struct {
	runOptions
	correct  bool
	all      bool
	maxHosts string
	window   string
	timezone string
	serial   string
	rollback bool
	file     string
	job      string
	whole    bool // the limit is the job's own
	guards   guard.Guards
}

func newDriftCmd(io *streams, runF func(context.Context, *driftOptions) error) *cobra.Command {
	o := &driftOptions{}
	cmd := &cobra.Command{
		Use:   "drift [-i INVENTORY] PLAYBOOK...",
		Short: "Find where hosts differ from playbooks, why, and put it right",
		Long: `Compare hosts with playbooks in check mode and report what differs, attribute by attribute. Each difference is

  corrective  the host changed since muster last applied the task
  intended    the playbook, the inventory or variables changed since then
  unknown     muster never applied the task to the host

as the history of runs tells. --correct applies the tasks whose differences are corrective, or all with --all, on the
hosts that drifted, and looks again; nothing happens outside of the guards. Plays that put something right on a host also
run their pre_tasks, post_tasks, gate and restore there; all other tasks run in check mode meanwhile.

Exit codes: 0 everything that could be assessed is in order, 1 an error in the input or in muster, 2 the check or the
correction failed on a host, 3 hosts differ, 4 hosts were unreachable, 6 a correction failed and was rolled back, 130
interrupted.`,
		Example: `  muster drift -i hosts.ini site.yml
  muster drift -i hosts.ini site.yml --output html --report drift.html
  muster drift -i hosts.ini site.yml --correct --max-hosts 10% --window "Mon-Fri 22:00-06:00" --serial 5`,
		Args: someWords("a playbook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.playbooks = args
			if err := o.check(); err != nil {
				return err
			}
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runDrift(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.Lookup("check").Hidden, fs.Lookup("diff").Hidden = true, true // both are always on
	fs.StringArrayVarP(&o.tags, "tags", "t", nil, "only look at plays and tasks with these tags")
	fs.StringArrayVar(&o.skipTags, "skip-tags", nil, "do not look at plays and tasks with these tags")
	fs.StringVar(&o.output, "output", "text", "text, json or html")
	fs.StringVar(&o.file, "report", "", "write the report into this file")
	fs.BoolVar(&o.correct, "correct", false, "put corrective drift right")
	fs.BoolVar(&o.all, "all", false, "with --correct: intended and unknown differences, too")
	fs.StringVar(&o.maxHosts, "max-hosts", "", "with --correct: correct nothing when more hosts than this drifted (5 or 10%)")
	fs.StringVar(&o.window, "window", "", `with --correct: only at this time, such as "Mon-Fri 22:00-06:00"`)
	fs.StringVar(&o.timezone, "timezone", "", "with --correct: the time zone of --window (default local)")
	fs.StringVar(&o.serial, "serial", "", "with --correct: how many hosts at once (5 or 10%), over what plays say")
	fs.BoolVar(&o.rollback, "rollback", false, "with --correct: roll a batch back in which a host fails, where plays have no policy of their own")
	fs.StringVar(&o.job, "job", "", "the name under which reports are compared with earlier ones (default: the playbooks)")
	fs.BoolVar(&o.whole, "whole", false, "the hosts of --limit are all that reports of this name are about")
	fs.Lookup("whole").Hidden = true // the daemon knows
	return cmd
}

// check reads the flags that have a form of their own and refuses those that do not go together.
func (o *driftOptions) check() error {
	if !slices.Contains([]string{"text", "json", "html"}, o.output) {
		return fmt.Errorf("--output must be text, json or html, not %q", o.output)
	}
	for name, given := range map[string]bool{"all": o.all, "max-hosts": o.maxHosts != "", "window": o.window != "", "serial": o.serial != "", "rollback": o.rollback} {
		if given && !o.correct {
			return fmt.Errorf("--%s belongs to --correct", name)
		}
	}
	if o.timezone != "" && o.window == "" {
		return fmt.Errorf("--timezone belongs to --window")
	}
	var err error
	if o.maxHosts != "" {
		if o.guards.MaxHosts, err = guard.ParseLimit(o.maxHosts); err != nil {
			return fmt.Errorf("--max-hosts: %w", err)
		}
	}
	if o.serial != "" {
		if _, err = guard.ParseLimit(o.serial); err != nil || strings.TrimRight(o.serial, "0%") == "" {
			return fmt.Errorf("--serial must be a number of hosts or a percentage above 0, not %q", o.serial)
		}
	}
	if o.window != "" {
		if o.guards.Window, err = guard.ParseWindow(o.window); err != nil {
			return fmt.Errorf("--window: %w", err)
		}
	}
	if o.guards.Location, err = schedule.Zone(o.timezone); err != nil {
		return fmt.Errorf("--timezone: %w", err)
	}
	return nil
}

// subject is what reports are compared within.
func (o *driftOptions) subject(dir string) string {
	if o.job != "" {
		return o.job
	}
	paths := make([]string, len(o.playbooks))
	for i, p := range o.playbooks {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		paths[i] = p
	}
	return strings.Join(paths, " ")
}

// runDrift is muster drift.
func runDrift(ctx context.Context, io *streams, o *driftOptions) error {
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	books, err := w.loadBooks(o.playbooks)
	if err != nil {
		return err
	}
	if _, err := w.loadInventory(ctx); err != nil {
		return err
	}
	if _, err := w.selectHosts("all"); err != nil {
		return err
	}
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	opts.Tags, opts.SkipTags = w.tagLists(&o.runOptions)
	d := &driftRun{workbench: w, o: o, opts: opts, books: books}
	if o.file != "" { // a report that cannot be written is found out before hosts are touched
		f, err := os.OpenFile(o.file, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		_ = f.Close() // nothing was written
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	defer d.closeStores()
	return d.run(ctx)
}

// newRunID names a run by the time of its start.
func newRunID() string { return time.Now().UTC().Format("20060102T150405.000000000Z") }
