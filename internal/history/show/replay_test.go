package show_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/history/show"
)

// told writes events down, a line each.
type told struct{ lines []string }

func (s *told) Handle(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		s.add("run %s", e.Run)
	case event.PlaybookStart:
		s.add("plays %d", e.Plays)
	case event.PlayStart:
		s.add("play %s %d/%d on %v of %d", e.Name, e.Batch+1, e.Of, e.Hosts, e.Total)
	case event.TaskStart:
		s.add("task %d %s %s", e.ID, e.Name, e.Pos)
	case event.TaskResult:
		text, err := json.Marshal(e.Result)
		s.add("%s %s %s %v", e.Host, e.Status, text, err)
	case event.Message:
		s.add("%s: %s", e.Level, e.Text)
	case event.RunEnd:
		s.add("end %d %v", e.Exit, e.Hosts["web1"].OK)
	}
}

func (s *told) add(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// TestReplayOrder puts hosts into the order in which people count.
func TestReplayOrder(t *testing.T) {
	r := show.Report{Run: history.Run{ID: "r1"}, Plays: []history.Play{{ID: 1, Name: "web", Of: 1}}}
	for _, host := range []string{"web10", "db", "web2", "web02", "web", "web1b"} {
		r.Results = append(r.Results, history.Result{Task: 1, Host: host, About: history.Task{ID: 1, Play: 1}})
	}
	s := &told{}
	r.Replay(s)
	if got, want := s.lines[2], "play web 1/1 on [db web web1b web2 web02 web10] of 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReplay tells a run of two batches again: plays with their hosts, tasks, results as tasks returned them.
func TestReplay(t *testing.T) {
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	copied := history.Task{ID: 1, Play: 1, Name: "copy it", Action: "copy", File: "site.yml", Line: 4}
	looped := history.Task{ID: 2, Play: 2, Name: "loop", Action: "file", File: "site.yml", Line: 5}
	r := show.Report{
		Run:   history.Run{ID: "r1", Start: start, End: start.Add(time.Minute), State: history.Finished, Exit: 2},
		Plays: []history.Play{{ID: 1, Name: "web", File: "site.yml", Line: 1, Of: 2, Hosts: 1}, {ID: 2, Name: "web", File: "site.yml", Line: 1, Batch: 1, Of: 2, Hosts: 1}},
		Results: []history.Result{
			{Task: 1, Host: "web1", Status: event.Changed, About: copied, Result: json.RawMessage(`{"changed":true}`), Diff: json.RawMessage(`{"before":"a","after":"b"}`)},
			{Task: 2, Host: "web2", Status: event.Failed, About: looped, Msg: "broken", Result: json.RawMessage(`"left out: 9 bytes"`), Loop: []history.Item{{Item: "x", Status: event.Failed, Msg: "no"}}},
		},
		Recaps:   []history.Recap{{Host: "web1", Counts: event.Counts{OK: 1}}},
		Messages: []history.Message{{Level: "warning", Text: "careful"}},
	}
	s := &told{}
	r.Replay(s)
	want := `run r1
plays 1
warning: careful
play web 1/2 on [web1] of 2
task 1 copy it site.yml:4
web1 changed {"changed":true,"diff":{"after":"b","before":"a"}} <nil>
play web 2/2 on [web2] of 2
task 2 loop site.yml:5
web2 failed {"msg":"broken","results":[{"item":"x","msg":"no"}]} <nil>
end 2 1`
	if got := strings.Join(s.lines, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	r.State = history.Interrupted
	s = &told{}
	r.Replay(s)
	if last := s.lines[len(s.lines)-1]; last != "end 130 1" {
		t.Errorf("an interrupted run ends with %q", last)
	}
}
