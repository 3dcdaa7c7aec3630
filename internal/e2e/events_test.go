//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve/queue"
)

const eventJobs = `
jobs:
  deploy:
    playbook: clone/site.yml
    inventory: hosts.ini
    mode: run
    on: {git: {dir: clone, every: 1s}}
  conf:
    playbook: conf.yml
    inventory: hosts.ini
    mode: run
    on: {files: {paths: conf, every: 1s, settle: 1s}}
  home:
    playbook: home.yml
    inventory: hosts.ini
    mode: run
    on: {phone_home: {tokens_file: homes}}
  hook:
    playbook: hook.yml
    inventory: hosts.ini
    mode: run
    on: {webhook: {secret_file: hook.secret}}
  scale:
    playbook: scale.yml
    inventory: cloud.sh
    limit: web
    mode: run
    on: {prometheus: {url: "PROMETHEUS", query: load, above: 80, below: 20, for: 2s, every: 1s, hosts: [new, gone]}}
`

var eventFiles = map[string]string{
	"conf/app.conf": "one\n",
	"conf.yml": `
- hosts: all
  tasks:
    - copy: {src: conf/app.conf, dest: /etc/app.conf}
`,
	"home.yml": `
- hosts: all
  tasks:
    - copy: {dest: /etc/home, content: welcome}
`,
	"hook.yml": `
- hosts: all
  tasks:
    - copy: {dest: /etc/hook, content: "{{ event.text }}"}
`,
	"hook.secret": "s3cret\n",
	// the token is test
	"homes": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 *x2 2100-01-01\n",
	// a cloud whose machines are the lines of a file
	"cloud.sh": `#!/bin/sh
cd "$(dirname "$0")"
[ "$1" = --list ] || { echo '{}'; exit; }
names=$(cut -d' ' -f1 fleet | sed 's/.*/"&"/' | paste -sd,)
vars=$(sed 's|\(\S*\) ansible_host=\(\S*\)|"\1": {"ansible_host": "\2", "ansible_user": "root", "ansible_ssh_private_key_file": "KEY", "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"}|' fleet | paste -sd,)
echo "{\"web\": {\"hosts\": [$names]}, \"_meta\": {\"hostvars\": {$vars}}}"
`,
	"scale.yml": `
- hosts: web
  tasks:
    - copy: {dest: /etc/joined, content: "{{ event.side }}"}
- hosts: gone
  gather_facts: false
  tasks:
    - copy: {dest: "{{ playbook_dir }}/left-{{ inventory_hostname }}", content: "{{ event.side }}"}
      delegate_to: localhost
      connection: local
`,
}

