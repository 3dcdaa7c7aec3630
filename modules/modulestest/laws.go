package modulestest

import (
	"maps"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Run runs the laws on a module for every case.
func Run(t *testing.T, m modules.Module, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Run("check", func(t *testing.T) { lawCheck(t, m, c) })
			t.Run("apply", func(t *testing.T) { lawApply(t, m, c) })
			t.Run("undo", func(t *testing.T) { lawUndo(t, m, c) })
			t.Run("meddled", func(t *testing.T) { lawMeddled(t, m, c) })
			t.Run("bad parameters", func(t *testing.T) { lawBadParameters(t, m, c) })
		})
	}
}

func (c Case) call(s sys.System, j *Journal) *modules.Call {
	call := &modules.Call{Sys: s, Args: maps.Clone(c.Args), Diff: true, Content: Contents(c.Contents...)}
	if j != nil {
		call.Journal = j
	}
	return call
}

func (m machine) snapshot(t *testing.T) string {
	t.Helper()
	return Snapshot(t, m) + m.state()
}

// lawCheck: check mode writes nothing and predicts changed exactly.
func lawCheck(t *testing.T, m modules.Module, c Case) {
	s := c.machine(t)
	before := s.snapshot(t)
	guarded := sys.NewReadOnly(s)
	call := c.call(guarded, NewJournal())
	call.Check = true
	res := m.Run(t.Context(), call)
	if tried := guarded.Attempts(); len(tried) > 0 {
		t.Errorf("check mode tried to write: %s", strings.Join(tried, "; "))
	}
	if after := s.snapshot(t); after != before {
		t.Errorf("check mode changed the machine:\n%s", difference(before, after))
	}
	if c.NoCheck || c.Failed != "" {
		return
	}
	if res.Failed() {
		t.Fatalf("check mode failed: %v", res["msg"])
	}
	if res.Changed() == c.Unchanged {
		t.Errorf("check mode predicts changed=%v", res.Changed())
	}
}

// lawApply: the result is as expected, and a second apply changes and writes nothing.
func lawApply(t *testing.T, m modules.Module, c Case) {
	s := c.machine(t)
	before := s.snapshot(t)
	res := m.Run(t.Context(), c.call(s, NewJournal()))
	if c.Failed != "" {
		msg, _ := res["msg"].(string)
		if !res.Failed() || !strings.Contains(msg, c.Failed) {
			t.Errorf("failed=%v msg=%q, want a failure with %q", res.Failed(), msg, c.Failed)
		}
		if after := s.snapshot(t); after != before {
			t.Errorf("the failed task changed the machine:\n%s", difference(before, after))
		}
		return
	}
	if res.Failed() {
		t.Fatalf("failed: %v", res)
	}
	if res.Changed() == c.Unchanged {
		t.Errorf("changed=%v, result %v", res.Changed(), res)
	}
	c.compare(t, s, res)
	if c.Repeats {
		return
	}
	rec := sys.NewRecorder(s)
	middle := s.snapshot(t)
	again := m.Run(t.Context(), c.call(rec, NewJournal()))
	if again.Failed() || again.Changed() {
		t.Errorf("the second apply: failed=%v changed=%v %v %v", again.Failed(), again.Changed(), again["msg"], again["diff"])
	}
	if w := rec.Writes(); len(w) > 0 {
		t.Errorf("the second apply wrote: %s", strings.Join(w, "; "))
	}
	if after := s.snapshot(t); after != middle {
		t.Errorf("the second apply changed the machine:\n%s", difference(middle, after))
	}
}

func (c Case) compare(t *testing.T, s sys.System, res modules.Result) {
	t.Helper()
	for k, want := range c.Result {
		if got, has := res[k]; !has || modules.PyRepr(got) != modules.PyRepr(want) {
			t.Errorf("result %s = %#v, want %#v", k, got, want)
		}
	}
	for p, want := range c.Files {
		got, err := s.ReadFile(p)
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", p, got, err, want)
		}
	}
	if c.Check != nil {
		c.Check(t, s, res)
	}
}

