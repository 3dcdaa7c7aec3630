// Package muster runs playbooks from Go programs: it reads a playbook and an inventory, runs it, and tells what happens in
// events. The program muster itself serves local connections and is what hosts get when no slimmer runner is at hand, so
// it must be installed beside the program that uses this package.
package muster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/musterhq/muster/event"
	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/runnerbin"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/local"
	"github.com/musterhq/muster/transport/ssh"
)

// Options say what to run and on which hosts. The zero value of a field leaves the choice to ansible.cfg and to muster.
type Options struct {
	Playbooks []string // files, run one after the other
	Inventory []string // files, folders, scripts or comma-separated hosts, as for -i
	Dir       string   // where ansible.cfg is looked for; "" is the working folder
	Env       []string // the environment that settings are read from; nil is that of the process

	ExtraVars     map[string]any // plain data; text in it is a template, as with -e
	VaultPassword string         // secret
	Limit         string
	Tags          []string
	SkipTags      []string
	Forks         int
	Check         bool
	Diff          bool

	// Events is called for every event, one at a time and in order. It must not keep the run waiting.
	Events func(event.Event)
	// Prompter answers questions of host keys, pause and vars_prompt; without one they fail.
	Prompter transport.Prompter
	// Control steers the run; may be nil.
	Control *executor.Control
	// Program is the muster program; "" looks for muster in PATH.
	Program string
}

// The exit codes of a run, as those of the program.
const (
	ExitOK          = executor.ExitOK
	ExitError       = executor.ExitError
	ExitFailed      = executor.ExitFailed
	ExitUnreachable = executor.ExitUnreachable
	ExitRolledBack  = executor.ExitRolledBack
	ExitInterrupted = executor.ExitInterrupted
)

// Run runs the playbooks and returns the exit code that the program would have. Failed and unreachable hosts are events and
// an exit code; the error is a mistake in the input, found before any host is touched where that is possible. When ctx
// ends, running tasks are cancelled. Run may be called several times, and at the same time on different hosts.
func Run(ctx context.Context, o Options) (int, error) {
	r, err := newRun(o)
	if err != nil {
		return ExitError, err
	}
	opts, books, err := r.prepare(ctx)
	if err != nil {
		return ExitError, err
	}
	pool, err := r.pool()
	if err != nil {
		return ExitError, err
	}
	opts.Sessions = pool
	code, err := executor.New(opts).Run(ctx, books)
	return code, errors.Join(err, pool.Close())
}

// run is what a call of Run works with.
type run struct {
	o        Options
	settings *settings.Settings
	secrets  *vault.Secrets
	engine   *jinja.Engine
	extra    *value.Dict
}

func newRun(o Options) (*run, error) {
	if len(o.Playbooks) == 0 {
		return nil, errors.New("muster: no playbook was given")
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		o.Dir = dir
	}
	s, found := settings.Load(o.Env, o.Dir)
	if err := found.Err(); err != nil {
		return nil, err
	}
	r := &run{o: o, settings: s, secrets: &vault.Secrets{}, engine: jinja.New(jinja.Options{Native: s.Jinja2Native}), extra: value.NewDict()}
	if o.VaultPassword != "" {
		if err := r.secrets.Add(s.VaultIdentity, []byte(o.VaultPassword)); err != nil {
			return nil, err
		}
	}
	for k, v := range o.ExtraVars {
		r.extra.Set(k, trusted(value.From(v)))
	}
	return r, nil
}

// trusted marks the text of extra variables as templates, at every depth.
func trusted(v any) any {
	switch v := v.(type) {
	case string:
		return playbook.Trusted(v, diag.Pos{File: "ExtraVars"})
	case *value.List:
		for i, item := range v.Items {
			v.Items[i] = trusted(item)
		}
	case *value.Dict:
		for k, item := range v.All() {
			v.Set(k, trusted(item))
		}
	}
	return v
}

