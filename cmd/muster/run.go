package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/lint"
	"github.com/musterhq/muster/playbook"
)

// runOptions are the flags of muster run: those of ansible-playbook, and the form of the output.
type runOptions struct {
	hostFlags
	playbooks     []string
	tags          []string
	skipTags      []string
	startAt       string
	step          bool
	syntaxCheck   bool
	listHosts     bool
	listTasks     bool
	listTags      bool
	forceHandlers bool
	output        string
	tui           bool
	profile       bool
	diffGroups    bool
	plan          string
	given         *pflag.FlagSet // as it was parsed
}

func newRunCmd(io *streams, runF func(context.Context, *runOptions) error) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run [-i INVENTORY] PLAYBOOK...",
		Short: "Run playbooks",
		Long: `Run playbooks on the hosts of an inventory. The flags are those of ansible-playbook; a link named
ansible-playbook to muster is this command.` + exitHelp,
		Example: `  muster run -i hosts.ini site.yml
  muster run -i hosts.ini site.yml --check --diff --limit web
  muster run -i web1.example.org, site.yml -u deploy -b -K`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && o.plan == "" {
				return fmt.Errorf("You must specify a playbook file to run") //nolint:staticcheck // Ansible's words
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.playbooks, o.shown = args, shownLine(cmd, args)
			o.given = cmd.Flags()
			switch {
			case runF != nil:
				return runF(cmd.Context(), o)
			case o.plan != "" && len(args) > 0:
				return fmt.Errorf("--plan: the plan says what runs; leave out %s", args[0])
			case o.plan != "":
				return runPlanned(cmd.Context(), io, o.plan, cmd.Flags(), o.shown)
			}
			return runPlaybooks(cmd.Context(), io, o)
		},
	}
	o.addRun(cmd.Flags())
	return cmd
}

// addRun adds all flags of muster run.
func (o *runOptions) addRun(fs *pflag.FlagSet) {
	o.addHosts(fs)
	o.addSelection(fs)
	fs.BoolVar(&o.step, "step", false, "ask before each task")
	fs.BoolVar(&o.syntaxCheck, "syntax-check", false, "check the playbooks without running them")
	fs.BoolVar(&o.listHosts, "list-hosts", false, "list the matching hosts and do nothing else")
	fs.BoolVar(&o.listTasks, "list-tasks", false, "list the tasks that would run and do nothing else")
	fs.BoolVar(&o.listTags, "list-tags", false, "list the available tags and do nothing else")
	fs.BoolVar(&o.flushCache, "flush-cache", false, "forget the cached facts of every host in the inventory")
	fs.BoolVar(&o.tui, "tui", false, "watch and steer the run in a live view of the terminal")
	fs.BoolVar(&o.profile, "profile", false, "show the slowest tasks at the end")
	fs.BoolVar(&o.diffGroups, "diff-groups", false, "show equal differences of several hosts once, with --diff")
	fs.StringVar(&o.output, "output", "", "text, json (one event a line), junit or github (text with annotations); without it the setting stdout_callback decides")
	fs.StringVar(&o.plan, "plan", "", "carry out a plan that 'muster plan --out' saved, when it still holds")
}

// addSelection adds the flags that say what of the playbooks runs.
func (o *runOptions) addSelection(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&o.tags, "tags", "t", nil, "only run plays and tasks with these tags")
	fs.StringArrayVar(&o.skipTags, "skip-tags", nil, "do not run plays and tasks with these tags")
	fs.StringVar(&o.startAt, "start-at-task", "", "start at the task of this name")
	fs.BoolVar(&o.forceHandlers, "force-handlers", false, "run handlers even if a task fails")
}

// runPlaybooks is muster run.
func runPlaybooks(ctx context.Context, io *streams, o *runOptions) error {
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	w.settings.Profile = w.settings.Profile || o.profile
	w.settings.DiffGroups = w.settings.DiffGroups || o.diffGroups
	if err := w.limitToFailed(ctx, o.playbooks); err != nil {
		return err
	}
	books, err := w.loadChecked(o)
	if err != nil {
		return err
	}
	if _, err := w.loadInventory(ctx); err != nil {
		return err
	}
	if _, err := w.selectHosts("all"); err != nil {
		return err
	}
	if err := w.flushFacts(); err != nil {
		return err
	}
	tags, skip := w.tagLists(o)
	switch {
	case o.syntaxCheck:
		for _, b := range books {
			fmt.Fprintf(io.out, "\nplaybook: %s\n", b.File)
		}
		return nil
	case o.listHosts || o.listTasks || o.listTags:
		return w.list(ctx, books, o, tags, skip)
	}
	opts, err := w.runOptions(ctx, o)
	if err != nil {
		return err
	}
	if err := w.keepProgress(opts.RunID, o); err != nil {
		return err
	}
	live, err := w.wantsLive(o.tui, o.output)
	if err != nil {
		return err
	}
	if live && o.step {
		return fmt.Errorf("--step asks on the screen that the live view needs; give one of them")
	}
	if live {
		opts.Console, opts.Pauser = nil, nil // the view has the terminal
		return w.live(ctx, "run", opts, books)
	}
	sink, err := w.sink(o.output)
	if err != nil {
		return err
	}
	opts.Sink = w.profiled(sink)
	return w.perform(ctx, "run", opts, books)
}

