// Package executor runs playbooks: plays, batches, strategies, blocks, handlers, tasks and their loops. It speaks to
// the world only through events; hosts are reached through sessions of the transport.
package executor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
	"github.com/musterhq/muster/transport"
)

// Sessions opens runners and connections; the transport's pool does.
type Sessions interface {
	// Session returns the runner of a target, opening it when it is not open yet.
	Session(ctx context.Context, t transport.Target) (*transport.Session, error)
	// Conn returns the connection under it, for work that needs no runner.
	Conn(ctx context.Context, t transport.Target) (transport.Conn, error)
	// Reset closes the connection of a target, so that the next use opens another.
	Reset(ctx context.Context, t transport.Target) error
	// Fresh opens another connection and runner beside them, to see whether the target can be reached now.
	Fresh(ctx context.Context, t transport.Target) (s *transport.Session, closing func() error, err error)
}

// Options are everything a run needs.
type Options struct {
	Inventory *inventory.Inventory
	// Refresh reads the inventory again for meta: refresh_inventory.
	Refresh    func(ctx context.Context) (*inventory.Inventory, error)
	Sources    []string // the inventory's, as the user named them
	Loader     *playbook.Loader
	Engine     *jinja.Engine
	Lookups    map[string]lookup.Func
	Modules    *modules.Registry
	ModulePath []string // folders with modules of the user's own, before those of the settings
	Sessions   Sessions
	Sink       event.Sink
	Settings   *settings.Settings
	Prompter   transport.Prompter
	Pauser     Pauser   // for pause; nil asks the Prompter, and lets nobody cut a pause short
	Control    *Control // steers the run; may be nil
	// Fallen is told of every playbook during which hosts dropped out of the run, with all hosts that are out by then, sorted; may be nil.
	Fallen      func(b *playbook.Playbook, hosts []string)
	EveryBook   bool // go on to the next playbook when hosts dropped out during one, to look at what remains
	HostStarts  bool // say when a host starts a task
	Outputs     bool // say what commands write as it comes
	Decrypt     func(value.Vault) (string, error)
	DecryptFile func(content []byte) ([]byte, error)
	Secrets     *secret.Registry // learns the secrets of the run by value; nil is fine
	Console     Console          // for --step and the debugger; nil when there is nobody
	FactCache   FactCache        // nil: facts last for one run

	ExtraVars     *value.Dict
	Tags          []string // empty is all
	SkipTags      []string
	Limit         string
	StartAt       string // --start-at-task
	Step          bool
	Check         bool
	Diff          bool
	Verbosity     int
	Forks         int
	ForceHandlers bool
	Digests       bool      // results carry digests of the rendered arguments
	Selection     Selection // nil: everything is carried out
	Serial        string    // size of batches, over what plays say; "" leaves it to them

	Defaults Defaults
	Version  string
	RunID    string
	Holder   string // who runs it and from where, for those that find a host locked
	Journal  bool   // hosts record what changes, so that it can be undone
	// JournalDays and JournalMegabytes bound the journals of the hosts; 0 leaves them their own bounds.
	JournalDays, JournalMegabytes int
	Progress                      Progress // keeps what is done, for a run that goes on from there; nil keeps nothing
	Recorder                      Recorder // keeps what a later rollback needs; nil keeps nothing
	Now                           func() time.Time
	Env                           []string // the controller's environment
}

// Exit codes of a run.
const (
	ExitOK          = 0
	ExitError       = 1
	ExitFailed      = 2
	ExitUnreachable = 4
	ExitRolledBack  = 6
	ExitInterrupted = 130
)

// Executor runs playbooks one after another over one inventory; facts and failures carry over from play to play.
type Executor struct {
	o              Options
	hosts          *hostTable
	sink           *safeSink
	tasks          *taskCounter
	plays          *taskCounter
	keys           *taskKeys
	secretsOf      *sync.Map // []modules.Param by action, see secretParams
	visits         *visits
	hashes         *sync.Map // of tasks, see taskHash
	told           *sync.Map // warnings that were given, see warnOnce
	progressFailed *sync.Once
	forks          chan struct{}
	stop           *stopper
	ledger         *ledger
	keeper         *keeper
	fetched        *fetchedFiles
	started        bool // --start-at-task has been reached
	begun          bool // a play was run
	custom         *customStats
	files          *fileCache
	// base is the context of the run, for the lookups that templates make: a template is evaluated where no context reaches.
	base  context.Context
	steps *stepping
	// talking is held while somebody debugs a task.
	talking *sync.Mutex
}

