package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/transport"
)

// journalOptions are the flags of muster journal.
type journalOptions struct {
	hostFlags
	pattern string
	run     string
	json    bool
	prune   bool
	days    int
	size    int
	recover bool
}

func newJournalCmd(io *streams, runF func(context.Context, *journalOptions) error) *cobra.Command {
	o := &journalOptions{}
	cmd := &cobra.Command{
		Use:   "journal [-i INVENTORY] PATTERN",
		Short: "Show what hosts remember of the runs that changed them",
		Long: `Show what hosts remember of the runs that changed them: what was changed, when and by whom, and whether it has been
undone since. Secrets are not part of it.

A host keeps a journal for every user that muster worked as. Shown are that of the user who connects and, with --become
or where the inventory says so, that of the other user.

--prune removes the oldest runs beyond the bounds (by default those of the settings journal_days and
journal_megabytes); they cannot be undone any longer. --recover finishes or reverts what a crash left half-done, which
the next run on the host does as well.

Exit codes: 0 fine, 1 an error in the input or in muster, 2 a host refused, 4 hosts were unreachable, 130 interrupted.`,
		Example: `  muster journal -i hosts.ini web1
  muster journal -i hosts.ini web1 --run 20261126T101500.000000000Z
  muster journal -i hosts.ini all --prune --max-days 7`,
		Args: oneWord("a pattern of hosts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.pattern = args[0]
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runJournal(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	o.addHosts(fs)
	fs.StringVar(&o.run, "run", "", "show the changes of this run")
	fs.BoolVar(&o.json, "json", false, "one JSON document for each host and user, one a line")
	fs.BoolVar(&o.prune, "prune", false, "remove the oldest runs")
	fs.IntVar(&o.days, "max-days", 0, "with --prune: runs older than this go")
	fs.IntVar(&o.size, "max-megabytes", 0, "with --prune: the oldest runs go until the journal is no larger")
	fs.BoolVar(&o.recover, "recover", false, "finish or revert what a crash left half-done")
	return cmd
}

func (o *journalOptions) check() error {
	switch {
	case (o.days != 0 || o.size != 0) && !o.prune:
		return errors.New("--max-days and --max-megabytes belong to --prune")
	case o.days < 0 || o.size < 0:
		return errors.New("--max-days and --max-megabytes must be positive")
	case o.prune && o.recover, o.run != "" && (o.prune || o.recover):
		return errors.New("--run, --prune and --recover exclude each other")
	case o.hostFlags.check:
		return errors.New("--check: to look at a journal changes nothing; --prune and --recover cannot be tried")
	}
	return nil
}

func runJournal(ctx context.Context, io *streams, o *journalOptions) error {
	if err := o.check(); err != nil {
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
	hosts, err := w.selectHosts(o.pattern)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		w.warn("No hosts matched, nothing to do")
		return nil
	}
	opts, err := w.options(ctx)
	if err != nil {
		return err
	}
	if opts.Sink, err = w.sink(""); err != nil {
		return err
	}
	pool, err := w.pool(opts.Sink)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // nothing is left to do on it
	opts.Sessions = pool
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	q := &journalQuestion{o: o, w: w, answers: map[string][]journalAnswer{}}
	failed, err := executor.New(opts).Journals(ctx, names, q.ask)
	if err != nil {
		return err
	}
	return q.show(names, failed)
}

// journalQuestion collects what hosts answer.
type journalQuestion struct {
	o *journalOptions
	w *workbench

	mu      sync.Mutex
	answers map[string][]journalAnswer
}

// journalAnswer is what one journal said; one of its parts is set.
type journalAnswer struct {
	Host      string             `json:"host"`
	Journal   *ops.Listing       `json:"journal,omitempty"`
	Pruned    *ops.PruneAnswer   `json:"pruned,omitempty"`
	Recovered *ops.RecoverAnswer `json:"recovered,omitempty"`
	Error     string             `json:"error,omitempty"`
}

func (q *journalQuestion) ask(ctx context.Context, host string, c ops.Client) error {
	a := journalAnswer{Host: host}
	var err error
	switch o := q.o; {
	case o.prune:
		a.Pruned, err = c.Prune(ctx, q.bounds())
	case o.recover:
		a.Recovered, err = c.Recover(ctx)
	default:
		a.Journal, err = c.List(ctx, ops.ListArgs{Run: o.run})
	}
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	same := func(b journalAnswer) bool {
		return a.Journal != nil && b.Journal != nil && a.Journal.Folder == b.Journal.Folder
	}
	if !slices.ContainsFunc(q.answers[host], same) {
		q.answers[host] = append(q.answers[host], a)
	}
	return nil
}

// bounds are those that were given, else those of the settings.
func (q *journalQuestion) bounds() ops.PruneArgs {
	days, size := q.o.days, q.o.size
	if days == 0 && size == 0 {
		days, size = q.w.settings.JournalDays, q.w.settings.JournalMegabytes
	}
	return ops.PruneArgs{MaxAge: int64(days) * 24 * 60 * 60, MaxBytes: int64(size) << 20}
}

// show prints the answers in the order of the hosts and returns the exit code.
func (q *journalQuestion) show(hosts []string, failed map[string]error) error {
	exit := exitOK
	for _, h := range hosts {
		for _, a := range q.answers[h] {
			if err := q.print(a); err != nil {
				return err
			}
		}
		err := failed[h]
		if err == nil {
			continue
		}
		code := exitFailed
		var te *transport.Error
		if errors.As(err, &te) {
			code = exitUnreachable
		}
		exit = max(exit, code)
		if q.o.json {
			if err := q.print(journalAnswer{Host: h, Error: err.Error()}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(q.w.io.err, "%s: %v\n", h, err)
	}
	if exit != exitOK {
		return exitCode(exit)
	}
	return nil
}
