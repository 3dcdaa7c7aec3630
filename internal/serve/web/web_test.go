package web

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// site is a server with a store, two users and a job that takes every event. Nothing starts its runs.
type site struct {
	*Server

	now time.Time
	dir string
}

const jobs = `
users:
  ops: {role: operator, password: "%[1]s"}
  guest: {password: "%[1]s"}
tokens:
  ci: {sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}
jobs:
  base: {playbook: site.yml, schedule: "*/10 * * * *", timezone: UTC}
  deploy:
    playbook: site.yml
    mode: run
    rate: 2/1h
    overlap: queue
    missed: all
    on: {webhook: {secret_file: secret}, phone_home: {tokens_file: homes}}
`

func newSite(t testing.TB) *site {
	t.Helper()
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("pw"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	homes := "# a comment\n9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 web* 2027-01-31\n" +
		"60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 web* 2026-01-31\n"
	for name, text := range map[string]string{"jobs.yaml": fmt.Sprintf(jobs, hash), "site.yml": "", "secret": "s3cret\n", "homes": homes} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, found := jobfile.Load(filepath.Join(dir, "jobs.yaml"))
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	store, err := history.Open(t.Context(), filepath.Join(dir, "m.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &site{now: noon, dir: dir}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d, err := serve.New(t.Context(), serve.Options{File: f, History: store, State: filepath.Join(dir, "state"), Log: log, Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	if s.Server, err = New(t.Context(), Options{Daemon: d, Log: log, Version: "test"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// do sends a request; head are headers in pairs.
func (s *site) do(method, path, body string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// enter logs somebody in and returns the cookie and the token of forms.
func (s *site) enter(t testing.TB, name string) (session, form string) {
	t.Helper()
	w := s.do("POST", "/login", url.Values{"name": {name}, "password": {"pw"}, "next": {"/runs"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs" {
		t.Fatalf("login: %d %s", w.Code, w.Body)
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie: %+v", c)
	}
	return cookie + "=" + c.Value, s.door.FormToken(c.Value)
}

const form = "application/x-www-form-urlencoded"

// TestWhoMayDoWhat walks over every route as nobody, a viewer and an operator.
func TestWhoMayDoWhat(t *testing.T) {
	s := newSite(t)
	viewer, viewerForm := s.enter(t, "guest")
	for _, rt := range s.routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		if path == "/live" {
			continue // it goes on until the visitor leaves
		}
		path = strings.NewReplacer("{$}", "", "{job}", "base", "{run}", "none", "{host}", "none").Replace(path)
		w := s.do(method, path, "")
		if rt.api && w.Code != http.StatusUnauthorized || !rt.api && w.Code != http.StatusSeeOther {
			t.Errorf("%s as nobody: %d", rt.pattern, w.Code)
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: no policy", rt.pattern)
		}
		w = s.do(method, path, "", "Cookie", viewer, "X-Form-Token", viewerForm)
		if refused := w.Code == http.StatusForbidden; refused != (rt.role == jobfile.Operator) {
			t.Errorf("%s as a viewer: %d", rt.pattern, w.Code)
		}
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s: %s", rt.pattern, w.Body)
		}
		if w = s.do(method, path, "", "Authorization", "Bearer wrong"); w.Code < 300 {
			t.Errorf("%s with a wrong token: %d", rt.pattern, w.Code)
		}
	}
	if w := s.do("GET", "/api/v1/jobs", "", "Authorization", "Bearer test"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"next": "2026-11-26T12:10:00Z"`) {
		t.Errorf("with a token: %d %s", w.Code, w.Body)
	}
}

// TestForms: an action needs the token of its page, and then does what it says.
func TestForms(t *testing.T) {
	s := newSite(t)
	ops, token := s.enter(t, "ops")
	if w := s.do("POST", "/jobs/base/run", "mode=detect", "Cookie", ops, "Content-Type", form); w.Code != http.StatusForbidden {
		t.Errorf("without a token: %d", w.Code)
	}
	w := s.do("POST", "/jobs/base/run", url.Values{"mode": {"correct"}, "limit": {"web1"}, "form_token": {token}}.Encode(), "Cookie", ops, "Content-Type", form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("run now: %d %s", w.Code, w.Body)
	}
	run, err := s.d.Queue().Get(t.Context(), strings.TrimPrefix(w.Header().Get("Location"), "/runs/"))
	if err != nil || run.By != "ops" || run.Mode != "correct" || run.Limit != "web1" || run.State != "waiting" {
		t.Errorf("%+v, %v", run, err)
	}
	if w := s.do("GET", "/runs/"+run.ID, "", "Cookie", ops); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Cancel") {
		t.Errorf("the page of the run: %d", w.Code)
	}
	if w := s.do("POST", "/runs/"+run.ID+"/cancel", "", "Cookie", ops, "X-Form-Token", token); w.Code != http.StatusSeeOther {
		t.Errorf("cancel: %d %s", w.Code, w.Body)
	}
	if run, _ = s.d.Queue().Get(t.Context(), run.ID); run.State != "skipped" || run.Note != "cancelled by ops" {
		t.Errorf("%+v", run)
	}
	for _, bad := range []string{`{"mode":"run"}`, `{"mode":"x"}`, `{"limit":"@/etc/passwd"}`, `{"unknown":1}`, `[`} {
		if w := s.do("POST", "/api/v1/jobs/base/runs", bad, "Cookie", ops, "X-Form-Token", token); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	if w := s.do("POST", "/login", "name=ops&password=wrong", "Content-Type", form); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) > 0 {
		t.Errorf("a wrong password: %d", w.Code)
	}
	for next, want := range map[string]string{"/runs?a=b": "/runs?a=b", "//evil": "/", "https://evil": "/", `/\evil`: "/", "": "/"} {
		if got := local(next); got != want {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
}

// TestNothingThere: what does not exist is said as a page with the way back, or as JSON; a run that goes on is loaded again
// where there is no JavaScript.
func TestNothingThere(t *testing.T) {
	s := newSite(t)
	ops, token := s.enter(t, "ops")
	w := s.do("GET", "/nowhere", "", "Cookie", ops)
	if body := w.Body.String(); w.Code != http.StatusNotFound || !strings.Contains(body, "there is no page /nowhere") || !strings.Contains(body, "ops (operator)") ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("a page: %d %s", w.Code, body)
	}
	if w := s.do("GET", "/nowhere", ""); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "Schedule") {
		t.Errorf("a page for nobody: %d", w.Code)
	}
	if w := s.do("PUT", "/api/v1/jobs", ""); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"error": "nothing takes PUT /api/v1/jobs"`) {
		t.Errorf("the API: %d %s", w.Code, w.Body)
	}
	w = s.do("POST", "/jobs/base/run", "", "Cookie", ops, "X-Form-Token", token)
	if w = s.do("GET", w.Header().Get("Location"), "", "Cookie", ops); !strings.Contains(w.Body.String(), `<noscript><meta http-equiv="refresh"`) {
		t.Error("the page of a run that waits stays as it is without JavaScript")
	}
}

// TestWebhook: what is signed and new starts a run, and nothing else does.
func TestWebhook(t *testing.T) {
	s := newSite(t)
	send := func(secret, body string, at time.Time) *httptest.ResponseRecorder {
		stamp := fmt.Sprint(at.Unix())
		return s.do("POST", "/hooks/deploy", body, "X-Muster-Timestamp", stamp, "X-Muster-Signature", notify.Sign([]byte(secret), stamp, []byte(body)))
	}
	body := `{"ref":"{{ lookup('pipe','id') }}","n":1}`
	w := send("s3cret", body, noon)
	if w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	runs, _ := s.d.Queue().Newest(t.Context(), "deploy", 10)
	if len(runs) != 1 || runs[0].Cause != "webhook" || runs[0].Vars != `{"event":{"n":1,"ref":"{{ lookup('pipe','id') }}"}}` {
		t.Errorf("%+v", runs)
	}
	for _, c := range []struct {
		about string
		w     *httptest.ResponseRecorder
		code  int
		says  string
	}{
		{"a replay", send("s3cret", body, noon), http.StatusConflict, "sent before"},
		{"a wrong secret", send("wrong", body, noon), http.StatusUnauthorized, "the signature is wrong"},
		{"an old one", send("s3cret", body, noon.Add(-time.Hour)), http.StatusUnauthorized, "signed 1h0m0s from now; at most 5m0s"},
		{"no signature", s.do("POST", "/hooks/deploy", body), http.StatusUnauthorized, "the request is not signed"},
		{"no JSON", send("s3cret", "ref=x", noon), http.StatusBadRequest, "must be JSON"},
		{"a job without one", s.do("POST", "/hooks/base", body), http.StatusNotFound, "no job of that name takes webhooks"},
		{"too large", send("s3cret", strings.Repeat(" ", maxBody+1), noon), http.StatusRequestEntityTooLarge, "at most"},
		{"another", send("s3cret", `{"n":2}`, noon), http.StatusAccepted, "webhook"},
		{"too many", send("s3cret", `{"n":3}`, noon), http.StatusTooManyRequests, "was started 2 times within 1h0m0s"},
	} {
		if c.w.Code != c.code || !strings.Contains(c.w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", c.about, c.w.Code, c.w.Body)
		}
	}
	s.now = noon.Add(2 * time.Hour)
	if w := send("s3cret", body, s.now); w.Code != http.StatusAccepted {
		t.Errorf("two hours later: %d %s", w.Code, w.Body)
	}
}

func TestPhoneHome(t *testing.T) {
	s := newSite(t)
	call := func(token, host string) *httptest.ResponseRecorder {
		return s.do("POST", "/phone-home/deploy", "host="+url.QueryEscape(host), "Content-Type", form, "Authorization", "Bearer "+token)
	}
	for _, c := range []struct {
		token, host string
		code        int
		says        string
	}{
		{"test", "web7", http.StatusAccepted, `"limit": "web7"`},
		{"test", "db1", http.StatusForbidden, "not for a host"},
		{"test", "web1,db1", http.StatusForbidden, "not for a host"},
		{"test", "web*", http.StatusForbidden, "not for a host"},
		{"test2", "web1", http.StatusUnauthorized, "expired"},
		{"other", "web1", http.StatusUnauthorized, "not known"},
		{"", "web1", http.StatusUnauthorized, "send the token"},
	} {
		if w := call(c.token, c.host); w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s for %s: %d %s", c.token, c.host, w.Code, w.Body)
		}
	}
}

func TestMetricsAndHealth(t *testing.T) {
	s := newSite(t)
	report := &drift.Report{Run: "r", Start: noon, End: noon, Hosts: []drift.Host{{Name: "a", State: drift.Unreachable}, {Name: "b", State: drift.InOrder}}}
	if err := s.d.Reports().Save(t.Context(), "base", report, nil); err != nil {
		t.Fatal(err)
	}
	w := s.do("GET", "/metrics", "", "Authorization", "Bearer test")
	for _, want := range []string{`muster_hosts{job="base",state="unreachable"} 1`, `muster_config_ok 1`, `muster_job_next_run_timestamp_seconds{job="base"} 1.795695`, `muster_runs_open{job="base",state="waiting"} 0`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q in %d\n%s", want, w.Code, w.Body)
		}
	}
	if w := s.do("GET", "/readyz", ""); w.Code != http.StatusOK {
		t.Errorf("ready: %d", w.Code)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "jobs.yaml"), []byte("nonsense: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.d.Reload()
	if w := s.do("GET", "/readyz", ""); !strings.Contains(w.Body.String(), "mistakes") {
		t.Errorf("ready with a bad file: %s", w.Body)
	}
	if w := s.do("GET", "/metrics", "", "Authorization", "Bearer test"); !strings.Contains(w.Body.String(), "muster_config_ok 0") {
		t.Error("the metrics do not tell of the bad file")
	}
	if s.d.Job("base") == nil {
		t.Error("the file before is not in use")
	}
}
