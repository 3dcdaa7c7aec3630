package drift

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/modules"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func shape(action string) modules.Shape {
	switch action {
	case "copy", "service", "file":
		return modules.ShapeState
	case "command":
		return modules.ShapeAction
	case "stat":
		return modules.ShapeQuery
	}
	return ""
}

// checkRun feeds the events of a check run to a collector.
func checkRun(events ...event.Event) *Collector {
	c := NewCollector(nil, shape)
	c.Handle(event.RunStart{Run: "r9", Time: noon, Playbooks: []string{"site.yml"}, Check: true})
	c.Handle(event.PlayStart{Name: "all", Hosts: []string{"a", "b"}})
	for _, e := range events {
		c.Handle(e)
	}
	c.Handle(event.RunEnd{Time: noon.Add(time.Second), Hosts: map[string]event.Counts{"a": {}, "b": {}}})
	return c
}

func start(id int, key, action string) event.TaskStart {
	return event.TaskStart{ID: id, Key: key, Name: "task " + key, Action: action, Check: true}
}

func outcome(id int, host, action string, status event.Status, result map[string]any) event.TaskResult {
	return event.TaskResult{Task: id, Host: host, Action: action, Status: status, Result: result, Args: "digest"}
}

func host(t *testing.T, r *Report, name string) Host {
	t.Helper()
	for _, h := range r.Hosts {
		if h.Name == name {
			return h
		}
	}
	t.Fatalf("no host %s in %+v", name, r.Hosts)
	return Host{}
}

