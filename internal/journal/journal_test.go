package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/modules/sys"
)

func TestUndoAcrossProcesses(t *testing.T) {
	h := newHost(t)
	h.write("etc/motd", "welcome\n")
	before := h.tree()

	first := h.process()
	h.begin(first, "run1")
	one := h.must(first, "run1", "lineinfile", map[string]any{"path": "/etc/motd", "line": "hello"})
	two := h.must(first, "run1", "file", map[string]any{"path": "/srv/a/b", "state": "directory", "mode": "0750"})
	three := h.must(first, "run1", "lineinfile", map[string]any{"path": "/etc/motd", "line": "again"})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if len(one) != 1 || len(two) != 1 || len(three) != 1 {
		t.Fatalf("entries %v %v %v", one, two, three)
	}

	later := h.process()
	h.begin(later, "rollback")
	done := h.undo(later, "run1", journal.How{})
	var order []string
	for _, d := range done {
		if !d.Changed || d.Failed || d.Conflict {
			t.Errorf("%+v", d)
		}
		order = append(order, d.ID)
	}
	if want := []string{three[0], two[0], one[0]}; !slices.Equal(order, want) {
		t.Errorf("undone %v, want %v", order, want)
	}
	if after := h.tree(); after != before {
		t.Errorf("not as before:\n%s\nwas\n%s", after, before)
	}
	if again := h.undo(later, "run1", journal.How{}); len(again) != 0 {
		t.Errorf("undone twice: %+v", again)
	}
	if again := h.undo(later, "run1", journal.How{}, one...); len(again) != 1 || again[0].Changed {
		t.Errorf("undone twice by id: %+v", again)
	}
	if err := later.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range h.entries("run1") {
		if e.State != ops.StateUndone || e.Name != "a task" || e.User != "root" || e.Undo != "full" {
			t.Errorf("%+v", e)
		}
	}
}

func TestNothingIsWrittenBeforeTheFirstChange(t *testing.T) {
	h := newHost(t)
	s := h.process()
	h.begin(s, "run1")
	r, ids := h.do(s, "run1", "file", map[string]any{"path": "/etc", "state": "directory"})
	if r.Failed() || r.Changed() || len(ids) != 0 {
		t.Fatalf("%v %v", r, ids)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "var/lib/muster")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal's folder was made: %v", err)
	}
}

func TestConflictsAreLeftAloneUnlessForced(t *testing.T) {
	h := newHost(t)
	h.write("etc/motd", "welcome\n")
	s := h.process()
	h.begin(s, "run1")
	h.must(s, "run1", "lineinfile", map[string]any{"path": "/etc/motd", "line": "hello"})
	h.write("etc/motd", "somebody else's\n")
	done := h.undo(s, "run1", journal.How{})
	if len(done) != 1 || !done[0].Conflict || done[0].Failed || h.read("etc/motd") != "somebody else's\n" {
		t.Fatalf("%+v, file %q", done, h.read("etc/motd"))
	}
	if e := h.entries("run1"); e[0].State != ops.StateConflict || e[0].Msg == "" {
		t.Errorf("%+v", e)
	}
	if check := h.undo(s, "run1", journal.How{Force: true, Check: true}); !check[0].Changed || h.read("etc/motd") != "somebody else's\n" {
		t.Errorf("check: %+v", check)
	}
	if done = h.undo(s, "run1", journal.How{Force: true}); !done[0].Changed || h.read("etc/motd") != "welcome\n" {
		t.Errorf("%+v, file %q", done, h.read("etc/motd"))
	}
}

func TestNotesSayWhatHasNoInverse(t *testing.T) {
	h := newHost(t)
	h.write("etc/motd", "welcome\n")
	s := h.process()
	h.begin(s, "run1")
	system := sys.Rooted(h.dir, sys.WithCommands(
		func(context.Context, sys.Command) (sys.Output, error) { return sys.Output{}, nil },
		func(name string) (string, error) { return "/bin/" + name, nil }))
	r, ids := h.with(s.Task(ref("run1", 1)), system, "command", map[string]any{"cmd": "migrate --password hunter2"})
	if r.Failed() || len(ids) != 1 {
		t.Fatalf("%v %v", r, ids)
	}
	e := h.entries("run1")
	if len(e) != 1 || e[0].Undo != "none" || e[0].State != ops.StateDone {
		t.Fatalf("%+v", e)
	}
	if done := h.undo(s, "run1", journal.How{}); len(done) != 0 {
		t.Errorf("a note is undone: %+v", done)
	}
	if done := h.undo(s, "run1", journal.How{}, ids...); len(done) != 1 || !done[0].Note || done[0].Changed {
		t.Errorf("%+v", done)
	}
}

