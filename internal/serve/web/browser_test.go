//go:build e2e

package web

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/queue"
)

// browse starts a headless Chromium and a server, and returns what runs actions in it.
func browse(t *testing.T, s *site) (base string, do func(...chromedp.Action)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, l) }()
	t.Cleanup(func() { stop(); <-ended })
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(1280, 800))
	alloc, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	tab, cancelTab := chromedp.NewContext(alloc)
	t.Cleanup(cancelTab)
	timed, cancelTime := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancelTime)
	return "http://" + l.Addr().String(), func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(timed, actions...); err != nil {
			t.Fatal(err)
		}
	}
}

func login(base, name string) chromedp.Tasks {
	return chromedp.Tasks{
		chromedp.Navigate(base + "/login"), chromedp.WaitVisible("input[name=name]"), chromedp.SendKeys("input[name=name]", name),
		chromedp.SendKeys("input[name=password]", "pw"), chromedp.Submit("input[name=password]"), chromedp.WaitVisible(".who"),
	}
}

// drifted is what somebody did by hand.
func drifted(key, task, action, text string, attributes ...drift.Attribute) drift.Difference {
	return drift.Difference{
		Key: key, Task: task, Action: action, Pos: diag.Pos{File: "site.yml", Line: 12, Col: 7}, Class: drift.Corrective, Why: "the host changed since run 20261125T220000Z applied the same",
		FirstSeen: noon.Add(-time.Hour), Seen: 3, Text: text, Attributes: attributes,
	}
}

// fleetOf is a report on a fleet of which the first hosts drifted and the last ones are gone.
func fleetOf(run string, at time.Time, bad, gone int) *drift.Report {
	r := &drift.Report{Run: run, Start: at, End: at.Add(9 * time.Second), Playbooks: []string{"site.yml"}}
	for i := range 14 {
		h := drift.Host{Name: fmt.Sprintf("web%d", i+1), State: drift.InOrder, Assessed: 23, Assessable: 24}
		if i >= 10 {
			h.Name = fmt.Sprintf("db%d", i-9)
		}
		switch {
		case i < bad:
			h.State = drift.Drifted
			h.Drift = append(h.Drift, drifted("a", "message of the day", "copy", "--- before: /etc/motd\n+++ after: motd.j2\n@@ -1 +1 @@\n-changed by hand\n+welcome\n"))
			if i == 0 {
				h.Drift = append(h.Drift, drifted("b", "settings of the daemon", "template", "", drift.Attribute{Name: "mode", Before: "0666", Wanted: "0644"}))
			}
		case i >= 14-gone:
			h.State, h.Problem, h.Assessed, h.Assessable = drift.Unreachable, "connect: no route to host", 0, 0
		}
		r.Hosts = append(r.Hosts, h)
		r.Summary.Hosts++
		r.Summary.Assessed += h.Assessed
		r.Summary.Assessable += h.Assessable
		switch h.State {
		case drift.InOrder:
			r.Summary.InOrder++
		case drift.Drifted:
			r.Summary.Drifted++
			r.Summary.Corrective += len(h.Drift)
		case drift.Unreachable:
			r.Summary.Unreachable++
		}
	}
	return r
}

// furnish fills the store with a week of reports.
func furnish(t *testing.T, s *site) {
	t.Helper()
	for i := range 56 {
		at := noon.Add(time.Duration(i-56)*3*time.Hour + 2*time.Hour + 58*time.Minute)
		gone := 0
		if i%17 > 13 || i == 55 {
			gone = 1
		}
		if err := s.d.Reports().Save(t.Context(), "base", fleetOf(fmt.Sprintf("r%d", i), at, (i*7%11)*(i%3)/5, gone), nil); err != nil {
			t.Fatal(err)
		}
	}
	report := fleetOf("last", noon.Add(-time.Minute), 3, 1)
	if err := s.d.Reports().Save(t.Context(), "base", report, nil); err != nil {
		t.Fatal(err)
	}
}

