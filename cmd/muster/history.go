package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/history/show"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/view"
)

// historyOptions are the flags that the commands below muster history share.
type historyOptions struct {
	asJSON   bool
	tui      bool
	host     string
	task     string
	diff     bool
	all      bool
	playbook string
	limit    int
	days     int
	runs     int
	size     int
}

func newHistoryCmd(io *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Show what earlier runs did",
		Long: `Show what earlier runs did; alone, list them as muster history list does. Every run is kept in $XDG_STATE_HOME/muster/history.db (~/.local/state), or where the
setting history or MUSTER_HISTORY says; off keeps none. A run is named by its id, the beginning of it, last, or last~N
for the Nth before it.` + exitHelpLocal,
		Example: "  muster history\n  muster history show last --diff",
		Args:    onlyCommands,
	}
	list := newHistoryListCmd(io)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return list.RunE(cmd, nil) }
	cmd.AddCommand(list, newHistoryShowCmd(io), newHistoryCompareCmd(io), newHistoryPruneCmd(io))
	return cmd
}

func newHistoryListCmd(io *streams) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use: "list", Short: "List runs, the newest first", Args: noWords,
		Long:    "List the runs that are kept, the newest first." + exitHelpLocal,
		Example: "  muster history list --host web1\n  muster history list --playbook site.yml -n 5",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHistory(cmd.Context(), io, func(h *historyView) error { return h.list(cmd.Context(), o) })
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.asJSON, "json", false, "write JSON")
	fs.StringVar(&o.host, "host", "", "only runs that this host took part in")
	fs.StringVar(&o.playbook, "playbook", "", "only runs of this playbook")
	fs.IntVarP(&o.limit, "number", "n", 20, "how many runs; 0 is all")
	return cmd
}

func newHistoryShowCmd(io *streams) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use: "show [RUN]", Short: "Show a run: its tasks, failures and recap", Args: atMostOne("a run"),
		Long:    "Show a run, the last one unless another is named: its tasks, failures and recap; with --tui in the live view, to look\naround in." + exitHelpLocal,
		Example: "  muster history show\n  muster history show last --tui\n  muster history show last~1 --host web1 --diff\n  muster history show 20261126T1015 --task migrate --all",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHistory(cmd.Context(), io, func(h *historyView) error { return h.show(cmd.Context(), append(args, "last")[0], o) })
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.asJSON, "json", false, "write JSON")
	fs.BoolVar(&o.tui, "tui", false, "show it in the live view")
	fs.StringVar(&o.host, "host", "", "only results of this host")
	fs.StringVar(&o.task, "task", "", "only tasks whose name contains this")
	fs.BoolVar(&o.diff, "diff", false, "show what changed")
	fs.BoolVar(&o.all, "all", false, "show every result, not only failures")
	return cmd
}

func newHistoryCompareCmd(io *streams) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use: "compare RUN RUN", Short: "Show how two runs differ", Args: twoRuns,
		Long:    "Show which hosts and tasks two runs differ in." + exitHelpLocal,
		Example: "  muster history compare last~1 last --diff",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withHistory(cmd.Context(), io, func(h *historyView) error { return h.compare(cmd.Context(), args[0], args[1], o) })
		},
	}
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "write JSON")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show what changed in the second run")
	return cmd
}

// twoRuns is the rule for the words of muster history compare.
func twoRuns(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("two runs are compared, as in: %s last~1 last", cmd.CommandPath())
	}
	return nil
}

func newHistoryPruneCmd(io *streams) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove old runs", Args: noWords,
		Long:    "Remove the oldest runs until the limits hold; without flags those of the settings, as after every run. The newest\nrun stays." + exitHelpLocal,
		Example: "  muster history prune --days 30\n  muster history prune --runs 100",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHistory(cmd.Context(), io, func(h *historyView) error { return h.prune(cmd.Context(), o) })
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.asJSON, "json", false, "write JSON")
	fs.IntVar(&o.days, "days", 0, "remove runs that are older than this")
	fs.IntVar(&o.runs, "runs", 0, "keep at most this many runs")
	fs.IntVar(&o.size, "megabytes", 0, "keep at most this much")
	return cmd
}

// historyView is the store with what showing it takes.
type historyView struct {
	io       *streams
	settings *settings.Settings
	store    *history.Store
}

// withHistory opens the store for a command. Runs whose process is gone are marked as interrupted first.
func withHistory(ctx context.Context, io *streams, f func(*historyView) error) error {
	s, found := settings.Load(io.env, io.dir)
	if err := showWarnings(io, found); err != nil {
		return err
	}
	w := &workbench{io: io, settings: s, flags: &hostFlags{}}
	place, err := w.historyPlace()
	if err != nil {
		return err
	}
	if place == "" {
		return errors.New("the history is off: the setting history or MUSTER_HISTORY says so")
	}
	store, err := history.Open(ctx, place)
	if err != nil {
		return err
	}
	err = store.Sweep(ctx)
	if err == nil {
		err = f(&historyView{io: io, settings: s, store: store})
	}
	return errors.Join(err, store.Close())
}

