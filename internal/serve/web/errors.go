package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/queue"
)

// noSpace is what people are told while the disk is full.
const noSpace = "there is no space left on the disk of the daemon's store; nothing was recorded, and nothing will be until there is some"

// failure is an error that says which answer it is.
type failure struct {
	status int
	text   string
}

// Error returns the text.
func (f failure) Error() string { return f.text }

func badRequest(format string, args ...any) error {
	return failure{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return failure{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// statusOf is the answer to an error. What went wrong inside stays in the log.
func statusOf(err error) (int, string) {
	var f failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f.status, f.text
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("at most %d bytes", tooLarge.Limit)
	case errors.Is(err, queue.ErrNoRun), errors.Is(err, history.ErrNoRun), errors.Is(err, drift.ErrNoReport):
		return http.StatusNotFound, err.Error()
	case errors.Is(err, serve.ErrTwice), errors.Is(err, queue.ErrOver):
		return http.StatusConflict, err.Error()
	case database.Full(err):
		return http.StatusInsufficientStorage, noSpace
	}
	return http.StatusInternalServerError, "something went wrong; the log of the daemon says what"
}

// nothing answers where there is no page and no part of the API.
func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	api := strings.HasPrefix(r.URL.Path, "/api/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.refuse(w, r, api, http.StatusNotFound, fmt.Sprintf("nothing takes %s %s", r.Method, r.URL.Path))
		return
	}
	s.refuse(w, r, api, http.StatusNotFound, fmt.Sprintf("there is no page %s", r.URL.Path))
}

// refuse answers with an error, as JSON or as a page.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, api bool, status int, text string) {
	if api {
		writeJSON(w, status, map[string]string{"error": text})
		return
	}
	p := page{Title: http.StatusText(status), Data: text}
	if v, ok := s.known(r); ok {
		p.Person, p.Form = v.Person, s.door.FormToken(v.session)
	}
	s.render(w, status, "error.html", p)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // a reader who left needs no answer
}