// lookedAt ends a run as a look at the hosts that found something.
func lookedAt(t *testing.T, s *site, run queue.Run) {
	t.Helper()
	rec, err := s.d.History().Begin(t.Context(), history.Run{ID: "h1", Command: "drift", Check: true, Start: noon, Playbooks: []string{"site.yml"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec.Handle(event.PlayStart{ID: 1, Name: "all"})
	counts := map[string]event.Counts{}
	for task, name := range []string{"packages", "message of the day", "settings of the daemon", "the daemon runs"} {
		rec.Handle(event.TaskStart{ID: task, Play: 1, Key: fmt.Sprint(task), Name: name, Action: []string{"apt", "copy", "template", "service"}[task], Check: true, Time: noon})
		for _, h := range fleetOf("x", noon, 3, 1).Hosts[:13] {
			e := event.TaskResult{Task: task, Host: h.Name, Action: "copy", Status: event.OK, Start: noon, End: noon.Add(time.Duration(12*task+40) * time.Millisecond), Result: map[string]any{"changed": false}}
			if h.State == drift.Drifted && task == 1 {
				e.Status, e.Result = event.Changed, map[string]any{"changed": true, "diff": map[string]any{"before": "changed by hand\n", "after": "welcome\n"}}
			}
			rec.Handle(e)
			counts[h.Name] = event.Counts{OK: 4}
		}
	}
	rec.Handle(event.RunEnd{Time: noon.Add(9 * time.Second), Hosts: counts})
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := fleetOf("h1", noon, 3, 1).WriteJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(s.d.Folder(run.ID), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.d.Folder(run.ID), "report.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	run.Runs = "h1"
	if _, err := s.d.Queue().Finish(t.Context(), run, queue.Done, 3, noon.Add(9*time.Second), nil); err != nil {
		t.Fatal(err)
	}
}

// picture leaves a picture of the page in the folder MUSTER_SCREENSHOTS, when there is one.
func picture(t *testing.T, do func(...chromedp.Action), name string) {
	t.Helper()
	dir := os.Getenv("MUSTER_SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	do(chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Error(err)
	}
}

// onPhone makes sure that the page is no wider than the screen of a phone, in the dark as well.
func onPhone(t *testing.T, do func(...chromedp.Action), name string) {
	t.Helper()
	scheme := func(which string) chromedp.Action {
		return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: which}})
	}
	var page, screen int
	do(scheme("dark"))
	picture(t, do, name+"-dark")
	do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), chromedp.Evaluate("document.documentElement.scrollWidth", &page), chromedp.Evaluate("window.innerWidth", &screen))
	if page > screen || screen > 390 {
		t.Errorf("%s is %d pixels wide on a screen of %d", name, page, screen)
	}
	picture(t, do, name+"-phone")
	do(chromedp.EmulateViewport(1280, 800), scheme("light"))
}

// longName is a host's name as long as they come.
const longName = "a-very-long-name-of-a-host-that-somebody-chose.rack-17.datacenter-frankfurt-2.customers.internal.example.org"

// keeps makes sure that a page which changes under somebody's hands leaves alone what they typed and where they are.
func keeps(t *testing.T, s *site, base string, do func(...chromedp.Action)) {
	t.Helper()
	do(chromedp.Navigate(base+"/jobs/deploy"), chromedp.SendKeys("input[name=limit]", "web1"), chromedp.Focus("//button[text()='Run now']"),
		chromedp.Poll(`document.getElementById("live").textContent.includes("live")`, nil))
	if _, err := s.d.Ask(t.Context(), serve.Request{Job: "deploy", Cause: "manual", By: "somebody"}); err != nil {
		t.Fatal(err)
	}
	var typed, focused string
	do(chromedp.Poll(`document.getElementById("main").innerText.includes("by somebody")`, nil), chromedp.Value("input[name=limit]", &typed),
		chromedp.Evaluate("document.activeElement.innerText", &focused))
	if typed != "web1" || focused != "Run now" {
		t.Errorf("a page that changed has %q typed and the focus at %q", typed, focused)
	}
}

// TestBrowser: an operator opens every page, starts a run and sees it end without loading the page again; a viewer has no
// buttons. With MUSTER_SCREENSHOTS=DIR it leaves pictures there.
func TestBrowser(t *testing.T) {
	s := newSite(t)
	furnish(t, s)
	base, do := browse(t, s)
	shot := func(name string) {
		picture(t, do, name)
		onPhone(t, do, name)
	}
	do(login(base, "ops"))
	var text string
	for _, c := range []struct{ path, want, picture string }{
		{"/", "db2", "fleet"}, {"/?days=30", "db2", ""}, {"/hosts/web1", "changed by hand", "host"}, {"/jobs/base", "Correct", "job"},
		{"/runs", "no runs yet", "runs"}, {"/schedule", "*/10 * * * *", "schedule"}, {"/nowhere", "page /nowhere", "missing"},
	} {
		do(chromedp.Navigate(base+c.path), chromedp.Text("main", &text))
		if !strings.Contains(text, c.want) {
			t.Errorf("%s has no %q: %s", c.path, c.want, text)
		}
		if c.picture != "" {
			shot("dashboard-" + c.picture)
		}
	}
	long := &drift.Report{Run: "long", Start: noon, End: noon, Hosts: []drift.Host{{Name: longName, State: drift.InOrder}}}
	if err := s.d.Reports().Save(t.Context(), "a-job-with-a-name-that-is-rather-long", long, nil); err != nil {
		t.Fatal(err)
	}
	for path, name := range map[string]string{"/": "long-fleet", "/hosts/" + longName: "long-host"} {
		do(chromedp.Navigate(base + path))
		onPhone(t, do, name)
	}
	do(chromedp.Navigate(base+"/jobs/base"), chromedp.Click("//button[text()='Look now']"), chromedp.WaitVisible("#verdict"), chromedp.Text("#verdict", &text))
	if text != string(queue.Waiting) {
		t.Errorf("the run is %q", text)
	}
	claimed, err := s.d.Queue().Claim(t.Context(), "me", noon, time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	lookedAt(t, s, claimed[0])
	if _, err := s.d.Ask(t.Context(), serve.Request{Job: "deploy", Cause: "manual"}); err != nil { // something happens
		t.Fatal(err)
	}
	do(chromedp.WaitVisible("#verdict.drift"))
	shot("dashboard-run")
	keeps(t, s, base, do)
	do(login(base, "guest"), chromedp.Navigate(base+"/jobs/base"), chromedp.Text("main", &text))
	if strings.Contains(text, "Look now") {
		t.Error("a viewer is offered to start runs")
	}
}