// keepProgress makes the run keep what it did, for muster resume.
func (w *workbench) keepProgress(run string, o *runOptions) error {
	folder, err := w.io.runsFolder()
	if err != nil || w.flags.noHistory || o.given == nil {
		return nil //nolint:nilerr // without a home there is nothing to keep it in
	}
	command, err := w.remember(o.given, o.playbooks)
	if err != nil {
		return err
	}
	w.kept = &progress{folder: folder, run: run, command: command}
	return nil
}

// ready loads the playbooks and the inventory of a run and assembles what it needs.
func (w *workbench) ready(ctx context.Context, o *runOptions) ([]*playbook.Playbook, executor.Options, error) {
	if err := w.limitToFailed(ctx, o.playbooks); err != nil {
		return nil, executor.Options{}, err
	}
	books, err := w.loadChecked(o)
	if err != nil {
		return nil, executor.Options{}, err
	}
	if _, err := w.loadInventory(ctx); err != nil {
		return nil, executor.Options{}, err
	}
	if _, err := w.selectHosts("all"); err != nil {
		return nil, executor.Options{}, err
	}
	opts, err := w.runOptions(ctx, o)
	return books, opts, err
}

// runOptions are the options of a run with the flags of muster run.
func (w *workbench) runOptions(ctx context.Context, o *runOptions) (executor.Options, error) {
	opts, err := w.options(ctx)
	opts.Tags, opts.SkipTags = w.tagLists(o)
	opts.StartAt, opts.Step, opts.ForceHandlers = o.startAt, o.step, opts.ForceHandlers || o.forceHandlers
	return opts, err
}

// loadChecked reads the playbooks and refuses what a run would be sure to fail at, before any host is asked. A run of
// chosen tasks may leave out what is wrong.
func (w *workbench) loadChecked(o *runOptions) ([]*playbook.Playbook, error) {
	books, err := w.loadBooks(o.playbooks)
	only, skip := w.tagLists(o)
	chosen := len(only) > 0 || len(skip) > 0 || o.startAt != "" || o.step || o.listHosts || o.listTasks || o.listTags
	if err != nil || chosen && !o.syntaxCheck {
		return books, err
	}
	found := lint.Early(lint.Options{Engine: w.engine, Modules: knownModules{executor.Actions{Registry: w.modules}}}, books, o.syntaxCheck)
	return books, found.Err()
}

// loadBooks reads the playbooks and shows every mistake in them.
func (w *workbench) loadBooks(files []string) ([]*playbook.Playbook, error) {
	l := w.loader()
	var books []*playbook.Playbook
	var all diag.List
	for _, f := range files {
		if err := findPlaybook(f); err != nil {
			return nil, err
		}
		b, found := l.Load(f)
		b.File = f
		books = append(books, b)
		all = append(all, found...)
	}
	return books, showWarnings(w.io, all)
}

// findPlaybook makes sure that a playbook is a file, or a pipe that a shell made.
func findPlaybook(file string) error {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the playbook: %s could not be found", file)
	case err != nil:
		return fmt.Errorf("the playbook: %w", err)
	case !st.Mode().IsRegular() && st.Mode()&fs.ModeNamedPipe == 0:
		return fmt.Errorf("the playbook: %s does not appear to be a file", file)
	}
	return nil
}

// tagLists returns --tags and --skip-tags; settings give them when flags do not.
func (w *workbench) tagLists(o *runOptions) (only, skip []string) {
	only, skip = splitCommas(o.tags), splitCommas(o.skipTags)
	if len(only) == 0 {
		only = w.settings.RunTags
	}
	if len(skip) == 0 {
		skip = w.settings.SkipTags
	}
	return only, skip
}

func splitCommas(list []string) []string {
	var out []string
	for _, item := range list {
		for part := range strings.SplitSeq(item, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
