package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/drift/show"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/access"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
)

// page is what every template sees.
type page struct {
	Title   string
	Person  access.Person
	Form    string // token of forms
	Version string
	Broken  error  // the jobs file that is there is not in use
	Zone    string // of the times that are shown
	Page    string // the template's name
	Going   bool   // what is shown goes on: without JavaScript the page is loaded again
	Data    any
}

// May says whether the person may do what operators may.
func (p page) May() bool { return p.Person.May(jobfile.Operator) }

func (s *Server) funcs() template.FuncMap {
	now := s.d.Now
	return template.FuncMap{
		"states": func() []string { return []string{"unreachable", "failed", "drifted", "stale", "in order"} },
		"plural": func(n int, what string) string {
			if n == 1 {
				return "1 " + what
			}
			return fmt.Sprintf("%d %ss", n, what)
		},
		"trenddays": func() []int { return trendDays },
		"stale":     s.stale,
		"add":       func(a, b int) int { return a + b },
		"count":     func(m map[event.Status]int, s string) int { return m[event.Status(s)] },
		"ago": func(t time.Time) string {
			if t.IsZero() {
				return "never"
			}
			return show.Ago(now().Sub(t))
		},
		"clock": func(t time.Time) string {
			if t.IsZero() {
				return "–"
			}
			return t.Local().Format("2006-01-02 15:04:05")
		},
		"took": func(a, b time.Time) string {
			if a.IsZero() || b.IsZero() {
				return ""
			}
			return b.Sub(a).Round(10 * time.Millisecond).String()
		},
		"result": resultClass, "verdict": verdict, "stateclass": func(s string) string { return show.Class(drift.State(s)) },
		"text": func(raw []byte) string { return string(raw) },
		"number": func(n int) template.HTML {
			if n == 0 {
				return `<span class="quiet">0</span>`
			}
			return template.HTML(strconv.Itoa(n)) //nolint:gosec // digits
		},
	}
}

// resultClass is the colour of a task's outcome.
func resultClass(s event.Status) string {
	switch s {
	case event.Changed:
		return "drift"
	case event.Failed:
		return "bad"
	case event.Unreachable:
		return "gone"
	case event.Skipped:
		return "stale"
	}
	return "ok"
}

// verdict is a run's outcome: a class and a word.
func verdict(r queue.Run) [2]string {
	word := serve.OutcomeOf(r)
	if r.Stopping() {
		word = "stopping"
	}
	switch word {
	case "waiting", "running", "stopping":
		return [2]string{"run", word}
	case "in order":
		return [2]string{"ok", word}
	case "drifted":
		return [2]string{"drift", word}
	case "unreachable":
		return [2]string{"gone", word}
	case "skipped", "cancelled":
		return [2]string{"stale", word}
	}
	return [2]string{"bad", word}
}

func (s *Server) render(w http.ResponseWriter, status int, name string, p page) {
	p.Version, p.Broken, p.Zone, p.Page = s.version, s.d.Broken(), s.d.Now().Local().Format("MST"), strings.TrimSuffix(name, ".html")
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, p); err != nil {
		s.log.Error("a page cannot be shown", "page", name, "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader who left needs no page
}

// show renders a page for the visitor of a request.
func (s *Server) show(w http.ResponseWriter, r *http.Request, name, title string, data any) error {
	v := visitorOf(r)
	s.render(w, http.StatusOK, name, page{Title: title, Person: v.Person, Form: s.door.FormToken(v.session), Data: data})
	return nil
}

func (s *Server) pageRoutes() []route {
	return []route{
		{"GET /{$}", jobfile.Viewer, false, s.fleet},
		{"GET /hosts/{host}", jobfile.Viewer, false, s.host},
		{"GET /jobs/{job}", jobfile.Viewer, false, s.job},
		{"GET /runs", jobfile.Viewer, false, s.runs},
		{"GET /runs/{run}", jobfile.Viewer, false, s.run},
		{"GET /schedule", jobfile.Viewer, false, s.schedule},
		{"GET /live", jobfile.Viewer, true, s.live},
		{"POST /logout", jobfile.Viewer, false, s.logout},
		{"POST /jobs/{job}/run", jobfile.Operator, false, s.runNow},
		{"POST /runs/{run}/cancel", jobfile.Operator, false, s.cancel},
		{"POST /runs/{run}/rollback", jobfile.Operator, false, s.rollback},
	}
}

// hostsPerPage is how many hosts the overview shows at once.
const hostsPerPage = 200

// fleetRow is a host in the overview.
type fleetRow struct {
	Host  string
	Cells []*drift.Now // by job; nil where the job never looked at the host
	Worst int
}

// fleetData is the overview: hosts by jobs.
type fleetData struct {
	Jobs          []string
	Rows          []fleetRow
	Counts        map[string]int
	Bar, Trend    template.HTML
	Days          int // of the trend
	State, Search string
	Page, Pages   int
	Total         int
}

// worst orders states: what needs people first.
func (s *Server) worst(n *drift.Now) int {
	switch {
	case n == nil:
		return 0
	case n.State == drift.Unreachable:
		return 4
	case n.State == drift.Failed:
		return 3
	case n.State == drift.Drifted:
		return 2
	case s.stale(n):
		return 1
	}
	return 0
}

// stale reports that a job has not looked at a host for more than three of its turns.
func (s *Server) stale(n *drift.Now) bool {
	j := s.d.Job(n.Subject)
	if j == nil || j.Schedule == nil || j.Paused {
		return false
	}
	next := j.Schedule.Next(n.Time)
	for range 2 {
		next = j.Schedule.Next(next)
	}
	return !next.IsZero() && s.d.Now().After(next.Add(j.Jitter))
}

func (s *Server) fleet(w http.ResponseWriter, r *http.Request) error {
	all, err := s.d.Reports().Fleet(r.Context())
	if err != nil {
		return err
	}
	data := fleetData{State: r.FormValue("state"), Search: strings.TrimSpace(r.FormValue("q")), Counts: map[string]int{}}
	data.Page, _ = strconv.Atoi(r.FormValue("page")) //nolint:errcheck // what is no number is the first page
	s.fillFleet(&data, all)
	moments, err := s.overTime(r, &data.Days)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		data.Trend = show.OverTime(900, 140, moments)
	}
	return s.show(w, r, "fleet.html", "Fleet", data)
}