// prepare reads the playbooks and the inventory.
func (r *run) prepare(ctx context.Context) (executor.Options, []*playbook.Playbook, error) {
	registry := all.All()
	loader := playbook.NewLoader(playbook.Options{
		Actions: executor.Actions{Registry: registry}, RolesPath: r.settings.RolesPath, CollectionsPath: r.settings.CollectionsPath, Decrypt: r.secrets.Decrypt,
		Render: func(v any, vars *value.Dict) (any, error) {
			return r.engine.Render(&jinja.Context{Scope: known{r.extra, vars}, Decrypt: r.decrypt}, v)
		},
	})
	var books []*playbook.Playbook
	var mistakes diag.List
	for _, file := range r.o.Playbooks {
		b, found := loader.Load(file)
		books, mistakes = append(books, b), append(mistakes, found...)
	}
	if err := mistakes.Err(); err != nil {
		return executor.Options{}, nil, err
	}
	sources := r.o.Inventory
	if len(sources) == 0 {
		sources = r.settings.Inventory
	}
	io := inventory.FromSettings(r.settings)
	io.Dir, io.Env, io.Decrypt, io.Stderr = r.o.Dir, r.o.Env, r.secrets.Decrypt, os.Stderr
	inv, found := inventory.Load(ctx, sources, io)
	if err := found.Err(); err != nil {
		return executor.Options{}, nil, err
	}
	s := r.settings
	d := executor.DefaultsFrom(s)
	forks := r.o.Forks
	if forks == 0 {
		forks = s.Forks
	}
	return executor.Options{
		Inventory: inv, Sources: sources, Loader: loader, Engine: r.engine, Lookups: lookup.All(), Modules: registry, Sink: sink(r.o.Events),
		Settings: s, Prompter: prompter(r.o.Prompter), Control: r.o.Control, Decrypt: r.decrypt, ExtraVars: r.extra, Limit: r.o.Limit,
		Tags: r.o.Tags, SkipTags: r.o.SkipTags, Check: r.o.Check, Diff: r.o.Diff, Forks: forks, Defaults: d, Version: "library",
		RunID: time.Now().UTC().Format("20060102T150405.000000000Z"), Now: time.Now, Env: r.o.Env,
	}, books, nil
}

// pool is what reaches hosts.
func (r *run) pool() (*transport.Pool, error) {
	program := r.o.Program
	if program == "" {
		found, err := exec.LookPath("muster")
		if err != nil {
			return nil, fmt.Errorf("the muster program is needed beside this one: %w", err)
		}
		program = found
	}
	store, err := runnerbin.New(runnerbin.Options{Self: program})
	if err != nil {
		return nil, err
	}
	home, _ := os.UserHomeDir() //nolint:errcheck // without a home there are no keys of the user
	return transport.NewPool(map[string]transport.Dialer{
		"ssh":   ssh.NewDialer(ssh.Options{Home: home, Env: r.o.Env, Prompter: prompter(r.o.Prompter)}),
		"local": local.Dialer{Runner: []string{program, "runner"}},
	}, store, "library"), nil
}

func (r *run) decrypt(v value.Vault) (string, error) { return r.secrets.Decrypt(v.Ciphertext) }

// known holds the variables known before a run: extra variables over what the playbook says.
type known struct{ over, vars *value.Dict }

// Lookup returns a variable.
func (k known) Lookup(name string) (any, bool) {
	if v, ok := k.over.Get(name); ok {
		return v, true
	}
	return k.vars.Get(name)
}

// sink calls a function for every event; nil drops them.
type sink func(event.Event)

// Handle passes an event on.
func (s sink) Handle(e event.Event) {
	if s != nil {
		s(e)
	}
}

// prompter is a prompter that is always there.
func prompter(p transport.Prompter) transport.Prompter {
	if p == nil {
		return nobody{}
	}
	return p
}

type nobody struct{}

// Ask says that nobody is there.
func (nobody) Ask(context.Context, string, bool) (string, error) {
	return "", transport.ErrNoTerminal
}
