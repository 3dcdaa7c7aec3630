package drift

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database"
)

func openStore(t *testing.T) *Store {
	t.Helper()
	db, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := OpenStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// save keeps a report on host a in which the task k was compared, and differs or not.
func save(t *testing.T, s *Store, run string, at time.Time, differs bool) *Report {
	t.Helper()
	h := Host{Name: "a", State: InOrder, Assessed: 1, Assessable: 1}
	if differs {
		h.State, h.Drift = Drifted, []Difference{{Key: "k", Item: "i", Class: Corrective, Attributes: []Attribute{{Name: "mode", Before: "0600", Wanted: "0644"}}}}
	}
	r := &Report{Version: Version, Run: run, Start: at, End: at.Add(time.Second), Hosts: []Host{h}}
	r.summarize()
	if err := s.Save(t.Context(), "job", r, map[string][]string{"a": {"k"}}); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEpisodes: first seen, how often, and that something comes and goes.
func TestEpisodes(t *testing.T) {
	s := openStore(t)
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	d := save(t, s, "r1", at(0), true).Hosts[0].Drift[0]
	if !d.FirstSeen.Equal(at(0)) || d.Seen != 1 || d.Episodes != 1 || d.Flapping {
		t.Errorf("at first: %+v", d)
	}
	d = save(t, s, "r2", at(1), true).Hosts[0].Drift[0]
	if !d.FirstSeen.Equal(at(0)) || d.Seen != 2 || d.Episodes != 1 {
		t.Errorf("again: %+v", d)
	}
	save(t, s, "r3", at(2), false)
	d = save(t, s, "r4", at(3), true).Hosts[0].Drift[0]
	if !d.FirstSeen.Equal(at(3)) || d.Seen != 1 || d.Episodes != 2 || d.Flapping {
		t.Errorf("a second time: %+v", d)
	}
	save(t, s, "r5", at(4), false)
	r := save(t, s, "r6", at(5), true)
	if d = r.Hosts[0].Drift[0]; d.Episodes != 3 || !d.Flapping {
		t.Errorf("a third time: %+v", d)
	}
	if len(r.Trend) != 6 || r.Trend[0].Run != "r1" || r.Trend[2].Summary.Drifted != 0 || r.Trend[5].Summary.Corrective != 1 {
		t.Errorf("trend: %+v", r.Trend)
	}
	save(t, s, "r7", at(6), false)
	d = save(t, s, "r8", at(5).Add(flappingWithin+time.Hour), true).Hosts[0].Drift[0]
	if d.Episodes != 1 || d.Flapping {
		t.Errorf("long after: %+v", d)
	}
}

// TestUnreachableSettlesNothing: what was not compared is not over.
func TestUnreachableSettlesNothing(t *testing.T) {
	s := openStore(t)
	save(t, s, "r1", noon, true)
	gone := &Report{Run: "r2", Start: noon.Add(time.Hour), Hosts: []Host{{Name: "a", State: Unreachable}}}
	if err := s.Save(t.Context(), "job", gone, map[string][]string{}); err != nil {
		t.Fatal(err)
	}
	d := save(t, s, "r3", noon.Add(2*time.Hour), true).Hosts[0].Drift[0]
	if !d.FirstSeen.Equal(noon) || d.Seen != 2 {
		t.Errorf("%+v", d)
	}
}

func TestFleet(t *testing.T) {
	s := openStore(t)
	save(t, s, "r1", noon, true)
	save(t, s, "r2", noon.Add(time.Hour), true)
	fleet, err := s.Fleet(t.Context())
	if err != nil || len(fleet) != 1 {
		t.Fatalf("%v, %v", fleet, err)
	}
	if n := fleet[0]; n.Run != "r2" || !n.Since.Equal(noon) || n.State != Drifted || n.Corrective != 1 || n.Subject != "job" {
		t.Errorf("%+v", n)
	}
	line, err := s.Timeline(t.Context(), "a", 10)
	if err != nil || len(line) != 2 || line[0].Run != "r2" {
		t.Errorf("%v, %v", line, err)
	}
	r, subject, err := s.Load(t.Context(), "r1")
	if err != nil || subject != "job" || r.Hosts[0].Drift[0].Attributes[0].Wanted != "0644" || r.Summary.Drifted != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := s.Prune(t.Context(), "job", noon.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(t.Context(), "r1"); err != ErrNoReport {
		t.Errorf("after pruning: %v", err)
	}
	if _, _, err := s.Load(t.Context(), "r2"); err != nil {
		t.Errorf("after pruning: %v", err)
	}
}