// New returns an executor.
func New(o Options) *Executor {
	if o.Forks < 1 {
		o.Forks = 1
	}
	x := &Executor{o: o, sink: &safeSink{next: o.Sink}, forks: make(chan struct{}, o.Forks), stop: &stopper{}, ledger: &ledger{}, custom: newCustomStats()}
	x.tasks, x.plays, x.keys, x.files, x.secretsOf = &taskCounter{}, &taskCounter{}, &taskKeys{}, &fileCache{}, &sync.Map{}
	x.visits, x.hashes, x.told, x.progressFailed = &visits{}, &sync.Map{}, &sync.Map{}, &sync.Once{}
	x.keeper, x.fetched = &keeper{x: x}, &fetchedFiles{}
	x.hosts = newHostTable(o.Inventory)
	x.hosts.made = x.recallFacts()
	x.steps, x.talking = &stepping{}, &sync.Mutex{}
	x.steps.on.Store(o.Step)
	x.started = o.StartAt == ""
	return x
}

// Stop asks the run to end: running tasks finish, no other starts.
// A rollback or restore that is under way goes on after the first call, which returns true then.
func (x *Executor) Stop() bool {
	guarded := x.stop.set()
	x.o.Control.change(func() {})
	return guarded
}

// Run runs the playbooks and returns the exit code. The error is a mistake in the input or in muster; failed hosts are
// events and an exit code.
func (x *Executor) Run(ctx context.Context, books []*playbook.Playbook) (int, error) {
	x.base = ctx
	names := make([]string, len(books))
	for i, b := range books {
		names[i] = b.File
	}
	x.sink.Handle(event.RunStart{Version: event.Version, Run: x.o.RunID, Time: x.o.Now(), Playbooks: names, Check: x.o.Check, Diff: x.o.Diff, Verbosity: x.o.Verbosity})
	exit, err := x.books(ctx, books)
	if err != nil {
		exit = ExitError
	}
	back := x.takenBack(ctx)
	x.recordEnd()
	switch {
	case back:
		exit = ExitRolledBack
	case x.stop.isSet() || ctx.Err() != nil:
		exit = ExitInterrupted
	}
	x.sink.Handle(event.RunEnd{Time: x.o.Now(), Hosts: x.hosts.counts(), Custom: x.custom.snapshot(), Exit: exit})
	return exit, err
}

func (x *Executor) books(ctx context.Context, books []*playbook.Playbook) (int, error) {
	exit := ExitOK
	out := x.hosts.fallen()
	for _, b := range books {
		x.sink.Handle(event.PlaybookStart{File: b.File, Plays: len(b.Plays)})
		run := x.inOrder
		if haveNeeds(b.Plays) {
			run = x.byNeeds
		}
		code, goOn, err := run(ctx, b.Plays)
		before := out
		if out = x.hosts.fallen(); x.o.Fallen != nil && len(out) > 0 && !slices.Equal(out, before) {
			x.o.Fallen(b, out)
		}
		if err != nil {
			return ExitError, err
		}
		exit = worse(exit, code)
		if !goOn || exit != ExitOK && !x.o.EveryBook { // the next playbook may build on this one
			return exit, nil
		}
	}
	return exit, nil
}

// inOrder runs plays one after another. It returns false when the plays after them must not run.
func (x *Executor) inOrder(ctx context.Context, plays []*playbook.Play) (int, bool, error) {
	exit := ExitOK
	for _, p := range plays {
		if x.begun && x.o.Control.Stopping() {
			x.stop.set()
		}
		x.begun = true
		if x.stop.isSet() || ctx.Err() != nil {
			return ExitInterrupted, false, nil
		}
		code, goOn, err := x.play(ctx, p)
		if err != nil {
			return ExitError, false, err
		}
		exit = worse(exit, code)
		if !goOn {
			return exit, false, nil
		}
	}
	return exit, true, nil
}

// worse returns the code that says more: a mistake, unreachable hosts, failed ones, failed and rolled back, success.
func worse(a, b int) int {
	order := []int{ExitOK, ExitRolledBack, ExitFailed, ExitUnreachable, ExitInterrupted, ExitError}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}
