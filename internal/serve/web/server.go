// Package web is what the daemon shows and takes over HTTP: the dashboard, the API, events from outside, metrics and
// health. Pages are complete without JavaScript; with it they follow what happens.
package web

import (
	"context"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift/show"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/access"
	"github.com/musterhq/muster/internal/serve/jobfile"
)

//go:embed assets
var assets embed.FS

// Server answers requests. It is an http.Handler and may be used concurrently.
type Server struct {
	d       *serve.Daemon
	door    *access.Door
	log     *slog.Logger
	version string
	secure  bool // cookies travel over TLS only
	pages   *template.Template
	mux     *http.ServeMux
	routes  []route
}

// route is a path of the server and who may use it.
type route struct {
	pattern string // as http.ServeMux takes it
	role    jobfile.Role
	api     bool
	handler func(http.ResponseWriter, *http.Request) error
}

// Options say how the server works.
type Options struct {
	Daemon  *serve.Daemon
	Log     *slog.Logger
	Version string
	Secure  bool // the dashboard is reached over TLS, here or at a proxy
}

// New makes a server.
func New(ctx context.Context, o Options) (*Server, error) {
	secret, err := o.Daemon.Queue().Secret(ctx, "sessions")
	if err != nil {
		return nil, err
	}
	s := &Server{
		d: o.Daemon, door: &access.Door{File: o.Daemon.File, Secret: []byte(secret), Now: o.Daemon.Now}, log: o.Log, version: o.Version, secure: o.Secure,
		mux: http.NewServeMux(),
	}
	if s.pages, err = template.New("").Funcs(show.Funcs()).Funcs(s.funcs()).ParseFS(assets, "assets/*.html"); err != nil {
		return nil, err
	}
	s.routes = append(s.pageRoutes(), s.apiRoutes()...)
	for _, r := range s.routes {
		s.mux.Handle(r.pattern, s.guarded(r))
	}
	static, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	s.mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(staticOnly{static})))
	s.mux.HandleFunc("GET /static/style.css", s.style)
	s.mux.HandleFunc("/", s.nothing)
	s.mux.HandleFunc("GET /login", s.loginPage)
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("POST /hooks/{job}", s.webhook)
	s.mux.HandleFunc("POST /phone-home/{job}", s.phoneHome)
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /readyz", s.ready)
	return s, nil
}

// staticOnly hides the templates.
type staticOnly struct{ fs.FS }

// Open opens a script or a picture.
func (f staticOnly) Open(name string) (fs.File, error) {
	if ext := path.Ext(name); ext != ".js" && ext != ".svg" {
		return nil, fs.ErrNotExist
	}
	return f.FS.Open(name)
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// maxBody bounds what somebody may send, in bytes.
const maxBody = 1 << 20

// cookie is the name of the session's cookie.
const cookie = "muster_session"

type visitorKey struct{}

// visitor is who asks, and how they are known.
type visitor struct {
	access.Person
	session string // "" for a token
}

func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// known says who sends a request.
func (s *Server) known(r *http.Request) (visitor, bool) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		p, ok := s.door.Token(token)
		return visitor{Person: p}, ok
	}
	c, err := r.Cookie(cookie)
	if err != nil {
		return visitor{}, false
	}
	p, ok := s.door.Known(c.Value)
	return visitor{p, c.Value}, ok
}

// guarded lets those through who may use a route, and turns errors into answers.
func (s *Server) guarded(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.known(r)
		switch {
		case !ok && rt.api:
			s.refuse(w, r, rt.api, http.StatusUnauthorized, "log in, or send a token: Authorization: Bearer TOKEN")
			return
		case !ok:
			http.Redirect(w, r, "/login?next="+template.URLQueryEscaper(r.URL.RequestURI()), http.StatusSeeOther)
			return
		case !v.May(rt.role):
			s.refuse(w, r, rt.api, http.StatusForbidden, "this takes the role "+string(rt.role)+"; "+v.Name+" is "+string(v.Role))
			return
		case r.Method != http.MethodGet && v.session != "" && !s.door.FormFits(v.session, formToken(r)):
			s.refuse(w, r, rt.api, http.StatusForbidden, "the form did not come from this page; load it again")
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		err := rt.handler(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
		if err != nil {
			status, text := statusOf(err)
			if status == http.StatusInternalServerError {
				s.log.Error("a request failed", "path", r.URL.Path, "error", err)
			}
			s.refuse(w, r, rt.api, status, text)
		}
	})
}

// formToken is what a form or a script sends along.
func formToken(r *http.Request) string {
	if t := r.Header.Get("X-Form-Token"); t != "" {
		return t
	}
	return r.PostFormValue("form_token")
}

// setCookie starts or ends a session.
func (s *Server) setCookie(w http.ResponseWriter, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: value, Path: "/", Expires: expires, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

func (s *Server) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	own, err := assets.ReadFile("assets/style.css")
	if err != nil {
		s.log.Error("style", "error", err)
	}
	_, _ = w.Write(append([]byte(show.Style()), own...)) // a reader who left needs no style
}
