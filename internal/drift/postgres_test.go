//go:build e2e

package drift

import (
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database/pgtest"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
)

// TestPostgres: runs and reports are kept in PostgreSQL as they are in a file.
func TestPostgres(t *testing.T) {
	url := pgtest.Start(t)
	runs, err := history.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer runs.Close()
	rec, err := runs.Begin(t.Context(), history.Run{ID: "r0", Playbooks: []string{"site.yml"}, Start: noon.Add(-time.Hour)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []event.Event{
		event.PlayStart{ID: 1, Name: "all", Hosts: []string{"a"}},
		event.TaskStart{ID: 1, Play: 1, Key: "00000000000000aa", Name: "motd", Action: "copy"},
		event.TaskResult{Task: 1, Host: "a", Action: "copy", Status: event.Changed, Args: "digest", Result: map[string]any{"changed": true, "diff": map[string]any{"before": "", "after": "x"}}},
		event.RunEnd{Time: noon.Add(-time.Hour), Hosts: map[string]event.Counts{"a": {OK: 1, Changed: 1}}},
	} {
		rec.Handle(e)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := runs.Runs(t.Context(), history.Filter{Host: "a", Playbook: "site.yml", Applied: true, Limit: 5})
	if err != nil || len(list) != 1 || list[0].Counts.Changed != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if r, err := runs.Find(t.Context(), "last"); err != nil || r.ID != "r0" {
		t.Errorf("%+v, %v", r, err)
	}
	s, err := OpenStore(t.Context(), runs.Database())
	if err != nil {
		t.Fatal(err)
	}
	c := checkRun(start(1, "00000000000000aa", "copy"), outcome(1, "a", "copy", event.Changed, map[string]any{"changed": true}))
	r := report(t, c, runs)
	if h := host(t, r, "a"); h.Drift[0].Class != Corrective {
		t.Errorf("%+v", h.Drift[0])
	}
	for i, run := range []string{"p1", "p2"} {
		r.Run, r.Start = run, noon.Add(time.Duration(i)*time.Hour)
		if err := s.Save(t.Context(), "job", r, c.Compared()); err != nil {
			t.Fatal(err)
		}
	}
	if d := host(t, r, "a").Drift[0]; d.Seen != 2 || !d.FirstSeen.Equal(noon) || len(r.Trend) != 2 {
		t.Errorf("%+v, %d in the trend", d, len(r.Trend))
	}
	if fleet, err := s.Fleet(t.Context()); err != nil || len(fleet) != 2 {
		t.Errorf("%v, %v", fleet, err)
	}
	if m, err := s.OverTime(t.Context(), noon.Add(-time.Hour), noon.Add(3*time.Hour), 4); err != nil || m[0].Drifted != 0 || m[1].Drifted != 1 || m[3].Drifted != 1 {
		t.Errorf("over time: %+v, %v", m, err)
	}
	if p, err := runs.Prune(t.Context(), history.Limits{Runs: 1}); err != nil || p.Left != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if n, err := runs.Database().Size(t.Context()); err != nil || n == 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
