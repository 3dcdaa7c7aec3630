package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/web"
	"github.com/musterhq/muster/internal/serve/worker"
)

// serveOptions are the flags of muster serve.
type serveOptions struct {
	config string
	check  bool
	json   bool
	hash   bool
}

func newServeCmd(io *streams, runF func(context.Context, *serveOptions) error) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve [--config FILE]",
		Short: "Run jobs on schedules and on events, with a dashboard",
		Long: `Run the jobs of a file when they are due or when events ask for them, tell people what is new, and serve a dashboard and
an HTTP API. Runs are processes of their own: they go on while the daemon restarts. The file is read again when it changes
and on SIGHUP; one with mistakes is reported and not used.

Exit codes: 0 ended by a signal, 1 an error in the jobs file or in muster.`,
		Example: `  muster serve --config /etc/muster/jobs.yaml
  muster serve --config jobs.yaml --check-config
  muster serve --hash-password`,
		Args: noWords,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runServe(cmd.Context(), io, o)
		},
	}
	fs := cmd.Flags()
	fs.StringVarP(&o.config, "config", "c", "jobs.yaml", "the jobs file")
	fs.BoolVar(&o.check, "check-config", false, "check the jobs file, say when jobs are due next, and end")
	fs.BoolVar(&o.json, "log-json", false, "write the log as JSON lines")
	fs.BoolVar(&o.hash, "hash-password", false, "ask for a password, print its hash for the jobs file, and end")
	return cmd
}

// runServe is muster serve.
func runServe(ctx context.Context, io *streams, o *serveOptions) error {
	if o.hash {
		return hashPassword(ctx, io)
	}
	path := o.config
	if !filepath.IsAbs(path) {
		path = filepath.Join(io.dir, path)
	}
	f, found := jobfile.Load(path)
	if err := showJobMistakes(io, found); err != nil {
		return err
	}
	if err := placeFiles(io, f); err != nil {
		return err
	}
	if o.check {
		return describeJobs(io, f)
	}
	return serveJobs(ctx, io, f, newLog(io, o.json))
}

// showJobMistakes prints warnings and returns the errors.
func showJobMistakes(io *streams, found diag.List) error {
	var errs diag.List
	for _, d := range found {
		if d.Severity == diag.Warning {
			fmt.Fprintf(io.err, "muster: warning: %v\n", d)
			continue
		}
		errs = append(errs, d)
	}
	return errs.Err()
}

// placeFiles gives the store and the folder of runs their usual places when the file names none.
func placeFiles(io *streams, f *jobfile.File) error {
	dir := io.getenv("STATE_DIRECTORY") // of systemd
	if dir == "" {
		var err error
		if dir, err = io.stateDir(); err != nil {
			return err
		}
		dir = filepath.Join(dir, "serve")
	}
	f.State = orElse(f.State, dir)
	f.Store = orElse(f.Store, filepath.Join(f.State, "muster.db"))
	return nil
}

// describeJobs says what a jobs file would do.
func describeJobs(io *streams, f *jobfile.File) error {
	for _, j := range f.Jobs {
		fmt.Fprintf(io.out, "%s: %s %s: %s\n", j.Name, j.Mode, strings.Join(j.Playbooks, " "), starts(j))
	}
	fmt.Fprintf(io.out, "the jobs file is fine; jobs: %d, users: %d, tokens: %d\n", len(f.Jobs), len(f.Users), len(f.Tokens))
	return nil
}

// starts says what starts a job.
func starts(j *jobfile.Job) string {
	var list []string
	if j.Schedule != nil {
		list = append(list, fmt.Sprintf("%s (%s)", j.Schedule, j.Schedule.Zone()))
	}
	if kinds := j.Events.Kinds(); len(kinds) > 0 {
		list = append(list, "on "+strings.Join(kinds, ", "))
	}
	switch {
	case j.Paused:
		return "paused"
	case len(list) == 0:
		return "only when asked"
	}
	return strings.Join(list, ", ")
}

func newLog(io *streams, asJSON bool) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(io.err, nil))
	}
	return slog.New(slog.NewTextHandler(io.err, nil))
}

