//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/modules/all"
)

// backBook writes a file and waits on hosts where held says so.
const backBook = `
- name: Roll out
  hosts: all
  gather_facts: false
  serial: "50%"
  tasks:
    - {name: write, copy: {dest: /etc/live-back, content: new}}
    - {name: hold, wait_for: {path: /tmp/live-go, timeout: 600}, changed_when: false, when: held | default('') in group_names}
    - {name: never, copy: {dest: /etc/live-back-never, content: x}, when: held | default('') in group_names}
`

// TestLiveViewRollsBack undoes a run in its second batch, and one that is over.
func TestLiveViewRollsBack(t *testing.T) {
	l := newLiveLab(t, 6, backBook)
	l.on("all", "rm -f /tmp/live-go /etc/live-back-never; echo old > /etc/live-back")
	asBefore := func() {
		t.Helper()
		out := l.on("all", "cat /etc/live-back; ls /etc/live-back-never 2>/dev/null; true")
		if strings.Count(out, "\nold\n") != len(l.hosts) || strings.Contains(out, "never") {
			t.Errorf("hosts are not as before:\n%s", out)
		}
	}
	asBefore()
	s := newScreen(t, l.dir, 80, 24, append(l.env, "TERM=screen-256color")...)

	s.types("./muster run -i hosts.ini site.yml --tui -e held=db; echo exit $?")
	s.waits("batch 2/2", "> hold")
	s.keys("u")
	s.waits("oll back what this run changed?")
	s.keys("n")
	s.loses("oll back what this run changed?")
	s.keys("u")
	s.waits("oll back what this run changed?")
	s.keys("y")
	l.on("db", "touch /tmp/live-go")
	s.waits("ROLLED BACK in", "exit code 6", "0 failed", "rolled back (", "undo copy /etc/live-back")
	s.keys("/")
	s.tmux("send-keys", "-l", "web2")
	s.waits(" 1 host ")
	s.keys("Enter", "Enter")
	s.waits("web2 (web): tasks", "B undo copy /etc/live-back", "undone")
	s.keys("End", "Enter")
	s.waits("undo: undone", "task: write")
	s.keys("Escape")
	s.loses(": result")
	s.keys("Escape")
	s.loses(": tasks")
	s.keys("l")
	s.waits("rolling back Roll out on", "asked for by hand", "rolled back on")
	s.keys("l", "q")
	s.waits("exit 6", "what it changed was taken back")
	s.sane()
	asBefore()

	s.types("clear; ./muster run -i hosts.ini site.yml --tui; echo exit $?")
	s.waits("DONE in", "exit code 0", "changed (")
	s.keys("u")
	s.waits("oll back what this run changed?")
	s.keys("y")
	s.waits("rollback  DONE in", "0 failed", "rolled back (")
	s.keys("u")
	s.waits("oll back what this run changed?")
	s.keys("y")
	s.waits("nothing of this run is left to undo")
	s.keys("q")
	s.waits("exit 6")
	s.sane()
	asBefore()
}

// TestLiveViewLosesTheTerminal closes the window of a view after the run and amid it: nothing stays behind.
func TestLiveViewLosesTheTerminal(t *testing.T) {
	l := newLiveLab(t, 6, backBook)
	l.on("all", "rm -f /tmp/live-go")
	for _, c := range []struct{ held, shows string }{{"none", "DONE in"}, {"web", "> hold"}} {
		s := newScreen(t, l.dir, 80, 24, append(l.env, "TERM=screen-256color")...)
		s.types("./muster run -i hosts.ini site.yml --tui -e held=" + c.held + " --limit web1")
		s.waits(c.shows)
		s.tmux("kill-server")
		if c.held == "web" {
			l.on("web1", "touch /tmp/live-go")
		}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(patience); len(mustersIn(t, l.dir)) > 0; <-tick.C {
			if time.Now().After(deadline) {
				t.Fatalf("%s: processes outlive their terminal: %v", c.shows, mustersIn(t, l.dir))
			}
		}
	}
}