// lawUndo: undo restores the machine byte for byte, from an entry without what was written too.
func lawUndo(t *testing.T, m modules.Module, c Case) {
	undoAll(t, m, c, func(e modules.Entry) modules.Entry { return e })
	undoAll(t, m, c, func(e modules.Entry) modules.Entry {
		var contents []string
		for _, p := range m.Params() {
			if modules.IsContent(p.Name) {
				contents = append(contents, p.Name)
			}
		}
		return e.Without(contents)
	})
}

func undoAll(t *testing.T, m modules.Module, c Case, kept func(modules.Entry) modules.Entry) {
	t.Helper()
	undoer, ok := m.(modules.Undoer)
	if !ok || c.NoUndo || c.Unchanged || c.Failed != "" || m.Info().Undo == modules.UndoNone {
		return
	}
	s := c.machine(t)
	before := s.snapshot(t)
	j := NewJournal()
	if res := m.Run(t.Context(), c.call(s, j)); res.Failed() {
		t.Fatalf("failed: %v", res)
	}
	if len(j.Entries) == 0 {
		t.Fatal("the change was not journalled")
	}
	for i := len(j.Entries) - 1; i >= 0; i-- {
		res := undoer.Undo(t.Context(), &modules.Call{Sys: s, Content: j}, kept(j.Entries[i]), j.Posts[i], false)
		if res.Failed() {
			t.Fatalf("undo failed: %v", res)
		}
	}
	if after := s.snapshot(t); after != before {
		t.Errorf("undo did not restore the machine:\n%s", difference(before, after))
	}
}

// lawMeddled: undo refuses when somebody changed the thing since, and then touches nothing.
func lawMeddled(t *testing.T, m modules.Module, c Case) {
	undoer, ok := m.(modules.Undoer)
	if !ok || c.Meddle == nil || c.NoUndo || m.Info().Undo == modules.UndoNone {
		return
	}
	s := c.machine(t)
	j := NewJournal()
	if res := m.Run(t.Context(), c.call(s, j)); res.Failed() {
		t.Fatalf("failed: %v", res)
	}
	c.Meddle(t, s)
	before := s.snapshot(t)
	last := len(j.Entries) - 1
	res := undoer.Undo(t.Context(), &modules.Call{Sys: s, Content: j}, j.Entries[last], j.Posts[last], false)
	if conflict, _ := res["conflict"].(bool); !conflict {
		t.Errorf("undo did not refuse: %v", res)
	}
	if after := s.snapshot(t); after != before {
		t.Errorf("the refused undo changed the machine:\n%s", difference(before, after))
	}
}

// lawBadParameters: an unknown parameter and a missing required one are refused before anything is touched.
func lawBadParameters(t *testing.T, m modules.Module, c Case) {
	refused := func(what string, args map[string]any) {
		s := c.machine(t)
		before := s.snapshot(t)
		rec := sys.NewRecorder(s)
		call := c.call(rec, nil)
		call.Args = args
		if res := m.Run(t.Context(), call); !res.Failed() {
			t.Errorf("%s: not refused: %v", what, res)
		}
		if w := rec.Writes(); len(w) > 0 {
			t.Errorf("%s: wrote %s", what, strings.Join(w, "; "))
		}
		if after := s.snapshot(t); after != before {
			t.Errorf("%s: changed the machine:\n%s", what, difference(before, after))
		}
	}
	unknown := maps.Clone(c.Args)
	if unknown == nil {
		unknown = map[string]any{}
	}
	unknown["no_such_parameter"] = "x"
	refused("unknown parameter", unknown)
	for _, p := range m.Params() {
		if !p.Required {
			continue
		}
		without := maps.Clone(c.Args)
		delete(without, p.Name)
		for _, a := range p.Aliases {
			delete(without, a)
		}
		refused("without "+p.Name, without)
	}
}
