package history_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

func open(t *testing.T) *history.Store {
	t.Helper()
	s, err := history.Open(t.Context(), filepath.Join(t.TempDir(), "muster", "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// tale is a run with one task on two hosts: web1 changes, web2 as told.
func tale(id string, status event.Status, args string) []event.Event {
	result := func(host string, st event.Status) event.TaskResult {
		return event.TaskResult{
			Task: 1, Host: host, Action: "copy", Status: st, Args: args, Start: noon, End: noon.Add(1500 * time.Millisecond),
			Result: map[string]any{"changed": st == event.Changed, "msg": "done " + id, "diff": map[string]any{"before": "a\n", "after": "b\n"}, "ansible_facts": map[string]any{"x": 1}},
		}
	}
	return []event.Event{
		event.RunStart{Run: id, Time: noon},
		event.PlayStart{ID: 1, Name: "web", Hosts: []string{"web1", "web2"}, Of: 1, Pos: diag.Pos{File: "site.yml", Line: 1}},
		event.TaskStart{ID: 1, Play: 1, Name: "motd", Action: "copy", Key: "00000000000000ab", Pos: diag.Pos{File: "site.yml", Line: 4}, Time: noon},
		result("web1", event.Changed),
		result("web2", status),
		event.Message{Level: "warning", Text: "careful", Host: "web2"},
		event.Message{Level: "verbose", Text: "not kept"},
		event.RunEnd{Time: noon.Add(2 * time.Second), Exit: 0, Hosts: map[string]event.Counts{"web1": {OK: 1, Changed: 1}, "web2": {OK: 1}}},
	}
}

func record(t *testing.T, s *history.Store, run history.Run, events []event.Event) {
	t.Helper()
	r, err := s.Begin(t.Context(), run, func(context.Context) history.Git { return history.Git{Commit: "abc", Dirty: true} })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		r.Handle(e)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatARunLeaves(t *testing.T) {
	s := open(t)
	record(t, s, history.Run{ID: "r1", Command: "run", User: "ann", Playbooks: []string{"site.yml"}, Sources: []string{"hosts"}, Args: []string{"run", "site.yml"}, Start: noon}, tale("r1", event.OK, "d1"))
	got, err := s.Find(t.Context(), "last")
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "r1" || got.State != history.Finished || got.Hosts != 2 || got.Counts.OK != 2 || got.Counts.Changed != 1 || got.Git.Commit != "abc" || !got.Git.Dirty || got.User != "ann" || !got.End.Equal(noon.Add(2*time.Second)) {
		t.Errorf("got %+v", got)
	}
	results, err := s.Results(t.Context(), history.ResultFilter{Run: "r1", Host: "web1"})
	if err != nil || len(results) != 1 {
		t.Fatalf("%v %v", results, err)
	}
	r := results[0]
	if r.Status != event.Changed || r.Msg != "done r1" || r.Duration != 1500*time.Millisecond || r.About.Name != "motd" || r.About.Line != 4 || r.Args != "d1" || r.About.Key != "00000000000000ab" {
		t.Errorf("got %+v", r)
	}
	if string(r.Diff) != `{"after":"b\n","before":"a\n"}` || string(r.Result) != `{"changed":true,"msg":"done r1"}` {
		t.Errorf("diff %s result %s", r.Diff, r.Result)
	}
	messages, err := s.Messages(t.Context(), "r1")
	if err != nil || len(messages) != 1 || messages[0].Text != "careful" {
		t.Errorf("%v %v", messages, err)
	}
	plays, err := s.Plays(t.Context(), "r1")
	if err != nil || len(plays) != 1 || plays[0].Hosts != 2 {
		t.Errorf("%v %v", plays, err)
	}
	recaps, err := s.Recaps(t.Context(), "r1")
	if err != nil || len(recaps) != 2 || recaps[0].Host != "web1" {
		t.Errorf("%v %v", recaps, err)
	}
}

// TestItems: of a loop only what changed or failed is kept, and how many items there were.
func TestItems(t *testing.T) {
	s := open(t)
	events := []event.Event{event.TaskStart{ID: 1, Name: "many", Time: noon}}
	for i := range 5 {
		st := event.OK
		if i == 3 {
			st = event.Changed
		}
		events = append(events, event.ItemResult{Task: 1, Host: "h", Status: st, Label: fmt.Sprint(i), Result: map[string]any{"changed": i == 3, "diff": map[string]any{"before": "x", "after": "y"}}})
	}
	events = append(events, event.TaskResult{Task: 1, Host: "h", Status: event.Changed, Loop: true, Result: map[string]any{"changed": true, "results": []any{1, 2}}, Start: noon, End: noon})
	record(t, s, history.Run{ID: "r"}, append(events, event.RunEnd{Time: noon}))
	found, err := s.Results(t.Context(), history.ResultFilter{Run: "r", Loop: true})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	if r := found[0]; r.Items != 5 || len(r.Loop) != 1 || r.Loop[0].Item != "3" || len(r.Loop[0].Diff) == 0 || strings.Contains(string(r.Result), "results") {
		t.Errorf("got %+v", r)
	}
}

func TestFind(t *testing.T) {
	s := open(t)
	for _, id := range []string{"2026a", "2026b", "2027a"} {
		record(t, s, history.Run{ID: id}, []event.Event{event.RunEnd{Time: noon}})
	}
	for ref, want := range map[string]string{"last": "2027a", "last~1": "2026b", "last~2": "2026a", "2027": "2027a", "2026b": "2026b"} {
		if got, err := s.Find(t.Context(), ref); err != nil || got.ID != want {
			t.Errorf("%s is %s, %v; want %s", ref, got.ID, err, want)
		}
	}
	for _, ref := range []string{"last~3", "last~-1", "last~x", "2028", "", "%"} {
		if got, err := s.Find(t.Context(), ref); !errors.Is(err, history.ErrNoRun) {
			t.Errorf("%s is %s, %v", ref, got.ID, err)
		}
	}
	if _, err := s.Find(t.Context(), "2026"); err == nil || !strings.Contains(err.Error(), "more than one") {
		t.Errorf("an ambiguous id gave %v", err)
	}
}

func TestLastApplyAndTimeline(t *testing.T) {
	s := open(t)
	record(t, s, history.Run{ID: "apply1"}, tale("apply1", event.OK, "old"))
	record(t, s, history.Run{ID: "apply2"}, tale("apply2", event.Failed, "new"))
	record(t, s, history.Run{ID: "check", Check: true}, tale("check", event.Changed, "newest"))
	for host, want := range map[string]string{"web1": "apply2", "web2": "apply1"} {
		got, err := s.LastApply(t.Context(), host, "00000000000000ab")
		if err != nil || len(got) != 1 || got[0].Run != want {
			t.Errorf("%s: %v %v, want %s", host, got, err, want)
		}
	}
	if got, err := s.LastApply(t.Context(), "web1", "00000000000000ff"); err != nil || got != nil {
		t.Errorf("an unknown task gave %v %v", got, err)
	}
	line, err := s.Timeline(t.Context(), "web2", false, 10)
	if err != nil || len(line) != 2 || line[0].Run != "check" || line[1].Run != "apply2" {
		t.Errorf("%v %v", line, err)
	}
}

func TestCompare(t *testing.T) {
	s := open(t)
	record(t, s, history.Run{ID: "a"}, tale("a", event.OK, "same"))
	record(t, s, history.Run{ID: "b"}, tale("b", event.Failed, "same"))
	a, _ := s.Find(t.Context(), "a")
	b, _ := s.Find(t.Context(), "b")
	c, err := s.Compare(t.Context(), a, b)
	if err != nil || c.Same != 1 || len(c.Tasks) != 1 || c.Tasks[0].Host != "web2" || c.Tasks[0].Why != "status" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestPrune(t *testing.T) {
	s := open(t)
	for i := range 6 {
		record(t, s, history.Run{ID: fmt.Sprint("r", i), Start: time.Now().AddDate(0, 0, i-6)}, tale("r", event.OK, ""))
	}
	p, err := s.Prune(t.Context(), history.Limits{Runs: 4})
	if err != nil || p.Runs != 2 || p.Left != 4 {
		t.Errorf("by count: %+v %v", p, err)
	}
	p, err = s.Prune(t.Context(), history.Limits{Age: 3 * 24 * time.Hour})
	if err != nil || p.Runs != 2 || p.Left != 2 {
		t.Errorf("by age: %+v %v", p, err)
	}
	p, err = s.Prune(t.Context(), history.Limits{Size: 1})
	if err != nil || p.Left != 1 {
		t.Errorf("by size: %+v %v", p, err)
	}
	if got, err := s.Results(t.Context(), history.ResultFilter{}); err != nil || len(got) != 2 {
		t.Errorf("%d results are left, %v", len(got), err)
	}
}

// TestLeftOpen: a run that is closed without its end, or whose process is gone, is interrupted.
func TestLeftOpen(t *testing.T) {
	s := open(t)
	record(t, s, history.Run{ID: "left"}, tale("left", event.OK, "")[:4])
	got, err := s.Find(t.Context(), "left")
	if err != nil || got.State != history.Interrupted {
		t.Errorf("%+v %v", got, err)
	}
	r, err := s.Begin(t.Context(), history.Run{ID: "going"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Find(t.Context(), "going"); err != nil || got.State != history.Running {
		t.Errorf("a living run is %s, %v", got.State, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFolderAndFileAreTheUsersOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history.db")
	s, err := history.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	record(t, s, history.Run{ID: "r"}, tale("r", event.OK, ""))
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if st, err := e.Info(); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), st.Mode())
		}
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", st.Mode())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWrongStores(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "history.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := history.Open(t.Context(), path); err == nil {
		t.Errorf("opened %v", s.Location())
	}
	if _, err := history.Open(t.Context(), dir); err == nil {
		t.Error("opened a folder")
	}
	if _, err := history.Open(t.Context(), "mysql://host/db"); err == nil || !strings.Contains(err.Error(), "mysql") {
		t.Errorf("got %v", err)
	}
}

// TestManyWriters: runs of several stores on one file do not disturb each other.
func TestManyWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	const stores, runs = 4, 5
	errs := make(chan error, stores)
	for i := range stores {
		go func() {
			errs <- func() error {
				s, err := history.Open(t.Context(), path)
				if err != nil {
					return err
				}
				for j := range runs {
					r, err := s.Begin(t.Context(), history.Run{ID: fmt.Sprintf("r%d-%d", i, j)}, nil)
					if err != nil {
						return err
					}
					for _, e := range tale("x", event.OK, "") {
						r.Handle(e)
					}
					if err := r.Close(); err != nil {
						return err
					}
				}
				return s.Close()
			}()
		}()
	}
	for range stores {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	s, err := history.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Runs(t.Context(), history.Filter{})
	if err != nil || len(list) != stores*runs {
		t.Errorf("%d runs, %v", len(list), err)
	}
	results, err := s.Results(t.Context(), history.ResultFilter{})
	if err != nil || len(results) != 2*stores*runs {
		t.Errorf("%d results, %v", len(results), err)
	}
}

// TestBigResults: what is kept of one result is bounded, and is JSON all the same.
func TestBigResults(t *testing.T) {
	s := open(t)
	big := strings.Repeat("ä", 1<<20)
	many := map[string]any{"changed": true}
	for i := range 1000 {
		many[fmt.Sprint("key", i)] = strings.Repeat("x", 100)
	}
	record(t, s, history.Run{ID: "r"}, []event.Event{
		event.TaskStart{ID: 1, Time: noon},
		event.TaskResult{Task: 1, Host: "a", Result: map[string]any{"stdout": big, "msg": big, "diff": map[string]any{"before": big, "after": big + "x"}}, Start: noon, End: noon},
		event.TaskResult{Task: 1, Host: "b", Result: many, Start: noon, End: noon},
		event.RunEnd{Time: noon},
	})
	found, err := s.Results(t.Context(), history.ResultFilter{Run: "r"})
	if err != nil || len(found) != 2 {
		t.Fatal(len(found), err)
	}
	for _, r := range found {
		if len(r.Result) > 17<<10 || len(r.Diff) > 130<<10 || len(r.Msg) > 3<<10 || !json.Valid(r.Result) {
			t.Errorf("%s: result of %d, diff of %d, msg of %d bytes", r.Host, len(r.Result), len(r.Diff), len(r.Msg))
		}
	}
	if !strings.Contains(string(found[1].Result), "_left_out") || !strings.Contains(found[0].Msg, "bytes more") {
		t.Errorf("nothing says what was left out: %.200s", found[1].Result)
	}
}