// mustersIn are the processes called muster that work in a folder.
func mustersIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range names {
		cwd, err := os.Readlink(filepath.Join(p, "cwd"))
		command, _ := os.ReadFile(filepath.Join(p, "comm")) // gone when it ended since
		if err == nil && cwd == dir && strings.TrimSpace(string(command)) == "muster" {
			out = append(out, filepath.Base(p))
		}
	}
	return out
}

// TestLiveViewOfFew watches three simulated hosts and more tasks than a screen has room for.
func TestLiveViewOfFew(t *testing.T) {
	site, err := demo.Start(demo.Options{Hosts: 3, Modules: all.All(), Version: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	link(t, muster(t), filepath.Join(site.Dir, "muster"))
	var book strings.Builder
	book.WriteString("- {name: Many tasks, hosts: all, gather_facts: false, tasks: [\n")
	for range 70 {
		book.WriteString("  {debug: {msg: x}},\n")
	}
	book.WriteString("  {name: last, debug: {msg: y}}]}\n")
	write(t, site.Dir, "many.yml", book.String())
	s := newScreen(t, site.Dir, 80, 24, "ANSIBLE_CONFIG="+site.Config, "XDG_STATE_HOME="+filepath.Join(site.Dir, "state"), "TERM=screen-256color")
	s.types("./muster run -i hosts.ini many.yml --tui; echo exit $?")
	s.waits("DONE in", "3 ok", "▸web1", " web3 ", "-71 of 71")
	s.keys("Left")
	s.loses("-71 of 71")
	s.keys("Left", "Left", "Left", "Left", "Left", "Left")
	s.waits("tasks 1-")
	s.keys("Right", "Right", "Right", "Right", "Right", "Right", "Right")
	s.waits("-71 of 71")
	s.tmux("resize-window", "-x", "220", "-y", "60")
	s.waits("now, by status", strings.Repeat("─", 200))
	s.tmux("resize-window", "-x", "40", "-y", "10")
	s.until("a tiny screen", func(text string) bool {
		return !strings.Contains(text, strings.Repeat("─", 41)) && strings.Contains(text, "▸web1")
	})
	s.tmux("resize-window", "-x", "80", "-y", "24")
	s.waits("▸web1", "? help")
	s.keys("q")
	s.waits("exit 0")
	s.sane()

	// The same over the history, where the run cannot be steered.
	s.types("clear; ./muster history show last --tui; echo exit $?")
	s.waits("many.yml", "DONE in", "3 ok", "▸web1", "-71 of 71")
	s.keys("p")
	s.waits("the run is over")
	s.keys("u")
	s.waits("this run cannot do that")
	s.keys("R")
	s.waits("no failed host to retry")
	s.keys("Enter")
	s.waits("web1: tasks", "▸. last")
	s.keys("Enter")
	s.waits(": result", "ok on web1", "many.yml:")
	s.keys("q")
	s.waits("exit 0")
	s.sane()
}

// TestLiveViewShowsOutput has what commands write on hosts shown while they run, as another user too, and none of it under no_log.
func TestLiveViewShowsOutput(t *testing.T) {
	l := newLiveLab(t, 6, `
- hosts: web1
  gather_facts: false
  tasks:
    - name: long
      shell: echo step-one; while ! test -e /tmp/live-go; do sleep 0.1; done; echo step-two
      become: "{{ other | default(false) }}"
      become_user: watcher
      no_log: "{{ hidden | default(false) }}"
`)
	s := newScreen(t, l.dir, 100, 24, append(l.env, "TERM=screen-256color")...)
	l.on("web1", "id watcher || useradd --create-home watcher")
	for _, extra := range []string{"", " -e other=true", " -e hidden=true"} {
		l.on("web1", "rm -f /tmp/live-go")
		s.types("clear; ./muster run -i hosts.ini site.yml --tui" + extra + "; echo exit $?")
		if extra == " -e hidden=true" {
			s.waits("> long")
		} else {
			s.waits("> long: step-one")
			s.keys("Enter")
			s.waits("web1 (web): tasks", "    step-one")
		}
		l.on("web1", "touch /tmp/live-go")
		if text := s.waits("DONE in"); extra == " -e hidden=true" && strings.Contains(text, "step-") {
			t.Errorf("no_log is shown:\n%s", text)
		}
		s.keys("q")
		s.waits("exit 0")
		s.sane()
	}
}