func (s *Server) host(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("host")
	now, err := s.d.Reports().OfHost(r.Context(), name)
	if err != nil {
		return err
	}
	line, err := s.d.Reports().Timeline(r.Context(), name, 100)
	if err != nil {
		return err
	}
	did, err := s.d.History().Timeline(r.Context(), name, false, 100)
	if err != nil {
		return err
	}
	if len(now)+len(line)+len(did) == 0 {
		return notFound("nothing is known of a host %q", name)
	}
	var drifts []drift.Host
	for _, n := range now {
		h, err := s.d.Reports().HostReport(r.Context(), n.Run, name)
		if err != nil {
			return err
		}
		drifts = append(drifts, h)
	}
	return s.show(w, r, "host.html", name, map[string]any{"Host": name, "Now": now, "Line": line, "Did": did, "Drifts": drifts})
}

func (s *Server) job(w http.ResponseWriter, r *http.Request) error {
	j := s.d.Job(r.PathValue("job"))
	if j == nil {
		return notFound("there is no job %q", r.PathValue("job"))
	}
	runs, err := s.d.Queue().Newest(r.Context(), j.Name, 50)
	if err != nil {
		return err
	}
	trend, err := s.d.Reports().Trend(r.Context(), j.Name, 90)
	if err != nil {
		return err
	}
	data := map[string]any{"Job": j, "Runs": runs, "Next": s.next(j)}
	if len(trend) > 1 {
		data["Trend"] = show.Trend(900, 160, trend, func(drift.Point) string { return "" })
	}
	return s.show(w, r, "job.html", j.Name, data)
}

// next is when a job is due next; the zero time when nobody knows.
func (s *Server) next(j *jobfile.Job) time.Time {
	if j.Schedule == nil || j.Paused {
		return time.Time{}
	}
	return j.Schedule.Next(s.d.Now())
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request) error {
	runs, err := s.d.Queue().Newest(r.Context(), "", 200)
	if err != nil {
		return err
	}
	return s.show(w, r, "runs.html", "Runs", runs)
}

// runPart is one run of the run store that belongs to a run of the daemon.
type runPart struct {
	history.Run
	Tasks   []history.Outcome
	Results []history.Result
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) error {
	run, err := s.d.Queue().Get(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	var parts []runPart
	for _, id := range s.parts(run) {
		p, err := s.part(r, id)
		if err != nil {
			continue // it was pruned
		}
		parts = append(parts, p)
	}
	outcome, err := s.d.Outcome(run.ID)
	if err != nil {
		return err
	}
	v := visitorOf(r)
	s.render(w, http.StatusOK, "run.html", page{
		Title: "Run of " + run.Job, Person: v.Person, Form: s.door.FormToken(v.session), Going: run.State == queue.Waiting || run.State == queue.Running,
		Data: map[string]any{"Run": run, "Parts": parts, "Outcome": outcome, "Job": s.d.Job(run.Job)},
	})
	return nil
}

// parts are the runs of the run store that belong to a run of the daemon.
func (s *Server) parts(run queue.Run) []string {
	if run.State == queue.Running {
		return s.d.Begun(run.ID)
	}
	return strings.Fields(run.Runs)
}

func (s *Server) part(r *http.Request, id string) (p runPart, err error) {
	if p.Run, err = s.d.History().Find(r.Context(), id); err != nil {
		return p, err
	}
	if p.Tasks, err = s.d.History().Outcomes(r.Context(), id); err != nil {
		return p, err
	}
	p.Results, err = s.d.History().Results(r.Context(), history.ResultFilter{Run: id, Statuses: []event.Status{event.Changed, event.Failed, event.Unreachable}, Limit: 200})
	return p, err
}
