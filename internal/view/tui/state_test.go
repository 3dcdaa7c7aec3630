package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// script makes the events of a run.
type script struct {
	s    *State
	now  time.Time
	task int
}

func newScript(hosts ...string) *script {
	r := &script{s: NewState(func(h string) []string {
		name, _, _ := numbered(h)
		return []string{name, "all"}
	}), now: start}
	r.s.Apply(event.RunStart{Time: r.now, Playbooks: []string{"site.yml"}})
	r.s.Apply(event.PlaybookStart{File: "site.yml", Plays: 1})
	r.play(0, 1, 0, hosts...)
	return r
}

func (r *script) play(batch, of, tasks int, hosts ...string) {
	r.s.Apply(event.PlayStart{Name: "Roll out", Hosts: hosts, Batch: batch, Of: of, Total: len(hosts) * of, Tasks: tasks})
}

// step runs a task; outcomes are HOST=STATUS.
func (r *script) step(name string, took time.Duration, outcomes ...string) {
	r.task++
	r.s.Apply(event.TaskStart{ID: r.task, Name: name, Action: "command", Pos: diag.Pos{File: "site.yml", Line: len(name)}, Time: r.now})
	began := r.now
	for _, o := range outcomes {
		host, _, _ := strings.Cut(o, "=")
		r.s.Apply(event.HostStart{Task: r.task, Host: host, Time: began})
	}
	r.now = r.now.Add(took)
	for _, o := range outcomes {
		host, status, _ := strings.Cut(o, "=")
		if status == "" {
			continue // still runs
		}
		r.s.Apply(event.TaskResult{Task: r.task, Host: host, Action: "command", Status: event.Status(status), Start: began, End: r.now,
			Result: map[string]any{"msg": status + " on " + host, "rc": 0}})
	}
}

func (r *script) end(exit int) { r.s.Apply(event.RunEnd{Time: r.now, Exit: exit}) }

func cells(h *Host) string {
	var b strings.Builder
	for _, c := range h.Cells {
		b.WriteByte(glyphs[c])
	}
	return b.String()
}

// TestState folds a run of two hosts.
func TestState(t *testing.T) {
	r := newScript("web1", "web2")
	r.step("one", time.Second, "web1=ok", "web2=changed")
	r.step("two", time.Second, "web1=failed", "web2=skipped")
	r.step("three", time.Second, "web2=")
	web1, web2 := r.s.Host("web1"), r.s.Host("web2")
	if got := cells(web1) + " " + cells(web2); got != ".F +-" {
		t.Errorf("cells %q", got)
	}
	if web1.State() != Failed || web2.State() != Changed || web2.Running != 2 || web1.Running != -1 {
		t.Errorf("web1 %v runs %d, web2 %v runs %d", web1.State(), web1.Running, web2.State(), web2.Running)
	}
	if len(r.s.Failures) != 1 || reason(r.s.Failures[0]) != "failed on web1" {
		t.Errorf("failures: %v", r.s.Failures)
	}
	by, running := r.s.Tally()
	if by != [statuses]int{Failed: 1, Changed: 1} || running != 1 {
		t.Errorf("tally %v, %d running", by, running)
	}
}

// TestRetryForgetsFailure: a host that tries again is as it was before it failed.
func TestRetryForgetsFailure(t *testing.T) {
	r := newScript("web1")
	r.step("one", time.Second, "web1=failed")
	r.s.Apply(event.HostRetry{Host: "web1", Time: r.now})
	if h := r.s.Host("web1"); h.Out() || cells(h) != " " {
		t.Errorf("%v %q after the start of another try", h.State(), cells(h))
	}
	r.step("one", time.Second, "web1=changed")
	if h := r.s.Host("web1"); h.State() != Changed || cells(h) != "+" || len(r.s.Columns) != 1 {
		t.Errorf("%v %q, %d columns", h.State(), cells(h), len(r.s.Columns))
	}
	if !r.s.Failures[0].Retried {
		t.Error("the failure does not tell of the other try")
	}
}

// TestBatchesShareColumns: a task is the same column in every batch.
func TestBatchesShareColumns(t *testing.T) {
	r := newScript("web1")
	r.step("one", time.Second, "web1=ok")
	r.play(1, 2, 0, "web2")
	r.step("one", time.Second, "web2=ok")
	if len(r.s.Columns) != 1 || r.s.Host("web1").sum != r.s.Host("web2").sum {
		t.Errorf("%d columns", len(r.s.Columns))
	}
}

