package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh"
)

func newDemoCmd(io *streams) *cobra.Command {
	hosts, tui := 4, false
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a rolling play on throw-away hosts inside this process",
		Long: `Run muster's main job with nothing set up: a few hosts, each an SSH server inside this process with a folder for
a root, and a play that rolls out a small application two hosts at a time; then the same play again, which changes
nothing. It needs no root, no sshd and no network, and leaves nothing behind. With --tui, the play runs once under the live
view, to try its keys on.

Exit codes: 0 fine, 1 an error in the input or in muster, 130 interrupted; with --tui those of muster run.`,
		Example: "  muster demo\n  muster demo --hosts 20 --tui",
		Args:    noWords,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), io, hosts, tui) },
	}
	cmd.Flags().IntVar(&hosts, "hosts", hosts, "how many hosts to make")
	cmd.Flags().BoolVar(&tui, "tui", tui, "watch and steer the play in a live view of the terminal")
	return cmd
}

// runDemo runs the demo's play twice; it fails unless the second run changes nothing. Under the live view, the user says what runs.
func runDemo(ctx context.Context, io *streams, hosts int, tui bool) (err error) {
	ctx, stop := signal.NotifyContext(ctx, stopSignals()...) // what the demo made is removed then, too
	defer stop()
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE) // when nobody reads any more, writing is an error and does not end the program
	defer signal.Stop(pipe)
	if hosts < 1 || hosts > 500 {
		return fmt.Errorf("--hosts must be between 1 and 500")
	}
	site, err := demo.Start(demo.Options{Hosts: hosts, Modules: all.All(), Version: buildVersion()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	flags := hostFlags{inventory: []string{site.Inventory}}
	if tui {
		return runPlaybooks(ctx, demoStreams(io, site), &runOptions{hostFlags: flags, playbooks: []string{site.Playbook}, tui: true})
	}
	w, err := newWorkbench(ctx, demoStreams(io, site), &flags)
	if err != nil {
		return err
	}
	up := fmt.Sprintf("%d throw-away hosts are up", hosts)
	if hosts == 1 {
		up = "A throw-away host is up"
	}
	fmt.Fprintln(io.out, up+"; this is `muster run -i hosts.ini site.yml`.")
	if _, err := w.demoRun(ctx, site); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "The same play again:")
	changed, err := w.demoRun(ctx, site)
	if err != nil {
		return err
	}
	if changed > 0 {
		return fmt.Errorf("the second run changed %d things; it must change nothing", changed)
	}
	fmt.Fprintln(io.out, "The second run changed nothing. Now run your own: muster run -i INVENTORY PLAYBOOK")
	return nil
}

// demoStreams drops the variables that would configure Ansible: neither ansible.cfg nor the user's environment has a say. What runs leave
// for later goes with the demo.
func demoStreams(io *streams, site *demo.Site) *streams {
	env := []string{"ANSIBLE_CONFIG=" + site.Config, "XDG_STATE_HOME=" + filepath.Join(site.Dir, "state")}
	for _, name := range []string{"TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL"} {
		if v := io.getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return &streams{in: io.in, out: io.out, err: io.err, line: io.line, tty: io.tty, outFile: io.outFile, inFile: io.inFile, dir: site.Dir, env: env,
		exit: io.exit, secrets: io.secrets}
}

// changeCounter passes events on and counts what changed.
type changeCounter struct {
	next    event.Sink
	changed int
}

// Handle passes an event on.
func (c *changeCounter) Handle(e event.Event) {
	if end, ok := e.(event.RunEnd); ok {
		for _, h := range end.Hosts {
			c.changed += h.Changed
		}
	}
	c.next.Handle(e)
}

// demoRun runs the play once and returns how much it changed.
func (w *workbench) demoRun(ctx context.Context, site *demo.Site) (int, error) {
	if _, err := w.loadInventory(ctx); err != nil {
		return 0, err
	}
	books, err := w.loadBooks([]string{site.Playbook})
	if err != nil {
		return 0, err
	}
	opts, err := w.options(ctx)
	if err != nil {
		return 0, err
	}
	counter := &changeCounter{next: w.textView(view.FormJSON)}
	opts.Sink = counter
	pool := transport.NewPool(map[string]transport.Dialer{"ssh": ssh.NewDialer(ssh.Options{SystemDir: site.Dir})}, demo.NoBinaries{}, buildVersion())
	opts.Sessions = pool
	code, err := executor.New(opts).Run(ctx, books)
	if err = errors.Join(err, pool.Close()); err != nil {
		return 0, err
	}
	if code != exitOK {
		return 0, exitCode(code)
	}
	return counter.changed, nil
}
