package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
)

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusOK, "login.html", page{Title: "Log in", Data: map[string]any{"Next": r.FormValue("next"), "None": len(s.d.File().Users) == 0}})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		s.refuse(w, r, false, http.StatusForbidden, "logins come from this page only")
		return
	}
	p, err := s.door.Login(r.PostFormValue("name"), r.PostFormValue("password"))
	if err != nil {
		s.log.Warn("a login failed", "name", r.PostFormValue("name"), "from", r.RemoteAddr, "error", err)
		s.render(w, http.StatusUnauthorized, "login.html", page{Title: "Log in", Data: map[string]any{"Next": r.PostFormValue("next"), "Error": err.Error()}})
		return
	}
	session, expires := s.door.Session(p)
	s.setCookie(w, session, expires)
	s.log.Info("a login", "name", p.Name, "from", r.RemoteAddr)
	http.Redirect(w, r, local(r.PostFormValue("next")), http.StatusSeeOther)
}

// local is a path of this server, whatever was asked for.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return next
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	s.setCookie(w, "", time.Unix(1, 0))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// ask puts a run that a visitor wants into the queue.
func (s *Server) ask(r *http.Request, job, mode, limit string) (queue.Run, error) {
	j := s.d.Job(job)
	switch {
	case j == nil:
		return queue.Run{}, notFound("there is no job %q", job)
	case mode != "" && mode != string(jobfile.Detect) && mode != string(jobfile.Correct) && mode != string(jobfile.Run):
		return queue.Run{}, badRequest("the mode must be detect, correct or run, not %q", mode)
	case mode == string(jobfile.Run) && j.Mode != jobfile.Run:
		return queue.Run{}, badRequest("the job %s looks for drift; it can detect or correct", job)
	case strings.HasPrefix(limit, "@") || strings.ContainsAny(limit, "\n\x00"):
		return queue.Run{}, badRequest("the limit must be a pattern of hosts")
	}
	return s.d.Ask(r.Context(), serve.Request{Job: job, Cause: "manual", By: visitorOf(r).Name, Mode: mode, Limit: limit})
}

func (s *Server) runNow(w http.ResponseWriter, r *http.Request) error {
	run, err := s.ask(r, r.PathValue("job"), r.PostFormValue("mode"), r.PostFormValue("limit"))
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/runs/"+run.ID, http.StatusSeeOther)
	return nil
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := s.d.Cancel(r.Context(), r.PathValue("run"), visitorOf(r).Name); err != nil {
		return err
	}
	http.Redirect(w, r, "/runs/"+r.PathValue("run"), http.StatusSeeOther)
	return nil
}

func (s *Server) rollback(w http.ResponseWriter, r *http.Request) error {
	run, err := s.undo(r, r.PathValue("run"), r.PostFormValue("part"))
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/runs/"+run.ID, http.StatusSeeOther)
	return nil
}

// undo asks for the rollback of what a run changed. part names one of its runs in the run store; "" is the last that was
// no check.
func (s *Server) undo(r *http.Request, id, part string) (queue.Run, error) {
	run, err := s.d.Queue().Get(r.Context(), id)
	if err != nil {
		return queue.Run{}, err
	}
	for _, known := range strings.Fields(run.Runs) {
		h, err := s.d.History().Find(r.Context(), known)
		if err == nil && !h.Check && (part == "" || part == known) {
			return s.d.Ask(r.Context(), serve.Request{
				Job: run.Job, Cause: "manual", By: visitorOf(r).Name, Mode: serve.Rollback, Vars: map[string]any{"run": known},
				Slot: fmt.Sprintf("rollback of %s at %d", known, s.d.Now().Unix()),
			})
		}
	}
	return queue.Run{}, failure{http.StatusConflict, "the run changed nothing that could be rolled back"}
}

// health says whether a new start would help: the process answers, and its work goes on.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.d.Hung() {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the daemon hangs"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether the daemon can work: its store answers and can be written, and its jobs file is in use.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	_, err := s.d.Queue().Open(r.Context())
	if err = errors.Join(err, s.d.Trouble()); err != nil {
		s.log.Error("not ready", "error", err)
		status := "the store does not answer"
		if database.Full(err) {
			status = noSpace
		}
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": status})
		return
	}
	if s.d.Broken() != nil {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "warning": "the jobs file has mistakes; the one before is in use"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}
