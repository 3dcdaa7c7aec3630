//go:build unix

package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/database"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/notify/mailtest"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/worker"
)

// TestMain makes the test binary the program that runs are started with: it leaves the report and the exit code that lie in
// the job's folder.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == worker.Command {
		code, err := worker.Run(context.Background(), os.Args[2], pretend)
		if err != nil {
			os.Stderr.WriteString(err.Error())
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func pretend(_ context.Context, s worker.Spec, began func(string)) int {
	began("r1")
	if i := slices.Index(s.Args, "--report"); i > 0 {
		report, err := os.ReadFile(filepath.Join(s.Dir, "report"))
		if err != nil || os.WriteFile(s.Args[i+1], report, 0o600) != nil {
			return 9
		}
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "exit"))
	if err != nil {
		return 9
	}
	code, err := strconv.Atoi(string(text))
	if err != nil {
		return 9
	}
	return code
}

// station is a post that really starts runs, and people who are told of them.
type station struct {
	*post
	mails *mailtest.Server
	mu    sync.Mutex
	hooks []News
	busy  int // how often the hook refuses
}

const newsJobs = `
external: https://muster.example.org
notify:
  mail: {mail: {server: "%s", from: muster@example.org, to: ops@example.org}}
  hook: {webhook: "%s", secret_file: secret}
  recoveries: {command: [sh, -c, 'cat >>%s/recoveries'], on: recovery}
jobs:
  base: {playbook: site.yml, notify: [mail, hook, recoveries]}
`

func newStation(t *testing.T) *station {
	t.Helper()
	s := &station{mails: mailtest.Start(t, false, "")}
	hook := httptest.NewServer(http.HandlerFunc(s.hook))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.post = newPost(t, dir, "state", fmt.Sprintf(newsJobs, s.mails.Addr, hook.URL, dir))
	s.o.Program = os.Args[0]
	s.o.Sender = &notify.Sender{Client: hook.Client(), Env: os.Environ(), Now: s.o.Now}
	return s
}

func (s *station) hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	var n News
	switch {
	case s.busy > 0:
		s.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("X-Muster-Signature") != notify.Sign([]byte("s3cret"), r.Header.Get("X-Muster-Timestamp"), body) || json.Unmarshal(body, &n) != nil:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		s.hooks = append(s.hooks, n)
	}
}

// TestMissingFiles: a run whose files are not there any more does not start and pass for one that found everything in order.
func TestMissingFiles(t *testing.T) {
	s := newStation(t)
	if err := os.Remove(filepath.Join(filepath.Dir(s.File().Path), "site.yml")); err != nil {
		t.Fatal(err)
	}
	r, err := s.Ask(t.Context(), Request{Job: "base", Cause: "manual"})
	if err != nil {
		t.Fatal(err)
	}
	s.step(t.Context())
	if r, err = s.Queue().Get(t.Context(), r.ID); err != nil || r.State != queue.Broken || !strings.Contains(r.Note, "it could not be started: playbook: stat") {
		t.Errorf("%+v, %v", r, err)
	}
}

// ran starts a run that ends with an exit code and a report, and lets the daemon see its end.
func (s *station) ran(exit int, report string) queue.Run {
	s.t.Helper()
	s.now = s.now.Add(time.Minute)
	s.put("exit", strconv.Itoa(exit))
	s.put("report", report)
	r, err := s.Ask(s.t.Context(), Request{Job: "base", Cause: "manual"})
	if err != nil {
		s.t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		s.step(s.t.Context())
		if r, err = s.Queue().Get(s.t.Context(), r.ID); err != nil {
			s.t.Fatal(err)
		}
		if r.State == queue.Done {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("it does not end: %+v", r)
		}
	}
	s.deliverAll()
	return r
}

