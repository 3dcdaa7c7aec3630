//go:build e2e

package e2e

import (
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"golang.org/x/crypto/bcrypt"
)

const dashboardJobs = `
users:
  ops: {role: operator, password: "HASH"}
  guest: {role: viewer, password: "HASH"}
jobs:
  deploy: {playbook: site.yml, inventory: hosts.ini, limit: "lab[0:1]", mode: run}
  watch: {playbook: site.yml, inventory: hosts.ini, limit: "lab[0:1]", mode: correct}
`

const dashboardSite = `
- hosts: all
  gather_facts: false
  tasks:
    - name: motd
      copy: {dest: /etc/motd, content: "welcome\n"}
    - name: held up
      wait_for: {path: /tmp/go, timeout: 200}
    - name: last
      copy: {dest: /etc/last, content: x}
`

// browser is a headless Chromium before the daemon's dashboard, which is behind a proxy.
type browser struct {
	*daemon
	t    *testing.T
	base string
	tab  context.Context
}

func newBrowser(t *testing.T, d *daemon) *browser {
	t.Helper()
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "muster"})
			r.Out.Host = r.In.Host
		},
		Transport: d.client.Transport, FlushInterval: -1,
	})
	t.Cleanup(proxy.Close)
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1280, 800))...)
	t.Cleanup(cancel)
	tab, cancelTab := chromedp.NewContext(alloc)
	t.Cleanup(cancelTab)
	timed, cancelTime := context.WithTimeout(tab, 20*time.Minute)
	t.Cleanup(cancelTime)
	return &browser{daemon: d, t: t, base: proxy.URL, tab: timed}
}

func (s *browser) do(about string, actions ...chromedp.Action) {
	s.t.Helper()
	if err := chromedp.Run(s.tab, actions...); err != nil {
		var text string
		_ = chromedp.Run(s.tab, chromedp.Text("body", &text))
		s.t.Fatalf("%s: %v\n%s", about, err, text)
	}
}

func (s *browser) login(name string) {
	s.t.Helper()
	s.do("login", chromedp.Navigate(s.base+"/login"), chromedp.WaitVisible("input[name=name]"), chromedp.SendKeys("input[name=name]", name),
		chromedp.SendKeys("input[name=password]", "pw"), chromedp.Submit("input[name=password]"), chromedp.WaitVisible(".who"))
}

// shows waits until a text is in the main part of the page, which nobody loads again.
func (s *browser) shows(text string) {
	s.t.Helper()
	s.until("the page shows "+text, 3*time.Minute, func() bool {
		var main string
		err := chromedp.Run(s.tab, chromedp.Evaluate(`document.getElementById("main").innerText`, &main))
		return err == nil && strings.Contains(main, text) // a page that is just replaced has no main part
	})
}

// press presses a button that leads to another page.
func (s *browser) press(button string) {
	s.t.Helper()
	var before, now string
	s.do(button, chromedp.Location(&before), chromedp.Click("//button[text()='"+button+"']"))
	s.until(button+" leads on", time.Minute, func() bool {
		return chromedp.Run(s.tab, chromedp.Location(&now)) == nil && now != before
	})
}

// open opens a page of the dashboard.
func (s *browser) open(path string) {
	s.t.Helper()
	s.do(path, chromedp.Navigate(s.base+path), chromedp.WaitVisible("main"))
}

// TestDashboard: an operator starts a run on real hosts and sees it go on and end without loading the page again, rolls it
// back, corrects what somebody changed, and cancels a run; a viewer may do nothing of this, even without buttons.
func TestDashboard(t *testing.T) {
	lab(t, "up", "2")
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("pw"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"hosts.ini": lab(t, "inventory"), "site.yml": dashboardSite} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	on := func(command string) (out string) {
		for _, n := range []string{"1", "2"} {
			out += lab(t, "run", n, command)
		}
		return out
	}
	on("echo before >/etc/motd; rm -f /tmp/go /etc/last")
	d := serveIn(t, dir, strings.ReplaceAll(dashboardJobs, "HASH", string(hash)))
	s := newBrowser(t, d)
	s.login("ops")

	s.open("/jobs/deploy")
	s.press("Run now")
	s.shows("running")
	s.shows("motd") // what was done so far
	on("touch /tmp/go")
	s.shows("last")
	s.shows("in order")
	if got := on("cat /etc/motd"); got != "welcome\nwelcome\n" {
		t.Errorf("the run: %q", got)
	}

	s.press("Roll back")
	s.shows("rollback")
	s.shows("in order")
	if got := on("cat /etc/motd; ls /etc/last 2>/dev/null; true"); got != "before\nbefore\n" {
		t.Errorf("rolled back: %q", got)
	}

	if r := d.run("deploy"); r.Exit != 0 {
		t.Fatalf("%+v", r)
	}
	lab(t, "run", "1", "echo hacked >/etc/motd")
	s.open("/jobs/watch")
	s.press("Correct")
	s.shows("1 host corrected")
	if got := on("cat /etc/motd"); got != "welcome\nwelcome\n" {
		t.Errorf("corrected: %q", got)
	}
	s.open("/")
	s.shows("Over time")

	on("rm /tmp/go")
	s.open("/jobs/deploy")
	s.press("Run now")
	s.shows("motd")
	s.do("cancel", chromedp.Click("//button[text()='Cancel']"))
	s.shows("nothing new begins") // its process was told
	on("touch /tmp/go")           // running tasks may finish
	s.shows("cancelled")

	s.login("guest")
	var status int
	s.open("/jobs/deploy")
	s.do("as a viewer", chromedp.Evaluate(`(async () => {
		const form = document.querySelector("form[action='/logout'] input[name=form_token]").value;
		const answer = await fetch("/jobs/deploy/run", {method: "POST", body: new URLSearchParams({form_token: form})});
		return answer.status;
	})()`, &status, awaited))
	if status != 403 {
		t.Errorf("a viewer starts a run: %d", status)
	}
}

// awaited waits for the promise that a script returns.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