// TestEvents: a commit, another file, a host that phones home, a signed request and load that goes up and down start runs on real hosts, and only where they are meant.
func TestEvents(t *testing.T) {
	lab(t, "up", "3")
	inventory := lab(t, "inventory")
	var load atomic.Int64
	load.Store(50)
	prom := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"%d"]}}`, load.Load())
	}))
	defer prom.Close()
	e := &events{t: t, dir: t.TempDir(), load: &load}
	e.furnish(inventory)
	e.daemon = serveIn(t, e.dir, strings.Replace(eventJobs, "PROMETHEUS", prom.URL, 1))
	e.until("everything is watched", time.Minute, func() bool { return strings.Count(e.metrics(), "muster_watch_ok{") == 3 })
	e.t.Run("git", e.commits)
	e.t.Run("files", e.files)
	e.t.Run("phone home", e.phones)
	e.t.Run("webhook", e.hooks)
	e.t.Run("prometheus", e.scales)
}

// events are hosts of the lab, a repository, files and a cloud that a daemon watches.
type events struct {
	*daemon
	t     *testing.T
	dir   string
	load  *atomic.Int64
	hosts []string // lines of the inventory
}

func (e *events) furnish(inventory string) {
	for line := range strings.SplitSeq(inventory, "\n") {
		if strings.Contains(line, " ansible_host=") {
			e.hosts = append(e.hosts, line)
		}
	}
	_, key, _ := strings.Cut(inventory, "ansible_ssh_private_key_file=")
	key, _, _ = strings.Cut(key, "\n")
	e.put("hosts.ini", inventory)
	for name, text := range eventFiles {
		e.put(name, strings.ReplaceAll(text, "KEY", key))
	}
	if err := os.Chmod(filepath.Join(e.dir, "cloud.sh"), 0o700); err != nil {
		e.t.Fatal(err)
	}
	e.put("fleet", e.hosts[0]+"\n")
	e.put("remote/site.yml", gitPlay("one"))
	e.git("remote", "init", "-q", "-b", "main")
	e.commit()
	e.git(".", "clone", "-q", "remote", "clone")
}

func gitPlay(version string) string {
	return "- hosts: all\n  tasks:\n    - copy: {dest: /etc/version, content: " + version + "}\n"
}

func (e *events) put(name, text string) {
	e.t.Helper()
	path := filepath.Join(e.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

func (e *events) git(dir string, args ...string) {
	e.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
	cmd.Dir = filepath.Join(e.dir, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (e *events) commit() {
	e.t.Helper()
	e.git("remote", "add", ".")
	e.git("remote", "commit", "-q", "-m", "x")
}

// metrics is what the daemon tells Prometheus.
func (e *events) metrics() string {
	e.t.Helper()
	req, err := http.NewRequest("GET", "http://muster/metrics", nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer test")
	return e.body(req)
}

// started waits for the nth run of a job and its end, and fails unless it did what it was to do.
func (e *events) started(t *testing.T, job string, n int) queue.Run {
	t.Helper()
	var runs []queue.Run
	e.until(job+" is started", 2*time.Minute, func() bool {
		e.ask("GET", "/api/v1/runs?job="+job, nil, &runs)
		return len(runs) >= n
	})
	r := e.ended(runs[0].ID)
	if len(runs) != n || r.Exit != 0 || r.State != queue.Done {
		text, _ := os.ReadFile(filepath.Join(e.dir, "state/runs", r.ID, "out.log"))
		t.Fatalf("%d runs, the last %+v\n%s", len(runs), r, text)
	}
	return r
}

// has compares a file of the hosts; "" is that it is not there.
func (e *events) has(t *testing.T, path string, want ...string) {
	t.Helper()
	for i, text := range want {
		if got := lab(t, "run", fmt.Sprint(i+1), "cat "+path+" 2>/dev/null; true"); strings.TrimSpace(got) != text {
			t.Errorf("host %d has %q in %s, not %q", i+1, got, path, text)
		}
	}
}

func (e *events) commits(t *testing.T) {
	e.put("remote/site.yml", gitPlay("two"))
	e.commit()
	if r := e.started(t, "deploy", 1); r.Cause != "git" {
		t.Errorf("%+v", r)
	}
	e.has(t, "/etc/version", "two", "two", "two")
}

func (e *events) files(t *testing.T) {
	e.put("conf/app.conf", "two\n")
	if r := e.started(t, "conf", 1); r.Cause != "files" {
		t.Errorf("%+v", r)
	}
	e.has(t, "/etc/app.conf", "two", "two", "two")
}

// outside makes the daemon reachable for the lab's hosts and returns its URL.
func (e *events) outside(t *testing.T) string {
	t.Helper()
	network := os.Getenv("LAB_NET")
	if network == "" {
		network = "10.88" // as the lab has it
	}
	l, err := net.Listen("tcp", network+".0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Transport: e.client.Transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "muster"})
	}})
	proxy.Listener.Close()
	proxy.Listener = l
	proxy.Start()
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// phones lets hosts ask for themselves: the token is for the second one only.
func (e *events) phones(t *testing.T) {
	base := e.outside(t)
	call := func(host int, token string) string {
		t.Helper()
		return strings.TrimSpace(lab(t, "run", fmt.Sprint(host), "curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer "+token+"' -d host=$(hostname) "+base+"/phone-home/home"))
	}
	if code := call(2, "guess"); code != "401" {
		t.Errorf("a wrong token: %s", code)
	}
	if code := call(1, "test"); code != "403" {
		t.Errorf("another host: %s", code)
	}
	if code := call(2, "test"); code != "202" {
		t.Errorf("the host: %s", code)
	}
	if r := e.started(t, "home", 1); r.Cause != "phone-home" {
		t.Errorf("%+v", r)
	}
	e.has(t, "/etc/home", "", "welcome", "")
}

// hooks sends a request that openssl signed; what is in it stays text. Sent again, it is refused.
func (e *events) hooks(t *testing.T) {
	send := "body='{\"text\": \"{{ 1 + 1 }}\"}'; at=$(date +%s); " +
		`sign=$(printf '%s.%s' "$at" "$body" | openssl dgst -sha256 -hmac s3cret -r | cut -d' ' -f1); ` +
		`for i in 1 2; do curl -s -o /dev/null -w '%{http_code} ' -H "X-Muster-Timestamp: $at" -H "X-Muster-Signature: sha256=$sign" -d "$body" ` + e.outside(t) + "/hooks/hook; done"
	if codes := lab(t, "run", "3", send); strings.TrimSpace(codes) != "202 409" {
		t.Errorf("%s", codes)
	}
	e.started(t, "hook", 1)
	e.has(t, "/etc/hook", "{{ 1 + 1 }}", "{{ 1 + 1 }}", "{{ 1 + 1 }}")
}

func (e *events) scales(t *testing.T) {
	e.put("fleet", e.hosts[0]+"\n"+e.hosts[1]+"\n"+e.hosts[2]+"\n")
	e.load.Store(95)
	if r := e.started(t, "scale", 1); r.Cause != "prometheus" || strings.Count(r.Limit, ",") != 1 {
		t.Errorf("%+v", r)
	}
	e.has(t, "/etc/joined", "", "above", "above")
	e.load.Store(5)
	e.put("fleet", e.hosts[0]+"\n"+e.hosts[2]+"\n")
	gone, _, _ := strings.Cut(e.hosts[1], " ")
	if r := e.started(t, "scale", 2); r.Limit != gone {
		t.Errorf("%+v", r)
	}
	if text, err := os.ReadFile(filepath.Join(e.dir, "left-"+gone)); err != nil || string(text) != "below" {
		t.Errorf("%q, %v", text, err)
	}
	e.has(t, "/etc/joined", "", "above", "above")
}