// options say how text looks on this terminal.
func (h *historyView) options(o *historyOptions) show.Options {
	out := show.Options{Width: 80, Now: time.Now(), Zone: time.Local, Diff: o.diff, All: o.all}
	if tz := h.io.getenv("TZ"); tz != "" {
		if zone, err := time.LoadLocation(tz); err == nil {
			out.Zone = zone
		}
	}
	if h.io.outFile != nil {
		if width := view.TerminalWidth(h.io.outFile); width > 0 {
			out.Width = width
			if useColor(&workbench{io: h.io, settings: h.settings}, width) {
				out.Paint = view.Painter(h.settings.Color)
			}
		}
	}
	return out
}

// json writes a value for programs.
func (h *historyView) json(v any) error {
	enc := json.NewEncoder(h.io.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (h *historyView) list(ctx context.Context, o *historyOptions) error {
	if o.limit < 0 {
		return fmt.Errorf("--number must not be negative, not %s", strconv.Itoa(o.limit))
	}
	runs, err := h.store.Runs(ctx, history.Filter{Host: o.host, Playbook: o.playbook, Limit: o.limit})
	switch {
	case err != nil:
		return err
	case o.asJSON:
		return h.json(runs)
	case len(runs) == 0:
		fmt.Fprintln(h.io.out, "There are no such runs.")
		return nil
	}
	return show.List(h.io.out, runs, h.options(o))
}

func (h *historyView) show(ctx context.Context, ref string, o *historyOptions) error {
	if o.tui {
		if err := h.liveAllowed(o); err != nil {
			return err
		}
	}
	run, err := h.store.Find(ctx, ref)
	if err != nil {
		return err
	}
	r := show.Report{Run: run}
	if r.Results, err = h.store.Results(ctx, history.ResultFilter{Run: run.ID, Host: o.host, Loop: true}); err != nil {
		return err
	}
	if o.task != "" {
		r.Results = slices.DeleteFunc(r.Results, func(x history.Result) bool { return !strings.Contains(x.About.Name, o.task) })
	}
	slices.SortStableFunc(r.Results, func(a, b history.Result) int { return a.About.ID - b.About.ID })
	chosen := o.host != "" || o.task != ""
	if chosen && len(r.Results) == 0 {
		return fmt.Errorf("%s: the run has no such results", run.ID)
	}
	if r.Plays, err = h.store.Plays(ctx, run.ID); err != nil {
		return err
	}
	if r.Messages, err = h.store.Messages(ctx, run.ID); err != nil {
		return err
	}
	if r.Recaps, err = h.store.Recaps(ctx, run.ID); err != nil {
		return err
	}
	if o.host != "" {
		r.Recaps = slices.DeleteFunc(r.Recaps, func(x history.Recap) bool { return x.Host != o.host })
		r.Messages = slices.DeleteFunc(r.Messages, func(x history.Message) bool { return x.Host != o.host })
	}
	switch {
	case o.tui:
		return h.live(ctx, r)
	case o.asJSON:
		return h.json(r)
	}
	options := h.options(o)
	options.All = options.All || chosen
	return show.Run(h.io.out, r, options)
}

func (h *historyView) compare(ctx context.Context, first, second string, o *historyOptions) error {
	a, err := h.store.Find(ctx, first)
	if err != nil {
		return err
	}
	b, err := h.store.Find(ctx, second)
	if err != nil {
		return err
	}
	c, err := h.store.Compare(ctx, a, b)
	switch {
	case err != nil:
		return err
	case o.asJSON:
		return h.json(c)
	}
	return show.Compare(h.io.out, c, h.options(o))
}

func (h *historyView) prune(ctx context.Context, o *historyOptions) error {
	l := history.Limits{Age: time.Duration(o.days) * 24 * time.Hour, Runs: o.runs, Size: int64(o.size) << 20}
	if l == (history.Limits{}) {
		l = historyLimits(h.settings)
	}
	if o.days < 0 || o.runs < 0 || o.size < 0 {
		return errors.New("the limits must not be negative")
	}
	p, err := h.store.Prune(ctx, l)
	switch {
	case err != nil:
		return err
	case o.asJSON:
		return h.json(p)
	}
	fmt.Fprintf(h.io.out, "%s removed, %d left, in %.1f MB. Runs that tell what was last applied to a host stay.\n", runsText(p.Runs), p.Left, float64(p.Bytes)/(1<<20))
	return nil
}

func runsText(n int) string {
	if n == 1 {
		return "1 run"
	}
	return strconv.Itoa(n) + " runs"
}

// historyLimits are those of the settings.
func historyLimits(s *settings.Settings) history.Limits {
	return history.Limits{Age: time.Duration(s.HistoryDays) * 24 * time.Hour, Runs: s.HistoryRuns, Size: int64(s.HistoryMegabytes) << 20}
}
