package serve

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/queue"
)

// noon is when the tests' clocks start.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// post is a daemon whose clock a test moves and that starts no processes; its inventory is the file hosts.
type post struct {
	*Daemon
	t   *testing.T
	dir string
	now time.Time
}

// newPost makes a daemon in a folder; several may share the store.
func newPost(t *testing.T, dir, state, jobs string) *post {
	t.Helper()
	put := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("site.yml", "- hosts: all\n", 0o600)
	put("jobs.yaml", jobs, 0o600)
	put("program", "#!/bin/sh\necho '  hosts:'\nsed 's/^/    /' hosts\n", 0o700)
	f, found := jobfile.Load(filepath.Join(dir, "jobs.yaml"))
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	store, err := history.Open(t.Context(), filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	p := &post{t: t, dir: dir, now: noon}
	p.Daemon, err = New(t.Context(), Options{
		File: f, History: store, Program: filepath.Join(dir, "program"), State: filepath.Join(dir, state), Log: slog.New(slog.DiscardHandler),
		Env: os.Environ(), Now: func() time.Time { return p.now }, Sender: &notify.Sender{Client: &http.Client{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.release)
	return p
}

// later moves the clock, looks for events, and returns the runs that came of it.
func (p *post) later(d time.Duration) []queue.Run {
	p.t.Helper()
	before, err := p.Queue().Newest(p.t.Context(), "", 1000)
	if err != nil {
		p.t.Fatal(err)
	}
	p.now = p.now.Add(d)
	if err := p.look(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.looking.Wait()
	after, err := p.Queue().Newest(p.t.Context(), "", 1000)
	if err != nil {
		p.t.Fatal(err)
	}
	return after[:len(after)-len(before)]
}

// quiet fails when events start something.
func (p *post) quiet(d time.Duration, about string) {
	p.t.Helper()
	if runs := p.later(d); len(runs) > 0 {
		p.t.Fatalf("%s: %+v", about, runs)
	}
}

// one fails unless exactly one run comes of it, and ends that run.
func (p *post) one(d time.Duration, about string) queue.Run {
	p.t.Helper()
	runs := p.later(d)
	if len(runs) != 1 || runs[0].State != queue.Waiting {
		p.t.Fatalf("%s: %+v", about, runs)
	}
	return runs[0]
}

// finished lets all runs that wait run and end.
func (p *post) finished() {
	p.t.Helper()
	claimed, err := p.Queue().Claim(p.t.Context(), p.owner, p.now, lease, 10)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range claimed {
		if _, err := p.Queue().Finish(p.t.Context(), r, queue.Done, 0, p.now, nil); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *post) put(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

const fileJobs = `
jobs:
  base:
    playbook: site.yml
    mode: run
    cooldown: 10m
    rate: 3/2h
    on: {files: {paths: ["*.conf"], every: 1s, settle: 0s}}
`

// TestEventsWait: an event that comes while a run of the job goes on, within the cool-down or above the rate waits and is
// not lost; several become one.
func TestEventsWait(t *testing.T) {
	dir := t.TempDir()
	p := newPost(t, dir, "state", fileJobs)
	p.put("a.conf", "1")
	p.quiet(0, "the first look")
	p.put("a.conf", "22")
	r := p.one(time.Second, "a change")
	if want := fmt.Sprintf(`{"event":{"changed":["%s/a.conf"],"count":1}}`, dir); r.Vars != want || r.Cause != "files" || r.Limit != "" {
		t.Errorf("%+v", r)
	}
	p.put("a.conf", "333")
	p.quiet(time.Hour, "while a run waits")
	p.put("b.conf", "1")
	p.quiet(time.Hour, "while a run waits")
	p.finished()
	if r = p.one(time.Second, "afterwards"); !strings.Contains(r.Vars, `"count":2`) {
		t.Errorf("both changes: %+v", r)
	}
	p.finished()
	p.put("b.conf", "22")
	p.quiet(9*time.Minute, "cooling down")
	p.one(time.Minute, "after cooling down")
	p.finished()
	p.put("b.conf", "333")
	p.one(11*time.Minute, "the third within two hours")
	p.finished()
	p.put("b.conf", "4444")
	p.quiet(11*time.Minute, "the fourth")
	p.one(2*time.Hour, "when the rate allows it")
}

// TestEventsOfADeadDaemon: a daemon that dies between asking for a run and remembering it asks once; when something else
// happened meanwhile, that is not lost.
func TestEventsOfADeadDaemon(t *testing.T) {
	p := newPost(t, t.TempDir(), "state", strings.ReplaceAll(strings.ReplaceAll(fileJobs, "cooldown: 10m", ""), "rate: 3/2h", ""))
	p.put("a.conf", "1")
	p.quiet(0, "the first look")
	before, mine, err := p.Queue().TakeWatch(t.Context(), "base/files", p.owner, p.now, p.now)
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	forget := func() {
		t.Helper()
		if err := p.Queue().KeepWatch(t.Context(), before); err != nil {
			t.Fatal(err)
		}
	}
	p.put("a.conf", "22")
	p.one(time.Second, "a change")
	p.finished()
	forget()
	p.quiet(time.Second, "the same change, seen again")
	forget()
	p.put("a.conf", "333")
	p.one(time.Second, "another change")
}

// TestOneDaemonLooks: of two daemons on one store one looks, and the other goes on when that one is gone.
func TestOneDaemonLooks(t *testing.T) {
	dir := t.TempDir()
	p := newPost(t, dir, "one", fileJobs)
	q := newPost(t, dir, "two", fileJobs)
	p.put("a.conf", "1")
	p.quiet(0, "the first look of one")
	q.quiet(0, "the first look of the other")
	p.put("a.conf", "22")
	q.quiet(time.Second, "the other looks")
	p.one(time.Second, "the one that looks")
	p.finished()
	p.put("a.conf", "333")
	q.one(time.Hour, "the other, long after")
}

// TestPausedAndChangedJobs: a job that is paused starts nothing; one whose events are others starts anew.
func TestPausedAndChangedJobs(t *testing.T) {
	p := newPost(t, t.TempDir(), "state", fileJobs)
	p.put("a.conf", "1")
	p.quiet(0, "the first look")
	p.put("a.conf", "22")
	reload := func(jobs string) {
		p.put("jobs.yaml", jobs)
		if err := p.Reload().Err(); err != nil {
			t.Fatal(err)
		}
	}
	reload(strings.Replace(fileJobs, "mode: run", "mode: run\n    paused: true", 1))
	p.quiet(time.Minute, "paused")
	reload(fileJobs)
	p.one(time.Minute, "not paused any more")
	p.finished()
	p.put("x.list", "1")
	reload(strings.Replace(fileJobs, "*.conf", "*.list", 1))
	p.quiet(time.Hour, "other files")
	p.put("x.list", "22")
	p.one(time.Hour, "one of them changed")
}

// TestScaling: hosts that come and go while a Prometheus says that the load is high or low become runs on them.
func TestScaling(t *testing.T) {
	var load atomic.Int64
	var asked atomic.Int64
	prom := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if load.Load() < 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%d"]}]}}`, load.Load())
	}))
	defer prom.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte("web1\nweb2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPost(t, dir, "state", `
jobs:
  scale:
    playbook: site.yml
    inventory: hosts
    limit: web*
    mode: run
    on: {prometheus: {url: "`+prom.URL+`", query: load, above: 80, below: 20, for: 1m, every: 30s, hosts: [new, gone]}}
`)
	load.Store(50)
	p.quiet(0, "the first look")
	load.Store(90)
	p.quiet(30*time.Second, "high")
	p.quiet(30*time.Second, "high")
	p.put("hosts", "web1\nweb2\nweb3\nweb4\n")
	r := p.one(30*time.Second, "high for a minute, and two new hosts")
	if r.Limit != "web3,web4" || r.Cause != "prometheus" || !strings.Contains(r.Vars, `"new":["web3","web4"]`) || !strings.Contains(r.Vars, `"side":"above"`) {
		t.Errorf("%+v", r)
	}
	args := p.args(r)
	if !slices.Contains(args, "--limit=web3,web4") || slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "gone.ini") }) {
		t.Errorf("%q", args)
	}
	p.finished()
	load.Store(-1)
	p.quiet(30*time.Second, "Prometheus is down")
	if w, err := p.Queue().Watches(t.Context()); err != nil || len(w) != 1 || !strings.Contains(w[0].Trouble, "503") {
		t.Errorf("the trouble: %+v, %v", w, err)
	}
	load.Store(10)
	p.put("hosts", "web2\nweb3\nweb4\n")
	p.quiet(time.Hour, "low")
	p.quiet(30*time.Second, "low")
	r = p.one(30*time.Second, "low for a minute, and one is gone")
	args = p.args(r)
	if r.Limit != "web1" || !slices.Contains(args, "--limit=web1") || !slices.Contains(args, "--inventory="+filepath.Join(p.Folder(r.ID), "gone.ini")) {
		t.Errorf("%+v %q", r, args)
	}
	if text, err := os.ReadFile(filepath.Join(p.Folder(r.ID), "gone.ini")); err != nil || string(text) != "[gone]\nweb1\n" {
		t.Errorf("%q, %v", text, err)
	}
	p.finished()
	p.put("hosts", "web2:web3\n")
	p.quiet(30*time.Second, "a host whose name is a pattern")
	if w, err := p.Queue().Watches(t.Context()); err != nil || !strings.Contains(w[0].Trouble, `a host "web2:web3"`) {
		t.Errorf("the trouble: %+v, %v", w, err)
	}
}

// args prepares a run's folder and returns its command line.
func (p *post) args(r queue.Run) []string {
	p.t.Helper()
	if err := p.prepare(r); err != nil {
		p.t.Fatal(err)
	}
	args, err := commandLine(p.Job(r.Job), r, p.Folder(r.ID))
	if err != nil {
		p.t.Fatal(err)
	}
	return args
}

// TestLimits: the hosts of a run stay within those of the job, and many of them travel in a file.
func TestLimits(t *testing.T) {
	p := newPost(t, t.TempDir(), "state", "jobs: {base: {playbook: site.yml, mode: run, limit: 'web:!web9'}, all: {playbook: site.yml, mode: run}}")
	ask := func(job, limit string) queue.Run {
		r, err := p.Ask(t.Context(), Request{Job: job, Cause: "manual", Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	has := func(args []string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !slices.Contains(args, w) {
				t.Errorf("%q lacks %s", args, w)
			}
		}
	}
	has(p.args(ask("base", "web1,web2")), "--limit=web:!web9", "--within=web1,web2")
	has(p.args(ask("all", "web1,web2")), "--limit=web1,web2")
	long := ask("all", strings.Repeat("web1,", 300)+"web2")
	has(p.args(long), "--limit=@"+filepath.Join(p.Folder(long.ID), "hosts"))
	if text, err := os.ReadFile(filepath.Join(p.Folder(long.ID), "hosts")); err != nil || strings.Count(string(text), "\n") != 301 {
		t.Errorf("%v, %d lines", err, strings.Count(string(text), "\n"))
	}
}
