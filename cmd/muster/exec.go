package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/view"
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
		Long:  "Run one module on the hosts that match a pattern. The flags are those of ansible; a link named ansible to muster\nis this command." + exitHelp,
		Example: `  muster exec -i hosts.ini all -m ping
  muster exec -i hosts.ini web -a 'uptime'
  muster exec -i hosts.ini db -b -m service -a 'name=postgresql state=restarted'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.pattern = args[0]
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runExec(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addInventory(fs)
	o.addConnection(fs)
	fs.StringVarP(&o.module, "module-name", "m", "", "the module to run (default command)")
	fs.StringVarP(&o.args, "args", "a", "", "the module's arguments: key=value words, JSON, or free text for command and shell")
	fs.IntVarP(&o.background, "background", "B", 0, "run in the background, failing after this many seconds")
	fs.IntVarP(&o.poll, "poll", "P", 15, "seconds between looks at a background job; 0 does not wait")
	fs.BoolVarP(&o.oneLine, "one-line", "o", false, "one line for each host")
	fs.StringVarP(&o.tree, "tree", "t", "", "write results into this folder (not supported)")
	fs.BoolVar(&o.listHosts, "list-hosts", false, "list the matching hosts and do nothing else")
	fs.StringVar(&o.playbookDir, "playbook-dir", "", "folder that stands for a playbook's: its group_vars and roles count")
	fs.IntVar(&o.taskLimit, "task-timeout", 0, "seconds after which a task fails")
	return cmd
}

func runExec(ctx context.Context, io *streams, o *execOptions) error {
	if o.tree != "" {
		return fmt.Errorf("--tree is not supported yet; use --output of muster run, or redirect --one-line")
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	inv, err := w.loadInventory(ctx)
	if err != nil {
		return err
	}
	hosts, found := inv.Match(o.pattern)
	if err := showWarnings(io, found); err != nil {
		return err
	}
	if o.limit != "" {
		hosts, found = inv.MatchLimit(hosts, o.limit)
		if err := showWarnings(io, found); err != nil {
			return err
		}
	}
	if o.listHosts {
		fmt.Fprintf(io.out, "  hosts (%d):\n", len(hosts))
		for _, h := range hosts {
			fmt.Fprintf(io.out, "    %s\n", h.Name)
		}
		return nil
	}
	if len(hosts) == 0 {
		fmt.Fprintln(io.err, "[WARNING]: No hosts matched, nothing to do")
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
	opts.Sink = view.NewAdHoc(view.AdHocOptions{Text: w.textView(), OneLine: o.oneLine})
	return w.perform(ctx, opts, []*playbook.Playbook{book})
}

// adHoc makes a playbook of one task.
func (w *workbench) adHoc(o *execOptions) (*playbook.Playbook, error) {
	module := orElse(o.module, orElse(w.settings.ModuleName, "command"))
	args := orElse(o.args, w.settings.ModuleArgs)
	return w.loader().AdHoc(playbook.AdHoc{
		Pattern: o.pattern, Module: module, Args: args, Dir: orElse(o.playbookDir, w.io.dir),
		Async: o.background, Poll: o.poll, Timeout: o.taskLimit, Pos: diag.Pos{File: "<command line>", Line: 1, Col: 1},
	})
}