func report(t *testing.T, c *Collector, past Past) *Report {
	t.Helper()
	r, err := c.Report(t.Context(), past, "no store")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatCounts: what can be compared counts, what cannot is named, and what changes nothing is left out.
func TestWhatCounts(t *testing.T) {
	handler := start(7, "7", "service")
	handler.Handler = true
	really := start(8, "8", "command")
	really.Check = false
	r := report(t, checkRun(
		start(1, "1", "copy"), outcome(1, "a", "copy", event.Changed, map[string]any{"changed": true}), outcome(1, "b", "copy", event.OK, nil),
		start(2, "2", "command"), outcome(2, "a", "command", event.Skipped, map[string]any{"skipped": true, "msg": "…"}),
		start(3, "3", "service"), outcome(3, "a", "service", event.Skipped, map[string]any{"_ansible_false_condition": "x"}),
		start(4, "4", "stat"), outcome(4, "a", "stat", event.OK, nil),
		start(5, "5", "debug"), outcome(5, "a", "debug", event.OK, nil),
		start(6, "6", "command"), outcome(6, "a", "command", event.OK, nil), // creates: it is there
		handler, outcome(7, "a", "service", event.Changed, nil),
		really, outcome(8, "a", "command", event.Changed, nil),
	), nil)
	a, b := host(t, r, "a"), host(t, r, "b")
	if a.State != Drifted || len(a.Drift) != 1 || a.Drift[0].Key != "1" || a.Assessed != 2 || a.Assessable != 3 || len(a.Blind) != 1 {
		t.Errorf("a: %+v", a)
	}
	if b.State != InOrder || b.Assessed != 1 || b.Assessable != 1 {
		t.Errorf("b: %+v", b)
	}
	if got := r.Summary.Share(); got != 0.75 || r.Exit() != 3 || r.History != "no store" {
		t.Errorf("share %v, exit %d, history %q", got, r.Exit(), r.History)
	}
}

func TestTrouble(t *testing.T) {
	ignored := outcome(2, "b", "copy", event.Failed, map[string]any{"msg": "no"})
	ignored.Ignored = true
	c := checkRun(
		start(1, "1", "copy"), outcome(1, "a", "copy", event.Unreachable, map[string]any{"msg": "no route"}), outcome(1, "b", "copy", event.OK, nil),
		start(2, "2", "copy"), ignored,
	)
	r := report(t, c, nil)
	if a := host(t, r, "a"); a.State != Unreachable || a.Problem != "no route" {
		t.Errorf("a: %+v", a)
	}
	if b := host(t, r, "b"); b.State != InOrder || len(b.Blind) != 1 || b.Blind[0].Why != "it failed: no" {
		t.Errorf("b: %+v", b)
	}
	if r.Exit() != 4 || r.Summary.Unreachable != 1 {
		t.Errorf("exit %d", r.Exit())
	}
	r = report(t, checkRun(start(1, "1", "copy"), outcome(1, "a", "copy", event.Failed, map[string]any{"msg": "x"})), nil)
	if r.Exit() != 2 || host(t, r, "a").State != Failed {
		t.Errorf("a failed check: exit %d", r.Exit())
	}
}

func TestLoops(t *testing.T) {
	item := func(label string, status event.Status) event.ItemResult {
		return event.ItemResult{Task: 1, Host: "a", Action: "file", Status: status, Label: label, Args: "digest " + label, Result: map[string]any{}}
	}
	all := outcome(1, "a", "file", event.Changed, map[string]any{"results": []any{}})
	all.Loop = true
	r := report(t, checkRun(start(1, "1", "file"), item("x", event.OK), item("y", event.Changed), item("z", event.Changed), all), nil)
	a := host(t, r, "a")
	if len(a.Drift) != 2 || a.Drift[0].Item != "y" || a.Drift[1].Item != "z" || a.Assessed != 1 {
		t.Errorf("%+v", a)
	}
}

func TestHidden(t *testing.T) {
	secret := outcome(1, "a", "copy", event.Changed, map[string]any{"changed": true, "censored": "…"})
	secret.NoLog = true
	a := host(t, report(t, checkRun(start(1, "1", "copy"), secret), nil), "a")
	if !a.Drift[0].Hidden || a.Drift[0].Attributes != nil || a.Drift[0].Text != "" {
		t.Errorf("%+v", a.Drift[0])
	}
}

// record is a store that holds what a test says.
type record struct {
	results []history.Result
	runs    []history.Run
}

func (p record) Results(context.Context, history.ResultFilter) ([]history.Result, error) {
	return p.results, nil
}
func (p record) Runs(context.Context, history.Filter) ([]history.Run, error) { return p.runs, nil }

func TestClasses(t *testing.T) {
	apply := func(args string, items ...history.Item) history.Result {
		return history.Result{Run: "r1", Args: args, Status: event.Changed, Changed: true, Loop: items, Start: noon.Add(-time.Hour)}
	}
	look := func(args string, changed bool) history.Result {
		return history.Result{Run: "r2", Args: args, Changed: changed, About: history.Task{Check: true}}
	}
	finished := history.Run{ID: "r1", State: history.Finished, Start: noon.Add(-time.Hour)}
	partial, failed := finished, finished
	partial.Tags, failed.Exit = []string{"x"}, 2
	for _, c := range []struct {
		about string
		past  Past
		item  string
		class Class
		why   string
	}{
		{"no store", nil, "", Unknown, "no record"},
		{"never applied", record{}, "", Unknown, "never applied"},
		{"only looked at", record{results: []history.Result{look("whole", false)}}, "", Unknown, "never applied"},
		{"the same as last time", record{results: []history.Result{apply("whole")}}, "", Corrective, "since run r1"},
		{"seen drifted in between", record{results: []history.Result{look("whole", true), apply("whole")}}, "", Corrective, "since run r1"},
		{"another wish", record{results: []history.Result{apply("other")}}, "", Intended, "something else than in run r1"},
		{"the wish before the last", record{results: []history.Result{apply("other"), apply("whole")}}, "", Intended, "something else"},
		{"in order under the new wish, then changed", record{results: []history.Result{look("whole", false), apply("other")}}, "", Corrective, "since run r1"},
		{"new in the playbook", record{runs: []history.Run{partial, failed, finished}}, "", Intended, "new since run r1"},
		{"earlier runs were partial", record{runs: []history.Run{partial, failed}}, "", Unknown, "never applied"},
		{"an item of the same loop", record{results: []history.Result{apply("whole")}}, "i", Corrective, "since"},
		{"an item of a longer loop", record{results: []history.Result{apply("other", history.Item{Item: "i", Args: "digest"})}}, "i", Corrective, "since"},
		{"an item that asks for something else", record{results: []history.Result{apply("other", history.Item{Item: "i", Args: "old"})}}, "i", Intended, "else"},
		{"a new item", record{results: []history.Result{apply("other", history.Item{Item: "j", Args: "digest"})}}, "i", Intended, "else"},
		{"an item that changed earlier", record{results: []history.Result{apply("other"), apply("older", history.Item{Item: "i", Args: "digest"})}}, "i", Corrective, "since"},
	} {
		d := Difference{Key: "k", Item: c.item}
		cl := &classifier{past: c.past, books: []string{"site.yml"}, before: noon}
		if err := cl.classify(t.Context(), "a", &d, "digest", "whole"); err != nil {
			t.Fatal(err)
		}
		if d.Class != c.class || !strings.Contains(d.Why, c.why) {
			t.Errorf("%s: %s, %q", c.about, d.Class, d.Why)
		}
	}
}

func TestCorrection(t *testing.T) {
	r := &Report{Hosts: []Host{
		{Name: "a", State: Drifted, Drift: []Difference{{Key: "1", Class: Corrective}, {Key: "2", Task: "two", Class: Intended}, {Key: "3", Task: "three", Class: Corrective}, {Key: "3", Class: Unknown}}},
		{Name: "b", State: Failed, Drift: []Difference{{Key: "1", Class: Corrective}}},
		{Name: "c", State: Drifted, Drift: []Difference{{Key: "2", Task: "two", Class: Intended}}},
		{Name: "d", State: InOrder},
	}}
	p := r.Correction(false)
	if got := strings.Join(p.Hosts(), " "); got != "a" || !p.Applies("a", "1") || p.Applies("a", "2") || p.Applies("a", "3") || p.Applies("c", "2") {
		t.Errorf("hosts %q, %v", got, p)
	}
	want := []string{"a: two: its difference is intended, which --all corrects", "a: three: its difference is unknown, which --all corrects",
		"b: the check failed there", "c: two: its difference is intended, which --all corrects"}
	if !reflect.DeepEqual(p.Left, want) {
		t.Errorf("left %q", p.Left)
	}
	if !p.Withholds("a", "2") || !p.Withholds("a", "3") || p.Withholds("a", "1") || !p.Works("a", diag.Pos{}) || p.Works("c", diag.Pos{}) {
		t.Errorf("withheld: %v", p)
	}
	if p = r.Correction(true); strings.Join(p.Hosts(), " ") != "a c" || !p.Applies("a", "3") || !p.Applies("c", "2") || len(p.Left) != 1 {
		t.Errorf("all: %v", p)
	}
	after := &Report{Hosts: []Host{{Name: "a", State: InOrder}}}
	after.CountAlso(r)
	if s := after.Summary; s.Hosts != 4 || s.InOrder != 2 || s.Failed != 1 || s.Drifted != 1 || len(after.Hosts) != 1 {
		t.Errorf("counted %+v", s)
	}
}