// serveJobs works until a signal ends it.
func serveJobs(ctx context.Context, io *streams, f *jobfile.File, log *slog.Logger) error {
	store, err := history.Open(ctx, f.Store)
	if err != nil {
		return outOfSpace(err, f)
	}
	defer store.Close() //nolint:errcheck // everything was committed
	self, err := os.Executable()
	if err != nil {
		return err
	}
	d, err := serve.New(ctx, serve.Options{
		File: f, History: store, Program: self, Env: io.env, Store: f.Store, State: f.State, Log: log, Now: time.Now,
		Sender: &notify.Sender{Client: &http.Client{}, Env: io.env, Now: time.Now},
	})
	if err != nil {
		return outOfSpace(err, f)
	}
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	ended, err := serveWeb(ctx, cancel, d, f, log)
	if err != nil {
		return err
	}
	go reloadOnHangup(ctx, io, d, log)
	go keepWatchdog(ctx, io, d, log)
	log.Info("muster serves", "version", buildVersion(), "jobs", len(f.Jobs), "store", database.Redacted(f.Store), "state", f.State, "daemon", d.Owner())
	tellSystemd(io, log, "READY=1")
	err = d.Run(ctx)
	tellSystemd(io, log, "STOPPING=1")
	log.Info("muster ends; runs go on", "cause", context.Cause(ctx))
	return errors.Join(err, <-ended)
}

// outOfSpace says what to do when the disk is full.
func outOfSpace(err error, f *jobfile.File) error {
	if !database.Full(err) {
		return err
	}
	return fmt.Errorf("there is no space left on the disk of %s or %s; make some and start again: %w", database.Redacted(f.Store), f.State, err)
}

// serveWeb answers requests until ctx ends; a server that fails ends the daemon. The channel gives its error.
func serveWeb(ctx context.Context, cancel func(), d *serve.Daemon, f *jobfile.File, log *slog.Logger) (<-chan error, error) {
	server, err := web.New(ctx, web.Options{Daemon: d, Log: log, Version: buildVersion(), Secure: f.TLSCert != "" || strings.HasPrefix(f.External, "https:")})
	if err != nil {
		return nil, err
	}
	l, err := web.Listen(f)
	if err != nil {
		return nil, err
	}
	log.Info("listening", "address", l.Addr().String(), "tls", f.TLSCert != "")
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- server.Serve(ctx, l)
	}()
	return ended, nil
}

func reloadOnHangup(ctx context.Context, io *streams, d *serve.Daemon, log *slog.Logger) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			tellSystemd(io, log, "RELOADING=1")
			_ = d.Reload() // the daemon logs the mistakes
			tellSystemd(io, log, "READY=1")
		}
	}
}

// keepWatchdog gives systemd the signs of life that it asks for, unless the daemon hangs.
func keepWatchdog(ctx context.Context, io *streams, d *serve.Daemon, log *slog.Logger) {
	every := serve.WatchdogInterval(io.getenv("WATCHDOG_USEC"), io.getenv("WATCHDOG_PID"))
	if every == 0 {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if d.Hung() {
				log.Error("the daemon hangs; systemd is left to start it again")
				continue
			}
			tellSystemd(io, log, "WATCHDOG=1")
		}
	}
}

func tellSystemd(io *streams, log *slog.Logger, state string) {
	if err := serve.Tell(io.getenv("NOTIFY_SOCKET"), state); err != nil {
		log.Warn("systemd cannot be told", "state", state, "error", err)
	}
}

// newServeRunCmd works on a run that the daemon prepared; people have no use for it.
func newServeRunCmd(io *streams) *cobra.Command {
	return &cobra.Command{
		Use: worker.Command + " FOLDER", Hidden: true, Args: oneWord("a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			code, err := worker.Run(cmd.Context(), args[0], func(ctx context.Context, s worker.Spec, began func(string)) int {
				if err := os.Chdir(s.Dir); err != nil {
					fmt.Fprintf(io.err, "muster: error: %v\n", err)
					return exitError
				}
				inner := processIO(io.exit)
				inner.began = began
				return execute(ctx, inner, append([]string{"muster"}, s.Args...))
			})
			if err != nil {
				return err
			}
			if code != exitOK {
				return exitCode(code)
			}
			return nil
		},
	}
}
