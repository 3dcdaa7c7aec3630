package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/playbook"
)

// perform runs playbooks for a command, records what happens, and ends with the run's exit code.
func (w *workbench) perform(ctx context.Context, command string, opts executor.Options, books []*playbook.Playbook) error {
	return ended(w.carryOut(ctx, command, opts, books))
}

// ended is the error with which a command ends: a mistake, or the exit code of what was done on hosts.
func ended(code int, err error) error {
	switch {
	case err != nil:
		return err
	case code != exitOK:
		return exitCode(code)
	}
	return nil
}

// carryOut runs playbooks for a command, records what happens, and returns the run's exit code.
func (w *workbench) carryOut(ctx context.Context, command string, opts executor.Options, books []*playbook.Playbook) (code int, err error) {
	keep := w.keepForRollback(&opts)
	if w.settings.RetryFiles && (command == "run" || command == "resume") {
		opts.Fallen = w.writeRetryFile
	}
	if w.kept != nil && w.kept.run == opts.RunID && !opts.Check {
		opts.Progress = w.kept
		defer func() { w.kept.end(code) }()
	}
	code, err = w.onHosts(ctx, command, opts, books, func(ctx context.Context, x *executor.Executor) (int, error) { return x.Run(ctx, books) })
	keep.close()
	if keep.written() && code != exitOK && w.io.program == "" {
		w.outlook = keep.outlook()
		fmt.Fprintln(w.io.err, w.outlook)
	}
	return code, err
}

// outlook says what can be done about a run that did not end well.
func (r *runRecord) outlook() string {
	switch r.fate() {
	case fateUndone:
		return fmt.Sprintf("muster: this was run %s; what it changed was taken back", r.run)
	case fateLasting:
		return fmt.Sprintf("muster: this was run %s; nothing takes back what it changed, `muster resume` goes on", r.run)
	}
	return fmt.Sprintf("muster: this was run %s; `muster rollback %s` undoes what it changed, `muster resume` goes on", r.run, r.run)
}

// keepForRollback gives a run that hosts journal a record for a later rollback; nil for any other.
func (w *workbench) keepForRollback(opts *executor.Options) *runRecord {
	if !opts.Journal || opts.Check {
		return nil
	}
	dir, err := w.io.runsFolder()
	if err != nil {
		w.warn("rollback handlers are not kept for later: %v", err)
		return nil
	}
	keep := &runRecord{folder: dir, run: opts.RunID}
	opts.Recorder = keep
	return keep
}

// onHosts does a command's work with an executor, records what happens, and returns the exit code.
func (w *workbench) onHosts(ctx context.Context, command string, opts executor.Options, books []*playbook.Playbook, work func(context.Context, *executor.Executor) (int, error)) (int, error) {
	w.warnUnsupported()
	seen, calm := w.progressing(opts.Sink)
	defer calm()
	pool, err := w.pool(opts.Sink)
	if err != nil {
		return exitError, err
	}
	defer pool.Close() //nolint:errcheck // the run is over; what could not be closed ends with the process
	opts.Sessions = pool
	shown := opts.Sink
	w.announce(shown)
	rec := w.record(ctx, command, opts, books)
	opts.Sink, opts.Digests = rec.sink(seen, w.io.secrets, w.io.masking), opts.Digests || rec != nil
	if w.io.began != nil {
		w.io.began(opts.RunID)
	}
	if p, ok := opts.Progress.(*progress); ok {
		opts.Sink = both{opts.Sink, p}
	}
	x := executor.New(opts)
	if w.begins != nil {
		w.begins(x)
	}
	code, err := w.watched(ctx, x, work)
	rec.finish(ctx, w.warn)
	return code, errors.Join(err, sinkError(shown))
}

// sinkError is the first error that a view had with what it writes.
func sinkError(s event.Sink) error {
	switch v := s.(type) {
	case *treeView:
		return v.err
	case interface{ Err() error }:
		return v.Err()
	}
	return nil
}

// announce says with -v which configuration holds, and with -vv which muster this is.
func (w *workbench) announce(sink event.Sink) {
	text := textOf(sink)
	if text == nil {
		return
	}
	if w.settings.Verbosity > 1 {
		text.Handle(event.Message{Level: "verbose", Text: versionText(orElse(w.io.program, "muster"), w.settings.ConfigFile)})
	}
	if w.settings.ConfigFile != "" {
		text.Handle(event.Message{Level: "verbose", Text: "Using " + w.settings.ConfigFile + " as config file"})
		return
	}
	text.Handle(event.Message{Level: "verbose", Text: "No config file found; using defaults"})
}

// watched runs playbooks under the eyes of signals: the first lets running tasks finish, the second cancels them, the
// third ends the program. When nobody reads the output any more, running tasks finish as well.
func (w *workbench) watched(ctx context.Context, x *executor.Executor, work func(context.Context, *executor.Executor) (int, error)) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	signals := w.interrupts
	if signals == nil {
		signals = make(chan os.Signal, 3)
		signal.Notify(signals, stopSignals()...)
		defer signal.Stop(signals)
	}
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE) // writing to a closed pipe is an error then, and does not end the program
	done := make(chan struct{})
	watcherGone := make(chan struct{})
	go func() {
		defer close(watcherGone)
		w.watch(signals, done, x.Stop, cancel)
	}()
	w.io.onClosed(func() { x.Stop() })
	defer func() {
		w.io.onClosed(nil)
		signal.Stop(pipe)
		close(done)
		<-watcherGone
		cancel()
	}()
	return work(ctx, x)
}

// watch answers signals until the run is done. stop returns true when a rollback or a restore goes on in spite of it.
func (w *workbench) watch(signals <-chan os.Signal, done <-chan struct{}, stop func() bool, cancel func()) {
	for n := 1; ; n++ {
		select {
		case <-done:
			return
		case s := <-signals:
			if n <= 2 && stop() {
				fmt.Fprintf(w.io.err, "\nmuster: %v: hosts are being put back into order, which goes on; again to stop that\n", s)
				n--
				continue
			}
			switch n {
			case 1:
				fmt.Fprintf(w.io.err, "\nmuster: %v: stopping after the running tasks; again to cancel them\n", s)
			case 2:
				fmt.Fprintf(w.io.err, "\nmuster: %v: cancelling the running tasks; again to leave at once\n", s)
				cancel()
			default:
				w.io.exit(exitInterrupted)
			}
		}
	}
}

// stopSignals are those that end a run; a hang-up counts unless the program was started to survive it.
func stopSignals() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}
