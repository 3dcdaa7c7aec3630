//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve/queue"
)

const measuredJobs = `
notify: {nobody: {command: ["false"]}}
jobs:
  apply: {playbook: site.yml, inventory: hosts.ini, mode: run}
  watch: {playbook: site.yml, inventory: hosts.ini, schedule: "@every 12h", mode: correct, notify: nobody}
  react:
    playbook: react.yml
    mode: run
    on: {prometheus: {url: "PROMETHEUS", query: 'sum(muster_drift_differences{job="watch", class="corrective"})', above: 0, for: 2s, every: 1s}}
`

const measuredSite = `
- hosts: all
  gather_facts: false
  tasks:
    - {name: motd, copy: {dest: /etc/motd, content: "welcome\n"}}
    - {name: a command, command: "true", changed_when: false}
`

const prometheusConfig = `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: muster
    honor_labels: true
    authorization: {credentials: test}
    static_configs: [{targets: ["TARGET"]}]
`

// measured is a daemon that a Prometheus scrapes, and that asks this Prometheus.
type measured struct {
	*daemon
	t   *testing.T
	url string // of Prometheus
}

// TestPrometheus: a real Prometheus takes the example's configuration and rules, gets data for every expression of the
// example's dashboard, and starts a job when a query crosses its threshold, once for each time that it does.
func TestPrometheus(t *testing.T) {
	lab(t, "up", "2")
	m := newMeasured(t)
	m.until("Prometheus answers, and the threshold is watched", 2*time.Minute, func() bool {
		return len(m.query(`muster_watch_ok{job="react",event="prometheus"} == 1`)) == 1
	})
	for range 2 {
		if r := m.run("apply"); r.Exit != 0 {
			t.Fatalf("%+v", r)
		}
	}
	lab(t, "run", "1", "echo hacked >/etc/motd")
	m.detect(3)
	m.reacted(1)
	m.panels()
	m.rules()

	if r := m.run("watch"); r.Exit != 0 {
		t.Fatalf("the correction: %+v", r)
	}
	m.until("the value is back", time.Minute, func() bool {
		return len(m.query(`sum(muster_drift_differences{job="watch", class="corrective"}) == 0`)) == 1
	})
	m.reacted(1)
	lab(t, "run", "2", "echo hacked >/etc/motd")
	m.detect(3)
	m.reacted(2)
}

func newMeasured(t *testing.T) *measured {
	t.Helper()
	promtool, prometheus := real(t, "promtool"), real(t, "prometheus")
	dir := t.TempDir()
	m := &measured{t: t, url: "http://" + freeAddress(t)}
	files := map[string]string{"hosts.ini": lab(t, "inventory"), "site.yml": measuredSite, "muster.token": "test\n",
		"react.yml": "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks: [debug: {msg: \"{{ event.value }}\"}]\n"}
	for _, name := range []string{"alerts.yaml", "prometheus.yaml"} {
		text, err := os.ReadFile(filepath.Join(top(t), "examples/serve", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"check", "config", "prometheus.yaml"}} {
		if out := play(t, dir, nil, promtool, args...); out.code != 0 {
			t.Fatalf("promtool %v: %s%s", args, out.stdout, out.stderr)
		}
	}
	m.daemon = serveIn(t, dir, strings.Replace(measuredJobs, "PROMETHEUS", m.url, 1))
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "muster"}) },
		Transport: m.client.Transport,
	})
	t.Cleanup(proxy.Close)
	config := strings.Replace(prometheusConfig, "TARGET", strings.TrimPrefix(proxy.URL, "http://"), 1)
	if err := os.WriteFile(filepath.Join(dir, "run.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command(prometheus, "--config.file=run.yaml", "--storage.tsdb.path=tsdb", "--web.listen-address="+strings.TrimPrefix(m.url, "http://"))
	cmd.Dir, cmd.Stderr = dir, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", said.String())
		}
	})
	return m
}

// freeAddress is an address on this machine that nobody listened at just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get asks Prometheus; false when it does not answer yet.
func (m *measured) get(path string, to any) bool {
	res, err := http.Get(m.url + path)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	if err := json.Unmarshal(text, to); err != nil {
		m.t.Fatalf("%s: %s: %s", path, res.Status, text)
	}
	return true
}

// query is the values that a query has now.
func (m *measured) query(q string) (values []string) {
	m.t.Helper()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
		}
	}
	if !m.get("/api/v1/query?query="+url.QueryEscape(q), &answer) {
		return nil
	}
	if answer.Status != "success" {
		m.t.Fatalf("%s: %s", q, answer.Error)
	}
	for _, r := range answer.Data.Result {
		values = append(values, fmt.Sprint(r.Value[1]))
	}
	return values
}

// detect looks for drift, without correcting it.
func (m *measured) detect(exit int) {
	m.t.Helper()
	var asked queue.Run
	m.ask("POST", "/api/v1/jobs/watch/runs", map[string]string{"mode": "detect"}, &asked)
	if r := m.ended(asked.ID); r.Exit != exit {
		m.t.Fatalf("%+v, want exit %d", r, exit)
	}
}

// reacted waits until the threshold has started so many runs, and makes sure that it were no more.
func (m *measured) reacted(n int) {
	m.t.Helper()
	var runs []queue.Run
	m.until(fmt.Sprintf("%d reactions", n), 2*time.Minute, func() bool {
		m.ask("GET", "/api/v1/runs?job=react", nil, &runs)
		return len(runs) >= n
	})
	if r := m.ended(runs[0].ID); len(runs) != n || r.Exit != 0 || r.Cause != "prometheus" {
		m.t.Fatalf("%d reactions, the last %+v", len(runs), r)
	}
}

// panels makes sure that every expression of the dashboard has data: something, and no division by nothing.
func (m *measured) panels() {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(top(m.t), "examples/serve/dashboard.json"))
	if err != nil {
		m.t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		m.t.Fatal(err)
	}
	n := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			var values []string
			m.until(p.Title+" has data: "+target.Expr, time.Minute, func() bool {
				values = m.query(strings.ReplaceAll(target.Expr, "$job", ".*"))
				return slices.ContainsFunc(values, func(v string) bool { return v != "NaN" })
			})
			m.t.Logf("%s: %s: %v", p.Title, target.Expr, values)
			n++
		}
	}
	if n < 15 {
		m.t.Errorf("the dashboard has %d expressions", n)
	}
}

// rules makes sure that every rule can be evaluated, and that the one for drift has seen it.
func (m *measured) rules() {
	m.t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError, State string }
			}
		}
	}
	m.until("the rule for drift sees it", time.Minute, func() bool {
		if !m.get("/api/v1/rules", &answer) {
			return false
		}
		states := map[string]string{}
		for _, g := range answer.Data.Groups {
			for _, r := range g.Rules {
				if states[r.Name] = r.State; r.Health == "err" {
					m.t.Fatalf("%s: %s", r.Name, r.LastError)
				}
			}
		}
		return len(states) > 8 && states["MusterDrift"] == "pending" && states["MusterDown"] == "inactive" && states["MusterConfigBroken"] == "inactive"
	})
}
