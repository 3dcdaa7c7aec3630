package differential

import (
	"flag"
	"maps"
	"os"
	"slices"
	"testing"
)

var (
	cases    = flag.Int("cases", 2000, "how many random cases are compared")
	seed     = flag.Uint64("seed", 1, "where the random cases begin")
	python   = flag.String("python", "/usr/bin/python3", "a Python that has ansible-core 2.14")
	required = flag.Bool("required", false, "fail when there is no ansible-core")
	explain  = flag.String("explain", "", "show every case that this reason accepts, or those that are different as they are")
	shown    = flag.Int("shown", 20, "how many differences are minimised and shown")
)

// TestTemplates compares random texts with what Ansible's templar makes of them.
func TestTemplates(t *testing.T) {
	if err := installed(*python); err != nil {
		if *required {
			t.Fatal(err)
		}
		t.Skipf("NOT RUN: %v", err)
	}
	t.Setenv("TZ", "UTC")
	t.Chdir("testdata")
	variables, err := os.ReadFile("variables.json")
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := startTemplar(t, *python, variables), newOurs(t, variables)
	questions := make([]question, *cases)
	g := newGrammar(*seed)
	for i := range questions {
		questions[i] = g.next()
	}
	go func() {
		for _, q := range questions {
			if theirs.send(q) != nil {
				return // receive tells why
			}
		}
	}()
	type difference struct {
		question
		want, got answer
	}
	var different []difference
	counts, values := map[string]int{}, 0
	for _, q := range questions {
		got := ours.ask(q)
		want, err := theirs.receive()
		if err != nil {
			t.Fatalf("%v\n%s: %s", err, q.Kind, q.Src)
		}
		if want.OK {
			values++
		}
		if want.agrees(got) {
			continue
		}
		if name, ok := accepted(q, want, got); ok {
			if counts[name]++; name == *explain || *explain == "all" {
				t.Logf("%s: %s: %s\n  ansible %s\n  muster  %s", name, q.Kind, q.Src, want, got)
			}
			continue
		}
		if different = append(different, difference{q, want, got}); *explain == "different" {
			t.Logf("%s: %s\n  ansible %s\n  muster  %s", q.Kind, q.Src, want, got)
		}
	}
	for _, d := range different[:min(len(different), *shown)] {
		q := minimise(d.question, func(q question) bool {
			want, err := theirs.ask(q)
			if err != nil {
				t.Fatal(err)
			}
			got := ours.ask(q)
			_, ok := accepted(q, want, got)
			return !ok && want.OK == d.want.OK && want.Err == d.want.Err && got.OK == d.got.OK && got.Err == d.got.Err && !want.agrees(got) &&
				shape(want.Msg) == shape(d.want.Msg)
		})
		want, err := theirs.ask(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s: %s\n  ansible %s\n  muster  %s", q.Kind, q.Src, want, ours.ask(q))
	}
	t.Logf("%d cases, of which %d have a value; %d differ", len(questions), values, len(different))
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("accepted: %s: %d", name, counts[name])
	}
	if n := len(different) - *shown; n > 0 {
		t.Errorf("and %d more", n)
	}
	if values*2 < len(questions) {
		t.Errorf("only %d of %d cases have a value: the grammar makes too little sense", values, len(questions))
	}
}