func TestLock(t *testing.T) {
	h := newHost(t)
	first, same, other := h.process(), h.process(), h.process()
	h.begin(first, "run1")
	h.begin(same, "run1") // another process of the same run
	_, err := other.Begin(t.Context(), ref("run2", 0))
	var locked *journal.LockedError
	if !errors.As(err, &locked) || locked.Holder.Run != "run1" || locked.Holder.PID != os.Getpid() || !strings.Contains(err.Error(), "ann@control") {
		t.Fatalf("not refused: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Begin(t.Context(), ref("run2", 0)); err == nil {
		t.Fatal("not refused while a process of the first run lives")
	}
	if err := same.Close(); err != nil {
		t.Fatal(err)
	}
	h.begin(other, "run2") // what a dead process held is free
}

func TestRunsWithStrangeNamesAreRefused(t *testing.T) {
	h := newHost(t)
	for _, run := range []string{"", ".", "..", "../x", "a/b", "a~b", "a b", strings.Repeat("x", 300)} {
		if _, err := h.process().Begin(t.Context(), ref(run, 0)); err == nil {
			t.Errorf("%q was taken", run)
		}
	}
}

func TestLargeContents(t *testing.T) {
	h := newHost(t)
	big := strings.Repeat("0123456789abcdef", 40<<10) // 640 KiB
	h.write("etc/big", big)
	s := h.process()
	h.begin(s, "run1")
	h.must(s, "run1", "lineinfile", map[string]any{"path": "/etc/big", "line": "last"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	blobs, err := filepath.Glob(filepath.Join(h.place().Folder, "runs/run1/blobs/*"))
	if err != nil || len(blobs) != 1 {
		t.Fatalf("blobs %v %v", blobs, err)
	}
	s = h.process()
	if done := h.undo(s, "run1", journal.How{}); !done[0].Changed || h.read("etc/big") != big {
		t.Errorf("%+v", done)
	}
	if i, err := os.Stat(blobs[0]); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", i.Mode(), err)
	}
}

func TestDamagedContentIsNoticed(t *testing.T) {
	h := newHost(t)
	big := strings.Repeat("0123456789abcdef", 40<<10)
	h.write("etc/big", big)
	s := h.process()
	h.begin(s, "run1")
	h.must(s, "run1", "lineinfile", map[string]any{"path": "/etc/big", "line": "last"})
	changed := h.read("etc/big")
	blobs, _ := filepath.Glob(filepath.Join(h.place().Folder, "runs/run1/blobs/*"))
	if err := os.WriteFile(blobs[0], []byte("x"+big[1:]), 0o600); err != nil {
		t.Fatal(err)
	}
	done := h.undo(s, "run1", journal.How{})
	if !done[0].Failed || !strings.Contains(done[0].Msg, "damaged") || h.read("etc/big") != changed {
		t.Errorf("%+v", done)
	}
}

func TestPruneKeepsWhatIsNewAndWhatIsLive(t *testing.T) {
	h := newHost(t)
	var ages []string
	for i := range 4 {
		run := fmt.Sprintf("run%d", i)
		s := h.process()
		h.begin(s, run)
		h.must(s, run, "lineinfile", map[string]any{"path": "/etc/motd", "line": run, "create": true})
		if i == 3 {
			break // lives
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		logs, _ := filepath.Glob(filepath.Join(h.place().Folder, "runs", run, "*.log"))
		old := time.Now().Add(-time.Duration(10-i) * 24 * time.Hour)
		if len(logs) != 1 || os.Chtimes(logs[0], old, old) != nil {
			t.Fatal(logs)
		}
		ages = append(ages, run)
	}
	client := h.client(h.process())
	got, err := client.Prune(t.Context(), ops.PruneArgs{MaxAge: int64((9*24*time.Hour + time.Hour).Seconds())})
	if err != nil || !slices.Equal(got.Removed, ages[:1]) || got.Freed <= 0 {
		t.Fatalf("%+v %v", got, err)
	}
	got, err = client.Prune(t.Context(), ops.PruneArgs{MaxBytes: 1})
	if err != nil || !slices.Equal(got.Removed, ages[1:]) || got.Left != 0 {
		t.Fatalf("%+v %v", got, err)
	}
	l, err := client.List(t.Context(), ops.ListArgs{})
	if err != nil || len(l.Runs) != 1 || l.Runs[0].Run != "run3" || !l.Runs[0].Live || l.Runs[0].Holder != "ann@control" {
		t.Fatalf("%+v %v", l, err)
	}
}
