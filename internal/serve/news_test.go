package serve

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
)

func outcome(hosts ...drift.Host) *Outcome { return &Outcome{Report: drift.Report{Hosts: hosts}} }

func drifted(name string, keys ...string) drift.Host {
	h := drift.Host{Name: name, State: drift.Drifted}
	for _, k := range keys {
		h.Drift = append(h.Drift, drift.Difference{Key: k, Task: "task " + k, Class: drift.Corrective})
	}
	return h
}

// putRight is an outcome of a run that found drift and left none.
func putRight(hosts ...drift.Host) *Outcome {
	text := `{"correction": {"hosts": ["a"], "after": {}}}`
	o := outcome()
	if err := json.Unmarshal([]byte(text), o); err != nil {
		panic(err)
	}
	o.Report.Hosts = hosts
	return o
}

// TestJudge: the same trouble has the same digest whatever its values are, another trouble another.
func TestJudge(t *testing.T) {
	seen := map[string]string{}
	for _, c := range []struct {
		about string
		exit  int
		o     *Outcome
		kind  jobfile.News
		like  string // has the same digest as
	}{
		{"fine", 0, outcome(), "", ""},
		{"one host", 3, outcome(drifted("a", "1")), jobfile.NewsDrift, ""},
		{"the same", 3, outcome(drifted("a", "1"), drift.Host{Name: "b", State: drift.InOrder}), jobfile.NewsDrift, "one host"},
		{"another task", 3, outcome(drifted("a", "2")), jobfile.NewsDrift, ""},
		{"another host", 3, outcome(drifted("b", "1")), jobfile.NewsDrift, ""},
		{"gone", 4, outcome(drift.Host{Name: "a", State: drift.Unreachable, Problem: "x"}), jobfile.NewsFailure, ""},
		{"still gone", 4, outcome(drift.Host{Name: "a", State: drift.Unreachable, Problem: "y"}), jobfile.NewsFailure, "gone"},
		{"put right", 0, putRight(drifted("a", "1")), "", ""},
		{"put right again", 0, putRight(drifted("a", "1")), "", "put right"},
		{"another one put right", 0, putRight(drifted("b", "1")), "", ""},
		{"no report", 1, nil, jobfile.NewsFailure, ""},
	} {
		kind, digest := judge(c.exit, c.o)
		if kind != c.kind {
			t.Errorf("%s: %s", c.about, kind)
		}
		if c.like != "" {
			if digest != seen[c.like] {
				t.Errorf("%s differs from %s", c.about, c.like)
			}
			continue
		}
		for about, other := range seen {
			if digest == other {
				t.Errorf("%s is like %s", c.about, about)
			}
		}
		seen[c.about] = digest
	}
}

func TestWords(t *testing.T) {
	o := outcome(drifted("a", "1"), drift.Host{Name: "b", State: drift.Unreachable, Problem: "no route\nmore"})
	o.Summary = drift.Summary{Drifted: 1, Unreachable: 1, Corrective: 1}
	subject, text := words(News{Job: "base", Kind: jobfile.NewsDrift, Exit: 3}, queue.Run{}, o)
	if subject != "base: 1 drifted host, 1 corrective, 0 intended, 0 unknown" || text != "a: drifted\n  corrective: task 1\nb: unreachable: no route\n" {
		t.Errorf("%q\n%s", subject, text)
	}
	failed := putRight(drifted("a", "1"))
	failed.Correction.Exit = 6
	if subject, _ = words(News{Job: "base", Kind: jobfile.NewsFailure, Exit: 6}, queue.Run{}, failed); subject != "base: the correction of 1 host failed and was rolled back" {
		t.Errorf("%q", subject)
	}
	if subject, text = words(News{Job: "base", Kind: jobfile.NewsFailure, Exit: 1}, queue.Run{Note: "no inventory"}, nil); !strings.Contains(subject, "exit code 1") || text != "no inventory\n" {
		t.Errorf("%q %q", subject, text)
	}
}