// TestWorstOutcomeShows: a task that an include brings in several times shows its worst outcome.
func TestWorstOutcomeShows(t *testing.T) {
	r := newScript("web1")
	r.step("one", time.Second, "web1=changed")
	r.step("one", time.Second, "web1=ok")
	if got := cells(r.s.Host("web1")); got != "+" {
		t.Errorf("cell %q", got)
	}
}

// TestResultsAreLetGo: beyond the budget the oldest results go, those of failures stay.
func TestResultsAreLetGo(t *testing.T) {
	s := NewState(nil)
	s.Apply(event.TaskStart{ID: 1, Name: "t"})
	big := strings.Repeat("x", 1<<20)
	for i := range 100 {
		status := event.OK
		if i == 0 {
			status = event.Failed
		}
		s.Apply(event.TaskResult{Task: 1, Host: fmt.Sprintf("h%d", i), Status: status, Result: map[string]any{"stdout": big}})
	}
	if s.details.bytes > detailBudget {
		t.Errorf("%d bytes are kept", s.details.bytes)
	}
	if s.Host("h0").Records[0].Result == nil || !s.Host("h1").Records[0].Dropped || s.Host("h99").Records[0].Result == nil {
		t.Error("the wrong results were let go of")
	}
}

// TestEstimate: what is left is told when it is known, and only then.
func TestEstimate(t *testing.T) {
	tests := []struct {
		name string
		run  func() *script
		want string
	}{
		{"no count of tasks", func() *script {
			r := newScript("a1", "a2")
			r.step("one", time.Minute, "a1=ok", "a2=ok")
			return r
		}, "time left unknown"},
		{"nothing done", func() *script {
			r := newScript("a1")
			r.play(0, 1, 4, "a1")
			return r
		}, "time left unknown"},
		{"half of the tasks", func() *script {
			r := newScript("a1")
			r.play(0, 1, 2, "a1")
			r.step("one", time.Minute, "a1=ok")
			return r
		}, "about 60s left"},
		{"half of the hosts of the first of two tasks", func() *script {
			r := newScript("a1")
			r.play(0, 1, 2, "a1", "a2")
			r.step("one", time.Minute, "a1=ok", "a2=")
			return r
		}, "about 3m left"},
		{"more tasks than were known", func() *script {
			r := newScript("a1")
			r.play(0, 1, 1, "a1")
			r.step("one", time.Minute, "a1=ok")
			r.step("included", time.Minute, "a1=ok")
			return r
		}, "time left unknown"},
		{"more tasks than were known, after a batch", func() *script {
			r := newScript("a1")
			r.play(0, 4, 1, "a1")
			r.step("one", time.Minute, "a1=ok")
			r.play(1, 4, 1, "a2")
			return r
		}, "about 3m left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := test.run()
			if got := r.s.LeftText(r.now); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestRows lays out a board in every way.
func TestRows(t *testing.T) {
	r := newScript("web1", "web2", "web3", "db1")
	r.step("one", time.Second, "web1=ok", "web2=ok", "web3=changed", "db1=unreachable")
	show := func(l Layout) string {
		var parts []string
		for _, row := range Rows(r.s.Hosts, l) {
			if row.Heading != "" {
				parts = append(parts, row.Heading+":")
				continue
			}
			parts = append(parts, rowName(row, 40))
		}
		return strings.Join(parts, " | ")
	}
	tests := []struct {
		layout Layout
		want   string
	}{
		{Layout{Grouping: ByNothing}, "web1 | web2 | web3 | db1"},
		{Layout{Grouping: ByNothing, Fold: true}, "2: web1,web2 | web3 | db1"},
		{Layout{Grouping: ByStatus}, "unreachable: | db1 | changed: | web3 | ok: | web1 | web2"},
		{Layout{Grouping: ByGroup, Fold: true}, "web: | 2: web1,web2 | web3 | db: | db1"},
		{Layout{Grouping: ByNothing, Filter: "WEB ok"}, "web1 | web2"},
		{Layout{Grouping: ByNothing, Filter: "unreach"}, "db1"},
		{Layout{Grouping: ByNothing, Only: map[string]bool{"web3": true}}, "web3"},
		{Layout{Filter: "nobody"}, ""},
	}
	for _, test := range tests {
		if got := show(test.layout); got != test.want {
			t.Errorf("%+v: %q, want %q", test.layout, got, test.want)
		}
	}
}

// TestSections: a host stands under the smallest of its groups, and does not wait while its first task runs.
func TestSections(t *testing.T) {
	hosts := []*Host{{Name: "a", Status: Waiting, Running: 0, Groups: []string{"all", "lab", "web"}}, {Name: "b", Status: Waiting, Running: -1, Groups: []string{"all", "lab"}}}
	for _, test := range []struct {
		by   Grouping
		want string
	}{{ByStatus, "running waiting"}, {ByGroup, "web lab"}} {
		var got []string
		for _, row := range Rows(hosts, Layout{Grouping: test.by}) {
			if row.Heading != "" {
				got = append(got, row.Heading)
			}
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %s, want %s", test.by, s, test.want)
		}
	}
}

func TestShortList(t *testing.T) {
	tests := []struct {
		names string
		width int
		want  string
	}{
		{"web1 web2 web3 db1", 40, "web[1-3],db1"},
		{"web08 web09 web10 web11", 40, "web[08-11]"},
		{"a b c", 4, "a,b…"},
		{"web1 web3", 40, "web1,web3"},
		{"h99999999999999999999999 h1", 40, "h99999999999999999999999,h1"},
	}
	for _, test := range tests {
		if got := shortList(strings.Fields(test.names), test.width); got != test.want {
			t.Errorf("%s: %q, want %q", test.names, got, test.want)
		}
	}
}

// TestHarmless: nothing that a host says reaches the terminal as a command.
func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                   "plain",
		"\x1b[31mred\x1b[0m":      "red",
		"\x1b]0;title\x07text":    "text",
		"bell\x07 back\x08":       "bell· back·",
		"tab\tstop":               "tab    stop",
		"Grüße \u202egnp.exe":     "Grüße ·gnp.exe",
		"c1 \u009b31m and \u0085": "c1 ·31m and ·",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestOutputShows folds what a running command writes; it goes when the task is over.
func TestOutputShows(t *testing.T) {
	r := newScript("web1")
	r.step("long", time.Second, "web1=")
	r.s.Apply(event.Output{Task: 1, Host: "web1", Text: "one\ntwo \x1b[2J"})
	h := r.s.Host("web1")
	if strings.Join(h.Notes, "|") != "one|two \x1b[2J" {
		t.Errorf("notes %q", h.Notes)
	}
	s := newStage(t, r)
	s.shows("> long: two")
	s.press("enter")
	s.shows("one", "two")
	r.step("next", time.Second, "web1=ok")
	if len(h.Notes) != 0 {
		t.Errorf("notes stay: %q", h.Notes)
	}
}

// TestRollbackShows folds a rollback: letters of tasks, lines of hosts, how hosts stand after it, and what is left.
func TestRollbackShows(t *testing.T) {
	r := newScript("web1", "web2")
	r.step("copy", time.Second, "web1=changed", "web2=changed")
	r.step("bad", time.Second, "web1=failed", "web2=ok")
	r.s.Apply(event.RollbackStart{Run: "r", Play: "Roll out", Hosts: []string{"web1", "web2"}, Reason: "hosts failed"})
	if r.s.Phase != "ROLLING BACK" {
		t.Errorf("phase %q", r.s.Phase)
	}
	r.s.Apply(event.Undone{Host: "web1", Task: 1, Name: "copy", Module: "copy", What: "/etc/x", Status: event.UndoDone})
	r.s.Apply(event.Undone{Host: "web2", Task: 1, Name: "copy", Module: "copy", What: "/etc/x", Status: event.UndoConflict, Msg: "somebody wrote it"})
	r.s.Apply(event.RollbackEnd{Hosts: map[string]event.Left{"web1": {Undone: 1}, "web2": {Conflicts: 1}}, Command: "muster rollback r -l web2"})
	web1, web2 := r.s.Host("web1"), r.s.Host("web2")
	if got := cells(web1) + " " + cells(web2); got != "BF F." {
		t.Errorf("cells %q", got)
	}
	if web1.State() != RolledBack || web2.State() != Failed || !web1.Out() {
		t.Errorf("web1 %v, web2 %v", web1.State(), web2.State())
	}
	if last := web1.Last(); r.s.nameOf(last) != "undo copy /etc/x" {
		t.Errorf("last line %q", r.s.nameOf(last))
	}
	if n := len(r.s.Failures); n != 2 || reason(r.s.Failures[1]) != "somebody wrote it" {
		t.Errorf("%d failures", n)
	}
	if text := r.s.Messages[len(r.s.Messages)-1].Text; r.s.Phase != "" || !strings.Contains(text, "web2; finish with: muster rollback r -l web2") {
		t.Errorf("phase %q, message %q", r.s.Phase, text)
	}
	r.end(6)
	if ended(r.s) != "ROLLED BACK" {
		t.Error(ended(r.s))
	}
}
