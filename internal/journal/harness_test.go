package journal_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport/wire"
)

// host is a machine in a folder with its journal.
type host struct {
	t    *testing.T
	dir  string
	sys  sys.System
	mods *modules.Registry
}

func newHost(t *testing.T) *host {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"etc", "tmp", "run", "var", "var/lib"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &host{t: t, dir: dir, sys: sys.Rooted(dir), mods: all.All()}
}

// process is one process on the host: a store of its own.
func (h *host) process() *journal.Store {
	return journal.New(h.place(), journal.Machine{Sys: h.sys, Lookup: h.mods.Get})
}

func (h *host) place() journal.Place { return journal.PlaceOf(h.sys, "root", "/root") }

func ref(run string, task int) *wire.JournalRef {
	return &wire.JournalRef{Run: run, Task: task, Name: "a task", Holder: "ann@control"}
}

// begin opens the journal for a run and demands that it works.
func (h *host) begin(s *journal.Store, run string) []ops.Recovered {
	h.t.Helper()
	got, err := s.Begin(h.t.Context(), ref(run, 0))
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// do runs a module under a run and returns its result and entries.
func (h *host) do(s *journal.Store, run, module string, args map[string]any) (modules.Result, []string) {
	h.t.Helper()
	return h.with(s.Task(ref(run, 1)), h.sys, module, args)
}

func (h *host) with(task *journal.Task, system sys.System, module string, args map[string]any) (modules.Result, []string) {
	h.t.Helper()
	m, ok := h.mods.Get(module)
	if !ok {
		h.t.Fatalf("no module %s", module)
	}
	r := m.Run(h.t.Context(), &modules.Call{Sys: task.System(system), Args: args, Journal: task})
	return r, task.Take()
}

func (h *host) must(s *journal.Store, run, module string, args map[string]any) []string {
	h.t.Helper()
	r, ids := h.do(s, run, module, args)
	if r.Failed() || !r.Changed() {
		h.t.Fatalf("%s: %v", module, r)
	}
	return ids
}

func (h *host) write(path, content string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, path), []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) read(path string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, path))
	if err != nil {
		return "<" + filepath.Base(path) + ": not there>"
	}
	return string(b)
}

// backupName is the part of a backup's name that differs from run to run.
var backupName = regexp.MustCompile(`\.\d+\.[-0-9]+@[:0-9]+~`)

// tree is everything on the machine but muster's own folders.
func (h *host) tree() string {
	h.t.Helper()
	tree := modulestest.Snapshot(h.t, sys.Rooted(h.dir), "/var/lib/muster", "/run/muster")
	return backupName.ReplaceAllString(tree, ".BACKUP")
}

func (h *host) undo(s *journal.Store, run string, how journal.How, ids ...string) []ops.Undone {
	h.t.Helper()
	out, err := s.Undo(context.WithoutCancel(h.t.Context()), run, ids, how)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *host) entries(run string) []ops.Entry {
	h.t.Helper()
	l, err := h.process().List(run)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(l.Problems) > 0 {
		h.t.Errorf("problems: %v", l.Problems)
	}
	return l.Entries
}

// client asks a store as the controller does, without a wire between them.
func (h *host) client(s *journal.Store) ops.Client {
	return ops.Client{Send: func(ctx context.Context, req *wire.Request, f func(*wire.Response)) error {
		call := &modules.Call{Sys: h.sys, Args: req.Items[0].Args, Check: req.Check, Diff: req.Diff}
		f(&wire.Response{Result: s.Module(req.Journal).Run(ctx, call), Done: true})
		return nil
	}}
}

// processOn is a process that sees the machine through a decorator.
func (h *host) processOn(s sys.System) *journal.Store {
	return journal.New(h.place(), journal.Machine{Sys: s, Lookup: h.mods.Get})
}