func (s *station) deliverAll() {
	s.t.Helper()
	if err := s.deliver(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.sending.Wait()
}

// told compares the subjects of all news so far.
func (s *station) told(about string, want ...string) {
	s.t.Helper()
	var mails, hooks []string
	for _, m := range s.mails.Mails() {
		_, subject, _ := strings.Cut(m.Text, "Subject: ")
		subject, _, _ = strings.Cut(subject, "\n")
		mails = append(mails, subject)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.hooks {
		hooks = append(hooks, n.Subject)
	}
	if !slices.Equal(mails, want) || !slices.Equal(hooks, want) {
		s.t.Fatalf("%s: mails %q, hooks %q, want %q", about, mails, hooks, want)
	}
}

const (
	fineReport    = `{"hosts": [{"host": "a", "state": "in order"}], "summary": {"hosts": 1, "in_order": 1}}`
	driftedReport = `{"hosts": [{"host": "a", "state": "drifted", "drift": [{"key": "1", "task": "motd", "class": "corrective"}]}], "summary": {"hosts": 1, "drifted": 1, "corrective": 1}}`
	moreReport    = `{"hosts": [{"host": "a", "state": "drifted", "drift": [{"key": "2", "task": "conf", "class": "intended"}]}], "summary": {"hosts": 1, "drifted": 1, "intended": 1}}`
	goneReport    = `{"hosts": [{"host": "a", "state": "unreachable", "problem": "no route"}], "summary": {"hosts": 1, "unreachable": 1}}`
)

// TestNewsArrive: runs of a daemon become mails and signed requests: each piece of news once, again when it changes, and a
// recovery at the end; what cannot be delivered is tried again until it can.
func TestNewsArrive(t *testing.T) {
	s := newStation(t)
	s.ran(0, fineReport)
	s.told("all is well")
	s.ran(3, driftedReport)
	news := []string{"base: 1 drifted host, 1 corrective, 0 intended, 0 unknown"}
	s.told("drift", news...)
	s.ran(3, driftedReport)
	s.told("the same drift", news...)
	s.ran(3, moreReport)
	news = append(news, "base: 1 drifted host, 0 corrective, 1 intended, 0 unknown")
	s.told("another drift", news...)
	s.ran(4, goneReport)
	news = append(news, "base: 0 failed, 1 unreachable, 0 drifted")
	s.told("a host is gone", news...)
	r := s.ran(0, fineReport)
	news = append(news, "base: all is well again")
	s.told("recovery", news...)
	last := s.hooks[len(s.hooks)-1]
	if last.Kind != "recovery" || last.Run != r.ID || last.Link != "https://muster.example.org/runs/"+r.ID || last.Summary.InOrder != 1 || last.Since.IsZero() {
		t.Errorf("%+v", last)
	}
	if text, err := os.ReadFile(filepath.Join(s.dir, "recoveries")); err != nil || strings.Count(string(text), `"news":"recovery"`) != 1 || strings.Contains(string(text), `"news":"drift"`) {
		t.Errorf("%s, %v", text, err)
	}

	s.mails.Refuse("451 later")
	s.busy = 2
	s.ran(3, driftedReport)
	s.told("nobody can be told", news...)
	if n, err := s.Queue().Undelivered(t.Context()); err != nil || n != 2 {
		t.Errorf("%d wait, %v", n, err)
	}
	s.mails.Refuse("")
	s.now = s.now.Add(time.Second)
	s.deliverAll()
	s.told("not at once", news...)
	for range 3 {
		s.now = s.now.Add(5 * time.Minute)
		s.deliverAll()
	}
	s.told("later", append(news, news[0])...)
	if n, err := s.Queue().Undelivered(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	outcomes := map[string]int{}
	for _, tally := range s.Tallies() {
		outcomes[tally.Outcome] = tally.Runs
	}
	if outcomes["in order"] != 2 || outcomes["drifted"] != 4 || outcomes["unreachable"] != 1 {
		t.Errorf("%v", outcomes)
	}
}

// TestStoreOfANewerVersion is refused, and left as it is.
func TestStoreOfANewerVersion(t *testing.T) {
	p := newPost(t, t.TempDir(), "state", "jobs: {base: {playbook: site.yml}}")
	if _, err := p.Ask(t.Context(), Request{Job: "base", Cause: "manual"}); err != nil {
		t.Fatal(err)
	}
	db := p.History().Database().SQL()
	for _, part := range []string{"serve", "drift", "schema"} {
		var version string
		if err := db.QueryRow("SELECT value FROM meta WHERE name = ?", part).Scan(&version); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
		set := func(v string) {
			t.Helper()
			if _, err := db.Exec("UPDATE meta SET value = ? WHERE name = ?", v, part); err != nil {
				t.Fatal(err)
			}
		}
		set("99")
		store, err := history.Open(t.Context(), p.History().Database().Location())
		if err == nil {
			o := p.o
			o.History, o.State = store, filepath.Join(p.dir, "another "+part)
			_, err = New(t.Context(), o)
			store.Close()
		}
		var newer *database.NewerError
		if !errors.As(err, &newer) || newer.Found != 99 || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: %v", part, err)
		}
		set(version)
	}
	if runs, err := p.Queue().Newest(t.Context(), "", 10); err != nil || len(runs) != 1 {
		t.Errorf("%v, %v", runs, err)
	}
}

// TestHung: a daemon that is at one step for long hangs; one that goes on does not.
func TestHung(t *testing.T) {
	p := newPost(t, t.TempDir(), "state", "jobs: {base: {playbook: site.yml}}")
	p.now = p.now.Add(9 * time.Minute)
	if p.Hung() {
		t.Error("after nine minutes")
	}
	p.now = p.now.Add(2 * time.Minute)
	if !p.Hung() {
		t.Error("not after eleven")
	}
	p.step(t.Context())
	if p.Hung() {
		t.Error("after a step")
	}
}
