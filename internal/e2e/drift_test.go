//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/serve"
)

const driftJobs = `
notify: {file: {command: [sh, -c, 'echo "$MUSTER_NEWS: $MUSTER_SUBJECT" >>DIR/news']}}
jobs:
  apply: {playbook: site.yml, inventory: hosts.ini, mode: run}
  watch:
    playbook: site.yml
    inventory: hosts.ini
    schedule: "* * * * *"
    mode: correct
    max_hosts: 3
    serial: 2
    notify: file
`

// meddle is what somebody does by hand: a file edited, a mode changed, a package removed, a service stopped, a user added.
const meddle = `echo hacked >>/etc/motd; chmod 666 /etc/muster-lab.conf; dpkg --purge tcsh >/dev/null 2>&1; systemctl stop cron; useradd intruder`

// restored fails unless all of that is gone.
const restored = `! grep -q hacked /etc/motd && test "$(stat -c %a /etc/muster-lab.conf)" = 640 && dpkg -s tcsh >/dev/null && systemctl is-active cron && ! id intruder 2>/dev/null`

// watched are twelve hosts of the lab under a daemon that looks at them every minute.
type watched struct {
	*daemon
	t     *testing.T
	hosts []string
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	lab(t, "up", "12")
	lab(t, "nat")
	dir := t.TempDir()
	inventory := lab(t, "inventory")
	w := &watched{t: t}
	for line := range strings.SplitSeq(inventory, "\n") {
		if name, _, ok := strings.Cut(line, " ansible_host="); ok {
			w.hosts = append(w.hosts, name)
		}
	}
	play, err := os.ReadFile(filepath.Join(top(t), "internal/e2e/testdata/drift/site.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"hosts.ini": inventory, "site.yml": string(play), "vars.yml": "greeting: hello\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.daemon = serveIn(t, dir, driftJobs)
	return w
}

// on runs a command on some hosts, by their numbers from 1.
func (w *watched) on(command string, numbers ...int) {
	w.t.Helper()
	for _, n := range numbers {
		lab(w.t, "run", strconv.Itoa(n), command)
	}
}

// apply runs the playbook on all hosts.
func (w *watched) apply() {
	w.t.Helper()
	if r := w.run("apply"); r.Exit != 0 {
		w.t.Fatalf("the playbook: %+v", r)
	}
}

// look waits for the next scheduled run and compares its exit code, and what it found on the hosts that are not in order:
// "NUMBER: STATE CORRECTIVE INTENDED UNKNOWN".
func (w *watched) look(about string, exit int, found ...string) serve.Outcome {
	w.t.Helper()
	r, o := w.next("watch")
	var got []string
	for _, h := range o.Hosts {
		if h.State != drift.InOrder {
			got = append(got, fmt.Sprintf("%d: %s %d %d %d", slices.Index(w.hosts, h.Name)+1, h.State, h.Count(drift.Corrective), h.Count(drift.Intended), h.Count(drift.Unknown)))
		}
	}
	slices.Sort(got)
	slices.Sort(found)
	if r.Exit != exit || r.Cause != "schedule" || len(o.Hosts) != len(w.hosts) || !slices.Equal(got, found) {
		w.t.Fatalf("%s: %+v\nfound %q\nwant  %q, exit %d\n%+v", about, r, got, found, exit, o.Correction)
	}
	return o
}

// corrected makes sure that a run put hosts right and left none that drifted among them.
func (w *watched) corrected(about string, o serve.Outcome, numbers ...int) {
	w.t.Helper()
	var want []string
	for _, n := range numbers {
		want = append(want, w.hosts[n-1])
	}
	slices.Sort(want)
	c := o.Correction
	if c == nil || !slices.Equal(c.Hosts, want) || c.Refused != "" || c.Exit != 0 || c.After == nil {
		w.t.Fatalf("%s: %+v, want %v corrected", about, c, want)
	}
	w.on(restored, numbers...)
}

// told waits until people were told so much, and no more.
func (w *watched) told(want ...string) {
	w.t.Helper()
	var lines []string
	w.until("news: "+strings.Join(want, " / "), 2e9*60, func() bool {
		text, err := os.ReadFile(filepath.Join(w.dir, "news"))
		lines = strings.Split(strings.TrimSpace(string(text)), "\n")
		return err == nil && len(lines) >= len(want)
	})
	if !slices.Equal(lines, want) {
		w.t.Fatalf("people were told\n%s\nnot\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestDriftByHand changes hosts by hand under a daemon that looks every minute. Everything is found by the next run, has the
// right class, and is put right within the guards; what is told is told once.
func TestDriftByHand(t *testing.T) {
	w := newWatched(t)
	w.apply()
	w.look("after an apply", 0)

	w.on(meddle, 2, 5, 9)
	o := w.look("meddled with", 0, "2: drifted 5 0 0", "5: drifted 5 0 0", "9: drifted 5 0 0")
	w.corrected("meddled with", o, 2, 5, 9)
	news := []string{"drift: watch: 3 hosts drifted, now put right"}
	w.told(news...)
	w.look("put right", 0)

	w.on(meddle, 1, 3, 4, 6)
	all := []string{"1: drifted 5 0 0", "3: drifted 5 0 0", "4: drifted 5 0 0", "6: drifted 5 0 0"}
	o = w.look("more than the guard allows", 3, all...)
	if c := o.Correction; c == nil || !strings.Contains(c.Refused, "at most 3 may be corrected at once") || len(c.Hosts) > 0 {
		t.Fatalf("the guard: %+v", o.Correction)
	}
	w.look("the same again", 3, all...)
	w.write(strings.Replace(driftJobs, "max_hosts: 3", "max_hosts: 50%", 1))
	o = w.look("within the guard", 0, all...)
	w.corrected("within the guard", o, 1, 3, 4, 6)
	news = append(news, "drift: watch: 4 drifted hosts, 20 corrective, 0 intended, 0 unknown", "recovery: watch: all is well again")
	w.told(news...)

	w.changedPlaybook(&news)
	w.switchedOff(&news)
}

// changedPlaybook changes what the playbook asks for on all hosts, and one of them by hand: the latter is put right, the
// former is left to people.
func (w *watched) changedPlaybook(news *[]string) {
	if err := os.WriteFile(filepath.Join(w.dir, "vars.yml"), []byte("greeting: good day\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.on("chmod 666 /etc/muster-lab.conf", 7)
	var found []string
	for n := range w.hosts {
		found = append(found, fmt.Sprintf("%d: drifted 0 1 0", n+1))
	}
	found[6] = "7: drifted 1 1 0"
	o := w.look("a changed playbook", 3, found...)
	w.corrected("a changed playbook", o, 7)
	w.apply()
	w.look("applied", 0)
	*news = append(*news, "drift: watch: 12 drifted hosts, 0 corrective, 12 intended, 0 unknown", "recovery: watch: all is well again")
	w.told(*news...)
}

// switchedOff takes a host away and gives it back.
func (w *watched) switchedOff(news *[]string) {
	lab(w.t, "off", "11")
	w.look("switched off", 4, "11: unreachable 0 0 0")
	lab(w.t, "up", "12")
	w.look("back", 0)
	*news = append(*news, "failure: watch: 0 failed, 1 unreachable, 0 drifted", "recovery: watch: all is well again")
	w.told(*news...)
}
