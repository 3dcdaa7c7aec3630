package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/executor/controls"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/lint"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules"
)

// lintOptions are the flags of muster lint.
type lintOptions struct {
	hostFlags
	paths  []string
	output string
	strict bool
	skip   []string
}

// newLintCmd makes muster lint; runF is for tests.
func newLintCmd(io *streams, runF func(context.Context, *lintOptions) error) *cobra.Command {
	o := &lintOptions{}
	var rules strings.Builder
	for _, r := range lint.Rules() {
		fmt.Fprintf(&rules, "  %-15s %s\n", r[0], r[1])
	}
	cmd := &cobra.Command{
		Use:   "lint [PATH...]",
		Short: "Find mistakes in playbooks, roles and templates without touching a host",
		Long: `Find mistakes in playbooks, roles, task files, variables, templates and inventories, all at once and without touching a host.
A path is a file or a folder; without one the working folder is looked at. The rules are:

` + rules.String() + `
A comment silences rules on its line, or on the next one when it stands alone: # muster:ignore handler,style
Without names it silences all of them.

Exit codes: 0 no errors (with --strict: nothing at all), 1 there are findings, or muster itself failed.`,
		Example: `  muster lint
  muster lint site.yml roles/web
  muster lint --strict --output github .`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runLint(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addInventory(fs)
	fs.StringVar(&o.output, "output", "text", "text, json, github (annotations of a workflow) or sarif")
	fs.BoolVar(&o.strict, "strict", false, "warnings count as findings, and older forms are told about")
	fs.StringSliceVar(&o.skip, "skip-rule", nil, "rules that are not looked at")
	return cmd
}

// runLint is muster lint.
func runLint(ctx context.Context, io *streams, o *lintOptions) error {
	if !slices.Contains(lint.Formats(), o.output) {
		return fmt.Errorf("--output must be one of %s, not %q", strings.Join(lint.Formats(), ", "), o.output)
	}
	for _, r := range o.skip {
		if !slices.ContainsFunc(lint.Rules(), func(known [2]string) bool { return known[0] == r }) {
			return fmt.Errorf("--skip-rule: there is no rule %q; muster lint --help lists them", r)
		}
	}
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	paths := append(slices.Clone(o.paths), o.inventory...)
	if len(o.paths) == 0 {
		paths = append(paths, ".")
	}
	found, err := lint.Check(w.lintOptions(ctx, o), paths)
	if err != nil {
		return err
	}
	if err := lint.Write(io.out, o.output, buildVersion(), found); err != nil {
		return err
	}
	errs, warnings := lint.Count(found)
	if errs > 0 || o.strict && warnings > 0 {
		return exitCode(1)
	}
	return nil
}

// lintOptions tells the checker what muster has.
func (w *workbench) lintOptions(ctx context.Context, o *lintOptions) lint.Options {
	names := make([]string, 0, len(w.lookups))
	for name := range w.lookups {
		names = append(names, name)
	}
	slices.Sort(names)
	return lint.Options{
		Loader: w.loaderWith, Engine: w.engine, Lookups: names, Strict: o.strict, Skip: o.skip,
		Modules: knownModules{executor.Actions{Registry: w.modules}},
		Inventory: func(path string) diag.List {
			from := inventory.FromSettings(w.settings)
			from.Dir, from.Env, from.Stderr = w.io.dir, w.io.env, w.io.err
			from.Decrypt, from.Evaluate = w.secrets.Decrypt, w.evaluate
			_, found := inventory.Load(ctx, []string{path}, from)
			return found
		},
	}
}

// knownModules are the modules of hosts and the actions of the controller.
type knownModules struct{ executor.Actions }

// Module returns the description of a module or action.
func (k knownModules) Module(name string) (modules.Module, bool) {
	name = k.Short(name)
	if m, ok := k.Registry.Get(name); ok {
		return m, true
	}
	return controls.Get(name)
}
