package drift

import (
	"fmt"
	"testing"
	"time"
)

// TestOverTime: each span tells the most that was found in it, also of what was put right at once; what nobody looked at in a
// span stays as it was, and a look at some hosts does not hide the others.
func TestOverTime(t *testing.T) {
	s := openStore(t)
	n := 0
	save := func(subject string, after time.Duration, states map[string]State) {
		t.Helper()
		n++
		r := &Report{Run: fmt.Sprint(n), Start: noon.Add(after), End: noon.Add(after)}
		for name, state := range states {
			r.Hosts = append(r.Hosts, Host{Name: name, State: state})
		}
		if err := s.Save(t.Context(), subject, r, nil); err != nil {
			t.Fatal(err)
		}
	}
	save("a", -time.Hour, map[string]State{"x": Drifted, "y": InOrder, "z": Unreachable})
	save("b", 10*time.Minute, map[string]State{"x": Failed, "y": InOrder})
	save("a", 70*time.Minute, map[string]State{"x": InOrder}) // a look at one host
	save("a", 130*time.Minute, map[string]State{"x": Drifted, "y": Drifted, "z": InOrder})
	save("a", 131*time.Minute, map[string]State{"x": InOrder, "y": InOrder})
	got, err := s.OverTime(t.Context(), noon, noon.Add(5*time.Hour), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := []Moment{{noon, 1, 1, 1}, {noon.Add(time.Hour), 0, 1, 1}, {noon.Add(2 * time.Hour), 2, 1, 0}, {noon.Add(3 * time.Hour), 0, 1, 0}, {noon.Add(4 * time.Hour), 0, 1, 0}}
	for i := range want {
		if got[i].Time = got[i].Time.UTC(); got[i] != want[i] {
			t.Errorf("span %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestForgotten: a host that left the inventory is not there any more once all of it was looked at; its past stays.
func TestForgotten(t *testing.T) {
	s := openStore(t)
	save := func(run string, whole bool, names ...string) {
		t.Helper()
		r := &Report{Run: run, Start: noon, End: noon, Whole: whole}
		for _, name := range names {
			r.Hosts = append(r.Hosts, Host{Name: name, State: Unreachable})
		}
		if err := s.Save(t.Context(), "job", r, nil); err != nil {
			t.Fatal(err)
		}
	}
	save("1", true, "a", "b", "c")
	save("2", false, "a")
	if now, err := s.Fleet(t.Context()); err != nil || len(now) != 3 {
		t.Errorf("after a look at one: %v, %v", now, err)
	}
	save("3", true, "a", "c")
	if now, err := s.Fleet(t.Context()); err != nil || len(now) != 2 || now[1].Host != "c" {
		t.Errorf("%v, %v", now, err)
	}
	if past, err := s.Timeline(t.Context(), "b", 10); err != nil || len(past) != 1 {
		t.Errorf("the past: %v, %v", past, err)
	}
}
