package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
)

// scheduled is a job in the schedule.
type scheduled struct {
	Job    *jobfile.Job
	Next   time.Time
	Last   *queue.Run
	Events []source
}

// source is an event that starts a job.
type source struct {
	Kind    string
	About   string
	Looked  time.Time // last, of what is watched
	Trouble string    // why the last look saw nothing
}

func (s *Server) schedule(w http.ResponseWriter, r *http.Request) error {
	watches, err := s.watches(r.Context())
	if err != nil {
		return err
	}
	var list []scheduled
	for _, j := range s.d.File().Jobs {
		item := scheduled{Job: j, Next: s.next(j), Events: sources(j)}
		for i, e := range item.Events {
			w := watches[j.Name+"/"+e.Kind]
			item.Events[i].Looked, item.Events[i].Trouble = w.Looked, w.Trouble
		}
		last, err := s.d.Queue().Newest(r.Context(), j.Name, 1)
		if err != nil {
			return err
		}
		if len(last) > 0 {
			item.Last = &last[0]
		}
		list = append(list, item)
	}
	return s.show(w, r, "schedule.html", "Schedule", list)
}

// watches are what daemons watch, by job and kind.
func (s *Server) watches(ctx context.Context) (map[string]queue.Watch, error) {
	list, err := s.d.Queue().Watches(ctx)
	out := make(map[string]queue.Watch, len(list))
	for _, w := range list {
		out[w.Name] = w
	}
	return out, err
}

// sources are the events that start a job.
func sources(j *jobfile.Job) []source {
	var out []source
	add := func(kind, format string, args ...any) {
		out = append(out, source{Kind: kind, About: fmt.Sprintf(format, args...)})
	}
	e := j.Events
	if e.Webhook != nil {
		add("webhook", "/hooks/%s", j.Name)
	}
	if e.PhoneHome != nil {
		add("phone-home", "/phone-home/%s", j.Name)
	}
	if e.Files != nil {
		add("files", "%s", strings.Join(e.Files.Paths, " "))
	}
	if e.Git != nil {
		add("git", "%s %s in %s", e.Git.Remote, e.Git.Branch, e.Git.Dir)
	}
	if p := e.Prometheus; p != nil {
		bounds := ""
		if p.Above != nil {
			bounds += fmt.Sprintf(" > %g", *p.Above)
		}
		if p.Below != nil {
			bounds += fmt.Sprintf(" < %g", *p.Below)
		}
		add("prometheus", "%s%s for %s", p.Query, bounds, p.For)
	}
	return out
}
