package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/plan"
	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/playbook"
)

// planOptions are the flags of muster plan.
type planOptions struct {
	runOptions
	out    string
	asJSON bool
	flags  *pflag.FlagSet
}

func newPlanCmd(io *streams, runF func(context.Context, *planOptions) error) *cobra.Command {
	o := &planOptions{}
	cmd := &cobra.Command{
		Use:   "plan [-i INVENTORY] PLAYBOOK...",
		Short: "Show what a run would change, and what of it can be taken back",
		Long: `Run playbooks in check mode and show what would change, hosts with the same change together. Each task is labelled

  reversible    muster takes it back
  partly        muster takes back part of it
  compensated   its rollback handlers make up for it
  irreversible  nothing does

and what could not be foreseen is named. With --out the plan is saved; 'muster run --plan FILE' carries it out, and refuses
when the playbooks, the inventory, the variables or the hosts changed since.

Exit codes: 0 nothing to change, 1 an error in the input or in muster, 2 a host failed, 3 changes are pending, 4 hosts were
unreachable, 130 interrupted.`,
		Example: `  muster plan -i hosts.ini site.yml
  muster plan -i hosts.ini site.yml --out tuesday.plan
  muster run --plan tuesday.plan`,
		Args: someWords("a playbook"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.playbooks, o.shown, o.flags = args, shownLine(cmd, args), cmd.Flags()
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runPlan(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	o.addSelection(fs)
	fs.Lookup("check").Hidden, fs.Lookup("diff").Hidden = true, true // both are always on
	fs.StringVar(&o.out, "out", "", "save the plan into this file, for 'muster run --plan'")
	fs.BoolVar(&o.asJSON, "json", false, "show the plan as JSON")
	return cmd
}

func runPlan(ctx context.Context, io *streams, o *planOptions) error {
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	books, opts, err := w.ready(ctx, &o.runOptions)
	if err != nil {
		return err
	}
	p, code, err := w.foresee(ctx, opts, books)
	if err != nil || code == exitInterrupted {
		return ended(code, err)
	}
	if err := w.keepPlan(p, o, books); err != nil {
		return err
	}
	if err := w.showPlan(p, o.asJSON); err != nil {
		return err
	}
	if o.out != "" && !o.asJSON {
		fmt.Fprintf(io.out, "\nThe plan is in %s; carry it out with: muster run --plan %s\n", o.out, o.out)
	}
	if code == exitOK && p.Pending() {
		code = exitPending
	}
	return ended(code, nil)
}

// foresee makes a plan by a check run.
func (w *workbench) foresee(ctx context.Context, opts executor.Options, books []*playbook.Playbook) (*plan.Plan, int, error) {
	text := w.textView(view.FormJSON)
	c := plan.NewCollector(w.shape, func(m event.Message) {
		if m.Level != "verbose" {
			text.Handle(m)
		}
	})
	opts.Check, opts.Diff, opts.Digests, opts.RunID, opts.EveryBook = true, true, true, newRunID(), true
	opts.Sink = secret.Sink{Next: c, Secrets: w.io.secrets}
	code, err := w.carryOut(ctx, "plan", opts, books)
	p := c.Plan()
	p.Muster = buildVersion()
	return p, code, err
}

// keepPlan saves a plan with what it was made from.
func (w *workbench) keepPlan(p *plan.Plan, o *planOptions, books []*playbook.Playbook) error {
	if o.out == "" {
		return nil
	}
	again, err := w.remember(o.flags, o.playbooks, "check", "diff")
	if err != nil {
		return err
	}
	if p.Command, err = json.Marshal(again); err != nil {
		return err
	}
	if p.Inputs, err = w.inputs(books); err != nil {
		return err
	}
	if err := p.Save(o.out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}

func (w *workbench) showPlan(p *plan.Plan, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w.io.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(p)
	}
	width := 80
	o := plan.Text{Dir: w.io.dir}
	if w.io.outFile != nil {
		if found := view.TerminalWidth(w.io.outFile); found > 0 {
			width = found
			if useColor(w, found) {
				o.Paint = view.Painter(w.settings.Color)
			}
		}
	}
	o.Width = width
	return o.Write(w.io.out, p)
}

// runPlanned carries out a saved plan: it plans again, compares, and runs only when nothing changed since.
func runPlanned(ctx context.Context, io *streams, file string, given *pflag.FlagSet, shown []string) error {
	if bad := givenBesidePlan(given); bad != "" {
		return fmt.Errorf("--plan: the plan says what runs; leave out --%s, or make another plan", bad)
	}
	saved, err := plan.Load(file)
	if err != nil {
		return fmt.Errorf("--plan: %w", err)
	}
	var again remembered
	if err := json.Unmarshal(saved.Command, &again); err != nil {
		return fmt.Errorf("--plan: %s does not say how it was made", file)
	}
	o, _, err := again.again(io, given)
	if err != nil {
		return fmt.Errorf("--plan: %w", err)
	}
	o.shown = shown
	w, err := newWorkbench(ctx, io, &o.hostFlags)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.askAgain(ctx, again.Ask); err != nil {
		return err
	}
	books, opts, err := w.ready(ctx, o)
	if err != nil {
		return err
	}
	if err := w.stillHolds(ctx, saved, file, opts, books); err != nil {
		return err
	}
	if !saved.Pending() && saved.Summary.Assessed == saved.Summary.Assessable {
		fmt.Fprintln(io.out, "The plan changes nothing.")
		return nil
	}
	if opts.Sink, err = w.sink(o.output); err != nil {
		return err
	}
	return w.perform(ctx, "run", opts, books)
}

// givenBesidePlan names a flag that says what runs, "" when there is none.
func givenBesidePlan(given *pflag.FlagSet) string {
	for _, name := range []string{"inventory", "limit", "tags", "skip-tags", "start-at-task", "check", "playbook-dir"} {
		if f := given.Lookup(name); f != nil && f.Changed {
			return name
		}
	}
	return ""
}

// stillHolds fails with all that changed since a plan was made, on the controller or on the hosts.
func (w *workbench) stillHolds(ctx context.Context, saved *plan.Plan, file string, opts executor.Options, books []*playbook.Playbook) error {
	now, err := w.inputs(books)
	if err != nil {
		return err
	}
	if changed := saved.Inputs.Changed(now); len(changed) > 0 {
		return stale(file, changed)
	}
	fmt.Fprintf(w.io.err, "muster: looking at the hosts again before the plan %s is carried out\n", file)
	fresh, code, err := w.foresee(ctx, opts, books)
	if err != nil || code == exitInterrupted {
		return ended(code, err)
	}
	if changed := saved.Stale(fresh); len(changed) > 0 {
		return stale(file, changed)
	}
	return nil
}

// stale says what changed since a plan was made, the first twenty things.
func stale(file string, changed []string) error {
	more := ""
	if n := len(changed) - 20; n > 0 {
		changed, more = changed[:20], fmt.Sprintf("\n  and %d more", n)
	}
	return fmt.Errorf("the plan %s no longer holds, nothing was changed:\n  %s%s\nLook at a new plan: muster plan … --out %s", file, strings.Join(changed, "\n  "), more, file)
}
