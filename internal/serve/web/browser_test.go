//go:build e2e

package web

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/drift"
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

// TestBrowser: an operator opens every page, starts a run and sees it end without loading the page again; a viewer has no
// buttons. With MUSTER_SCREENSHOTS=DIR it leaves pictures there.
func TestBrowser(t *testing.T) {
	s := newSite(t)
	report := &drift.Report{Run: "r1", Start: noon.Add(-time.Minute), End: noon, Hosts: []drift.Host{
		{Name: "web1", State: drift.Drifted, Assessed: 9, Assessable: 10, Drift: []drift.Difference{{
			Key: "k", Task: "message of the day", Action: "copy", Pos: diag.Pos{File: "site.yml", Line: 12, Col: 7}, Class: drift.Corrective, Why: "the host changed since run r0 applied the same", FirstSeen: noon.Add(-time.Hour), Seen: 3,
			Text: "--- before: /etc/motd\n+++ after: motd.j2\n@@ -1 +1 @@\n-changed by hand\n+welcome\n"}}},
		{Name: "web2", State: drift.InOrder, Assessed: 10, Assessable: 10}, {Name: "web3", State: drift.Unreachable, Problem: "connection refused"},
	}}
	if err := s.d.Reports().Save(t.Context(), "base", report, nil); err != nil {
		t.Fatal(err)
	}
	base, do := browse(t, s)
	shot := func(name string) {
		var png []byte
		do(chromedp.FullScreenshot(&png, 100))
		if dir := os.Getenv("MUSTER_SCREENSHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
	do(login(base, "ops"))
	var text string
	for _, c := range []struct{ path, want, picture string }{
		{"/", "web3", "fleet"}, {"/hosts/web1", "changed by hand", "host"}, {"/jobs/base", "Correct", "job"},
		{"/runs", "no runs yet", ""}, {"/schedule", "*/10 * * * *", "schedule"},
	} {
		do(chromedp.Navigate(base+c.path), chromedp.Text("main", &text))
		if !strings.Contains(text, c.want) {
			t.Errorf("%s has no %q: %s", c.path, c.want, text)
		}
		if c.picture != "" {
			shot("dashboard-" + c.picture)
		}
	}
	do(chromedp.Navigate(base+"/jobs/base"), chromedp.Click("//button[text()='Look now']"), chromedp.WaitVisible("#verdict"), chromedp.Text("#verdict", &text))
	if text != string(queue.Waiting) {
		t.Errorf("the run is %q", text)
	}
	claimed, err := s.d.Queue().Claim(t.Context(), "me", noon, time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	if _, err := s.d.Queue().Finish(t.Context(), claimed[0], queue.Done, 3, noon, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.d.Ask(t.Context(), serve.Request{Job: "deploy", Cause: "manual"}); err != nil { // something happens
		t.Fatal(err)
	}
	do(chromedp.WaitVisible("#verdict.drift"))
	shot("dashboard-run")
	do(login(base, "guest"), chromedp.Navigate(base+"/jobs/base"), chromedp.Text("main", &text))
	if strings.Contains(text, "Look now") {
		t.Error("a viewer is offered to start runs")
	}
}
