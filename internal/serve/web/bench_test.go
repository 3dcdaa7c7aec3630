package web

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/queue"
)

// crowd fills a store with 2,000 hosts and 500,000 results: five runs of fifty tasks, the last of them a run of the daemon.
func crowd(b *testing.B, s *site) (run string) {
	const hosts, tasks, runs = 2000, 50, 5
	for n := range runs {
		id := fmt.Sprintf("r%d", n)
		at := noon.Add(time.Duration(n-runs) * time.Hour)
		rec, err := s.d.History().Begin(context.Background(), history.Run{ID: id, Command: "drift", Check: true, Start: at, Playbooks: []string{"site.yml"}}, nil)
		if err != nil {
			b.Fatal(err)
		}
		counts := map[string]event.Counts{}
		rec.Handle(event.PlayStart{ID: 1, Name: "all"})
		report := &drift.Report{Run: id, Start: at, End: at.Add(time.Minute)}
		for task := 1; task <= tasks; task++ {
			rec.Handle(event.TaskStart{ID: task, Play: 1, Key: fmt.Sprintf("%016x", task), Name: fmt.Sprintf("task %d", task), Action: "copy", Check: true, Time: at})
			for h := range hosts {
				e := event.TaskResult{Task: task, Host: fmt.Sprintf("web%04d", h), Action: "copy", Status: event.OK, Args: "d", Start: at, End: at.Add(time.Millisecond), Result: map[string]any{"changed": false}}
				if h%20 == 0 && task%10 == 0 {
					e.Status, e.Result = event.Changed, map[string]any{"changed": true, "diff": map[string]any{"before": "a\n", "after": "b\n"}}
				}
				rec.Handle(e)
			}
		}
		for h := range hosts {
			name := fmt.Sprintf("web%04d", h)
			counts[name] = event.Counts{OK: tasks}
			host := drift.Host{Name: name, State: drift.InOrder, Assessed: tasks, Assessable: tasks}
			if h%20 == 0 {
				host.State = drift.Drifted
				for task := 10; task <= tasks; task += 10 {
					host.Drift = append(host.Drift, drift.Difference{Key: fmt.Sprintf("%016x", task), Task: fmt.Sprintf("task %d", task), Class: drift.Corrective, Text: "-a\n+b\n"})
				}
			}
			report.Hosts = append(report.Hosts, host)
		}
		rec.Handle(event.RunEnd{Time: at.Add(time.Minute), Hosts: counts})
		if err := rec.Close(); err != nil {
			b.Fatal(err)
		}
		if err := s.d.Reports().Save(context.Background(), "base", report, nil); err != nil {
			b.Fatal(err)
		}
		asked, err := s.d.Ask(context.Background(), serve.Request{Job: "base", Cause: "manual"})
		if err != nil {
			b.Fatal(err)
		}
		claimed, err := s.d.Queue().Claim(context.Background(), "me", noon, time.Minute, 1)
		if err != nil || len(claimed) != 1 {
			b.Fatal(claimed, err)
		}
		claimed[0].Runs = id
		if _, err := s.d.Queue().Finish(context.Background(), claimed[0], queue.Done, 3, noon, nil); err != nil {
			b.Fatal(err)
		}
		run = asked.ID
	}
	return run
}

// BenchmarkPages opens every page over 2,000 hosts and 500,000 results; each has to come in 300 ms.
func BenchmarkPages(b *testing.B) {
	s := newSite(b)
	run := crowd(b, s)
	session, _ := s.enter(b, "ops")
	for _, path := range []string{"/", "/?state=drifted", "/?q=web19&page=1", "/hosts/web0020", "/jobs/base", "/runs", "/runs/" + run, "/schedule", "/api/v1/fleet", "/api/v1/runs/" + run + "/results?limit=200", "/metrics"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if w := s.do("GET", path, "", "Cookie", session); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
