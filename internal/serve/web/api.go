package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/jobfile"
)

// apiRoutes are the routes of the API; docs/openapi.yaml describes them.
func (s *Server) apiRoutes() []route {
	return []route{
		{"GET /api/v1/fleet", jobfile.Viewer, true, s.apiFleet},
		{"GET /api/v1/fleet/trend", jobfile.Viewer, true, s.apiFleetTrend},
		{"GET /api/v1/hosts/{host}", jobfile.Viewer, true, s.apiHost},
		{"GET /api/v1/jobs", jobfile.Viewer, true, s.apiJobs},
		{"GET /api/v1/jobs/{job}/trend", jobfile.Viewer, true, s.apiTrend},
		{"POST /api/v1/jobs/{job}/runs", jobfile.Operator, true, s.apiAsk},
		{"GET /api/v1/runs", jobfile.Viewer, true, s.apiRuns},
		{"GET /api/v1/runs/{run}", jobfile.Viewer, true, s.apiRun},
		{"GET /api/v1/runs/{run}/report", jobfile.Viewer, true, s.apiReport},
		{"GET /api/v1/runs/{run}/results", jobfile.Viewer, true, s.apiResults},
		{"POST /api/v1/runs/{run}/cancel", jobfile.Operator, true, s.apiCancel},
		{"POST /api/v1/runs/{run}/rollback", jobfile.Operator, true, s.apiRollback},
		{"POST /api/v1/reload", jobfile.Operator, true, s.apiReload},
		{"GET /metrics", jobfile.Viewer, true, s.metrics},
	}
}

// answer writes what was found, or returns the error.
func answer[T any](w http.ResponseWriter, v T, err error) error {
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

// limit reads how many items are asked for.
func limit(r *http.Request, def, most int) (int, error) {
	text := r.FormValue("limit")
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, badRequest("limit must be a number from 1 to %d", most)
	}
	return n, nil
}

func (s *Server) apiFleet(w http.ResponseWriter, r *http.Request) error {
	all, err := s.d.Reports().Fleet(r.Context())
	return answer(w, all, err)
}

func (s *Server) apiHost(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, 100, 1000)
	if err != nil {
		return err
	}
	name := r.PathValue("host")
	now, err := s.d.Reports().OfHost(r.Context(), name)
	if err != nil {
		return err
	}
	line, err := s.d.Reports().Timeline(r.Context(), name, n)
	if err == nil && len(now)+len(line) == 0 {
		return notFound("nothing is known of a host %q", name)
	}
	return answer(w, map[string]any{"host": name, "now": now, "reports": line}, err)
}

// apiJob is a job as the API shows it.
type apiJob struct {
	Name      string    `json:"name"`
	Mode      string    `json:"mode"`
	Playbooks []string  `json:"playbooks"`
	Schedule  string    `json:"schedule,omitempty"`
	Timezone  string    `json:"timezone,omitempty"`
	Paused    bool      `json:"paused,omitempty"`
	Next      time.Time `json:"next,omitzero"`
	Events    []string  `json:"events,omitempty"`
}

func (s *Server) apiJobs(w http.ResponseWriter, _ *http.Request) error {
	list := []apiJob{}
	for _, j := range s.d.File().Jobs {
		a := apiJob{Name: j.Name, Mode: string(j.Mode), Playbooks: j.Playbooks, Paused: j.Paused, Next: s.next(j), Events: j.Events.Kinds()}
		if j.Schedule != nil {
			a.Schedule, a.Timezone = j.Schedule.String(), j.Schedule.Zone().String()
		}
		list = append(list, a)
	}
	return answer(w, list, nil)
}

func (s *Server) apiTrend(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, 100, 1000)
	if err != nil {
		return err
	}
	points, err := s.d.Reports().Trend(r.Context(), r.PathValue("job"), n)
	return answer(w, points, err)
}

func (s *Server) apiAsk(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Mode  string `json:"mode"`
		Limit string `json:"limit"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil && !errors.Is(err, io.EOF) {
		return badRequest("the body must be JSON with mode and limit, both optional: %v", err)
	}
	run, err := s.ask(r, r.PathValue("job"), q.Mode, q.Limit)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/runs/"+run.ID)
	writeJSON(w, http.StatusAccepted, run)
	return nil
}

func (s *Server) apiRuns(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, 100, 1000)
	if err != nil {
		return err
	}
	runs, err := s.d.Queue().Newest(r.Context(), r.FormValue("job"), n)
	return answer(w, runs, err)
}

func (s *Server) apiRun(w http.ResponseWriter, r *http.Request) error {
	run, err := s.d.Queue().Get(r.Context(), r.PathValue("run"))
	return answer(w, run, err)
}

func (s *Server) apiReport(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.d.Queue().Get(r.Context(), r.PathValue("run")); err != nil {
		return err
	}
	o, err := s.d.Outcome(r.PathValue("run"))
	if err == nil && o == nil {
		return notFound("the run made no report")
	}
	return answer(w, o, err)
}

func (s *Server) apiResults(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r, 200, 10000)
	if err != nil {
		return err
	}
	run, err := s.d.Queue().Get(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	out := []history.Result{}
	for _, id := range s.parts(run) {
		list, err := s.d.History().Results(r.Context(), history.ResultFilter{Run: id, Host: r.FormValue("host"), Limit: n - len(out)})
		if err != nil {
			return err
		}
		if out = append(out, list...); len(out) >= n {
			break
		}
	}
	return answer(w, out, nil)
}

func (s *Server) apiCancel(w http.ResponseWriter, r *http.Request) error {
	if err := s.d.Cancel(r.Context(), r.PathValue("run"), visitorOf(r).Name); err != nil {
		return err
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "asked to end"})
	return nil
}

func (s *Server) apiRollback(w http.ResponseWriter, r *http.Request) error {
	run, err := s.undo(r, r.PathValue("run"), r.FormValue("part"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusAccepted, run)
	return nil
}

func (s *Server) apiReload(w http.ResponseWriter, _ *http.Request) error {
	found := s.d.Reload()
	if err := found.Err(); err != nil {
		list := []string{}
		for _, d := range found {
			list = append(list, d.Error())
		}
		writeJSON(w, http.StatusUnprocessableEntity, map[string]any{"error": "the jobs file has mistakes; the one before stays in use", "mistakes": list})
		return nil
	}
	return answer(w, map[string]int{"jobs": len(s.d.File().Jobs)}, nil)
}
