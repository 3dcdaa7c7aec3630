package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
)

// execOptions are the flags of muster exec: those of ansible.
type execOptions struct {
	hostFlags
	pattern    string
	module     string
	args       string
	background int
	poll       int
	oneLine    bool
	tree       string
	listHosts  bool
	taskLimit  int
}

func newExecCmd(io *streams, runF func(context.Context, *execOptions) error) *cobra.Command {
	o := &execOptions{}
	cmd := &cobra.Command{
		Use:   "exec [-i INVENTORY] PATTERN [-m MODULE] [-a ARGS]",
		Short: "Run one module on hosts",
		Long:  "Run one module on the hosts that match a pattern. The flags are those of ansible; a link named ansible to muster\nis this command." + exitHelpHosts,
		Example: `  muster exec -i hosts.ini all -m ping
  muster exec -i hosts.ini web -a 'uptime'
  muster exec -i hosts.ini db -b -m service -a 'name=postgresql state=restarted'`,
		Args: oneWord("a pattern of hosts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.pattern, o.shown = args[0], shownLine(cmd, args)
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runExec(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.StringVarP(&o.module, "module-name", "m", "", "the module to run (default command)")
	fs.StringVarP(&o.args, "args", "a", "", "the module's arguments: key=value words, JSON, or free text for command and shell")
	fs.IntVarP(&o.background, "background", "B", 0, "run in the background, failing after this many seconds")
	fs.IntVarP(&o.poll, "poll", "P", 15, "seconds between looks at a background job; 0 does not wait")
	fs.BoolVarP(&o.oneLine, "one-line", "o", false, "one line for each host")
	fs.StringVarP(&o.tree, "tree", "t", "", "also write each host's result as JSON into a file of this folder")
	fs.BoolVar(&o.listHosts, "list-hosts", false, "list the matching hosts and do nothing else")
	fs.StringVar(&o.playbookDir, "playbook-dir", "", "folder that stands for a playbook's: its group_vars and roles count")
	fs.IntVar(&o.taskLimit, "task-timeout", 0, "seconds after which a task fails")
	return cmd
}

func runExec(ctx context.Context, io *streams, o *execOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	hosts, err := w.execHosts(ctx, o)
	if err != nil {
		return err
	}
	switch {
	case o.listHosts:
		fmt.Fprintf(io.out, "  hosts (%d):\n", len(hosts))
		for _, h := range hosts {
			fmt.Fprintf(io.out, "    %s\n", h.Name)
		}
		return nil
	case len(hosts) == 0:
		w.warn("No hosts matched, nothing to do")
		return nil
	}
	book, err := w.adHoc(o)
	if err != nil {
		return err
	}
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	if opts.Sink, err = w.execView(o); err != nil {
		return err
	}
	opts.Journal = opts.Journal && canUndo(opts.Modules, orElse(o.module, orElse(w.settings.ModuleName, "command")))
	w.io.masking = nil // an ad hoc task is how one looks at a value
	return w.perform(ctx, "exec", opts, []*playbook.Playbook{book})
}

// check refuses what cannot be meant.
func (o *execOptions) check() error {
	switch {
	case o.taskLimit < 0:
		return fmt.Errorf("--task-timeout must be a positive number of seconds, not %d", o.taskLimit)
	case o.background < 0:
		return fmt.Errorf("--background must be a positive number of seconds, not %d", o.background)
	case o.poll < 0:
		return fmt.Errorf("--poll must be a number of seconds, or 0 not to wait, not %d", o.poll)
	}
	return nil
}

// canUndo reports whether a module's changes can be taken back at all. What cannot be leaves no journal, and so it neither
// takes the host's lock nor waits for a run that has it.
func canUndo(all *modules.Registry, name string) bool {
	m, ok := all.Get(name)
	return !ok || m.Info().Undo != modules.UndoNone
}

// needsCommand reports whether a module runs a command and its arguments name none.
func needsCommand(module, args string) bool {
	switch playbook.ShortName(module) {
	case "command", "shell", "raw", "script":
		return strings.TrimSpace(args) == ""
	}
	return false
}

// execHosts matches the pattern, then --limit.
func (w *workbench) execHosts(ctx context.Context, o *execOptions) ([]*inventory.Host, error) {
	if _, err := w.loadInventory(ctx); err != nil {
		return nil, err
	}
	hosts, err := w.selectHosts(o.pattern)
	if errors.Is(err, errNoHosts) && o.limit == "" {
		return nil, nil
	}
	return hosts, err
}

// execView is minimal output, unless the settings ask for the callback of playbooks here too.
func (w *workbench) execView(o *execOptions) (event.Sink, error) {
	w.warnCallbacks()
	text := w.textView(view.FormJSON)
	var sink event.Sink = view.NewMinimal(text, o.oneLine)
	if load := optionalBool(w.settings, "DEFAULT_LOAD_CALLBACK_PLUGINS"); load != nil && *load && !o.oneLine {
		if w.settings.StdoutCallback != "default" { // Ansible keeps minimal then, too
			sink = w.callback()
		}
	}
	if o.tree == "" {
		return sink, nil
	}
	if err := os.MkdirAll(o.tree, 0o700); err != nil {
		return nil, fmt.Errorf("--tree: %w", err)
	}
	return &treeView{next: sink, dir: o.tree, text: text}, nil
}

// adHoc makes a playbook of one task.
func (w *workbench) adHoc(o *execOptions) (*playbook.Playbook, error) {
	module := orElse(o.module, orElse(w.settings.ModuleName, "command"))
	args := orElse(o.args, w.settings.ModuleArgs)
	if needsCommand(module, args) {
		return nil, fmt.Errorf("No argument passed to %s module", module) //nolint:staticcheck // Ansible's words
	}
	return w.loader().AdHoc(playbook.AdHoc{
		Pattern: o.pattern, Module: module, Args: args, Dir: orElse(o.playbookDir, w.io.dir),
		Async: o.background, Poll: o.poll, Timeout: o.taskLimit, Pos: diag.Pos{File: "<command line>", Line: 1, Col: 1},
	})
}
