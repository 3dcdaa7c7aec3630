//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/modules/all"
)

// liveBook fails on three hosts until /tmp/mended is there.
const liveBook = `
- name: Roll out
  hosts: all
  gather_facts: false
  serial: "50%"
  vars_prompt:
    - {name: release, prompt: "Which release", private: false}
  tasks:
    - {name: reset, file: {path: /tmp/live-out, state: absent}}
    - name: breaks on some
      command: test -e /tmp/mended
      changed_when: false
      when: inventory_hostname in broken
    - name: look
      pause: {prompt: "Look around"}
    - {name: write, copy: {dest: /tmp/live-out, content: "release {{ release }}\n"}}
    - {name: slow, command: sleep 1}
- name: Second play
  hosts: all
  gather_facts: false
  tasks:
    - {name: never, command: touch /tmp/live-never}
`

// TestLiveView steers a run on the lab's hosts in a terminal; it wants 30 of them, and makes do with 10.
func TestLiveView(t *testing.T) {
	l := newLiveLab(t, 10, liveBook)
	hosts, on := l.hosts, l.on
	broken := []string{"web1", "web2", "db1"}
	on("all", "rm -f /tmp/mended /tmp/live-out /tmp/live-never")
	s := newScreen(t, l.dir, 80, 24, append(l.env, "TERM=screen-256color")...)
	half := len(hosts) / 2

	s.types(`./muster run -i hosts.ini site.yml --tui -e '{"broken": ["` + strings.Join(broken, `","`) + `"]}'; echo exit $?`)
	s.waits("? Which release", "Enter answers")
	s.tmux("send-keys", "-l", "1.2.3q") // q is text here
	s.keys("Enter")
	s.waits("? Look around", fmt.Sprintf("batch 1/2 (%d of %d hosts)", half, len(hosts)), "2 failed", "task 3/5")
	s.keys("Enter", "p")
	s.waits("PAUSED", "2 failed")

	s.keys("f")
	s.waits("hosts › failures", "F web1", "F web2", "breaks on some")
	s.keys("Enter")
	s.waits(": result", "breaks on some", "/tmp/mended", "rc")
	s.keys("Escape")
	s.loses(": result")
	s.keys("Escape")
	s.loses("› failures")
	s.keys("g")
	s.waits("by inventory group", "web (")
	s.keys("z")
	others := "4,web5"
	if half > 5 {
		others = "[4-"
	}
	s.waits("2: web1,web2", fmt.Sprintf("%d: web%s", half-3, others))
	s.keys("z")
	s.loses("2: web1,web2")
	s.keys("g")
	s.waits("not grouped")
	s.keys("g")
	s.waits("by status")
	s.keys("/")
	s.tmux("send-keys", "-l", "failed")
	s.waits(" 2 hosts", "Enter keeps the filter")
	s.keys("Enter")
	s.waits("hosts  /failed")
	s.keys("Enter")
	s.waits("web1 (web): tasks", "F breaks on some")
	s.keys("Up")
	s.waits("▸. reset")
	s.keys("Tab")
	s.waits("web1 (web): variables", "ansible_host", "ansible_password: (hidden)")
	s.keys("Escape")
	s.loses("variables")
	s.keys("Escape")
	s.loses("/failed")
	s.keys("?")
	s.waits("Look around")
	s.keys("?")
	s.loses("to the top")
	s.keys("l")
	s.waits("hosts › messages")
	s.keys("l")
	s.loses("› messages")
	s.keys("m")
	s.waits("the wheel scrolls")
	s.keys("m")
	s.waits("the mouse is the terminal's")

	s.tmux("resize-window", "-x", "132", "-y", "40")
	s.waits(strings.Repeat("─", 100))
	s.tmux("resize-window", "-x", "80", "-y", "24")
	s.until("the screen of 80 columns", func(text string) bool { return !strings.Contains(text, strings.Repeat("─", 100)) })

	on("web1,web2", "touch /tmp/mended")
	s.keys("f")
	s.waits("› failures", "▸F web") // whichever failed first
	s.keys("r")
	s.waits("1 failed", "PAUSED")
	s.keys("Escape")
	s.loses("› failures") // else the two are one key
	s.keys("R")
	s.waits("0 failed", "PAUSED")
	s.keys("b")
	s.waits("STOPS AFTER THIS BATCH")
	s.keys("p")
	s.waits("? Look around") // those that tried again come to it alone
	s.keys("Enter")
	s.waits("STOPPED in", "exit code 130", "0 failed")
	s.keys("p")
	s.waits("the run is over")
	s.keys("q")
	s.waits("exit 130")
	if text := s.scrollback(); !strings.Contains(text, "PLAY RECAP") || strings.Contains(text, "live view was left") {
		t.Errorf("after the view:\n%s", text)
	}
	s.sane()
	if out := on("all", "ls /tmp/live-out 2>/dev/null | wc -l; ls /tmp/live-never 2>/dev/null; true"); strings.Count(out, "\n1") != half || strings.Contains(out, "live-never") {
		t.Errorf("hosts of the first batch only were to be touched:\n%s", out)
	}

	// db1 fails in the last batch; leaving the view does not end the run, which goes on as text.
	s.types(`./muster run -i hosts.ini site.yml --tui -e release=2 -e '{"broken": ["db1"]}' --limit db; echo exit $?`)
	s.waits("? Look around")
	s.keys("Enter")
	s.keys("q")
	s.waits("the live view was left; the run goes on")
	s.until("the end of the run", func(text string) bool {
		if strings.HasSuffix(strings.TrimSpace(text), "Look around:") { // every batch asks
			s.keys("Enter")
		}
		return strings.Contains(text, "exit 2\n")
	})
	if text := s.scrollback(); !strings.Contains(text, "TASK [never]") {
		t.Errorf("the run did not go on as text:\n%s", text)
	}
	s.sane()

	// When the run is over, failed hosts run again alone.
	s.types(`clear; ./muster run -i hosts.ini site.yml --tui -e release=2 -e '{"broken": ["db1"]}' --limit db1; echo exit $?`)
	s.waits("FAILED in", "exit code 2", "1 failed")
	on("db1", "touch /tmp/mended")
	s.keys("R")
	s.waits("? Look around")
	s.keys("Enter")
	s.waits("DONE in", "exit code 0")
	s.keys("q")
	s.waits("exit 0")

	// Signals, and the death of the program, leave the terminal as it was.
	for _, signal := range []string{"TERM", "KILL", "ABRT"} {
		s.types("clear; ./muster run -i hosts.ini site.yml --tui -e release=2 -e '{\"broken\": []}'; echo exit $? | tee code")
		s.waits("? Look around")
		kill(t, s, signal)
		if signal == "TERM" {
			s.keys("Enter")
			s.waits("STOPPED in")
			s.keys("l")
			s.waits("stopping after the running tasks")
			s.keys("q")
		}
		if signal != "TERM" {
			s.waits("muster: the program ended in the middle of the run")
			s.keys("Enter") // the shell may have written its prompt to the screen that is gone
		}
		s.waits("ready>")
		code, err := os.ReadFile(filepath.Join(l.dir, "code"))
		if want := map[string]string{"TERM": "130", "KILL": "137", "ABRT": "2"}[signal]; err != nil || strings.TrimSpace(string(code)) != "exit "+want {
			t.Errorf("%s: %q, want exit %s", signal, code, want)
		}
		s.sane()
	}
	// ^C is an interrupt, and without colours letters tell everything.
	s.types("clear; NO_COLOR=1 ./muster run -i hosts.ini site.yml --tui -e release=2 -e '{\"broken\": [\"web1\"]}'; echo exit $?")
	s.waits("? Look around")
	s.keys("Enter", "C-c")
	s.waits("STOPPED in", "exit code 130")
	if colors := s.tmux("capture-pane", "-p", "-e"); regexp.MustCompile(`\x1b\[([0-9]+;)*[349][0-8]m`).MatchString(colors) {
		t.Errorf("NO_COLOR is coloured:\n%q", colors)
	}
	s.keys("q")
	s.waits("exit 130")
	s.sane()
}

// liveLab is a folder with a playbook for the lab's hosts.
type liveLab struct {
	t     *testing.T
	dir   string
	env   []string
	hosts []string
}

func newLiveLab(t *testing.T, least int, book string) *liveLab {
	t.Helper()
	labOf(t, least)
	l := &liveLab{t: t, dir: t.TempDir(), hosts: strings.Split(strings.TrimSpace(lab(t, "addresses")), ",")}
	l.env = []string{"MUSTER_HISTORY=off", "XDG_STATE_HOME=" + filepath.Join(l.dir, "state")}
	write(t, l.dir, "ansible.cfg", "[defaults]\nhost_key_checking = no\nremote_user = root\nprivate_key_file = "+os.Getenv("MUSTER_LAB_KEY")+"\n")
	write(t, l.dir, "hosts.ini", liveInventory(l.hosts))
	write(t, l.dir, "site.yml", book)
	link(t, muster(t), filepath.Join(l.dir, "muster"))
	return l
}

// on runs a command on hosts and returns what muster prints.
func (l *liveLab) on(host, command string) string {
	l.t.Helper()
	out := play(l.t, l.dir, l.env, muster(l.t), "exec", "-i", "hosts.ini", host, "-m", "raw", "-a", command)
	if out.code != 0 {
		l.t.Fatalf("%s: exit code %d\n%s%s", command, out.code, out.stdout, out.stderr)
	}
	return out.stdout
}

// write writes a file of a test.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(from, to); err != nil {
		t.Fatal(err)
	}
}

// kill sends a signal to the muster that runs in the terminal.
func kill(t *testing.T, s *screen, signal string) {
	t.Helper()
	shell := strings.TrimSpace(s.tmux("display-message", "-p", "#{pane_pid}"))
	out, err := exec.Command("pkill", "-"+signal, "-P", shell, "muster").CombinedOutput()
	if err != nil {
		t.Fatalf("no muster in the terminal: %v %s", err, out)
	}
}

// liveInventory names the hosts web1 … and db1 …, every second of each kind in its half.
func liveInventory(hosts []string) string {
	web, db := "[web]\n", "[db]\n"
	for i, address := range hosts {
		if i < len(hosts)/2 {
			web += fmt.Sprintf("web%d ansible_host=%s ansible_password=unused\n", i+1, address)
		} else {
			db += fmt.Sprintf("db%d ansible_host=%s\n", i-len(hosts)/2+1, address)
		}
	}
	return web + db
}

// TestLiveViewOfThousands watches 2,000 simulated hosts.
func TestLiveViewOfThousands(t *testing.T) {
	const n = 2000
	site, err := demo.Start(demo.Options{Hosts: n, Modules: all.All(), Version: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	link(t, muster(t), filepath.Join(site.Dir, "muster"))
	write(t, site.Dir, "big.yml", `
- name: Two thousand
  hosts: all
  gather_facts: false
  tasks:
    - {name: folder, file: {path: /srv/app, state: directory}}
    - {name: motd, copy: {dest: /etc/motd, content: "hello\n"}}
    - name: breaks
      fail: {msg: "broken by \e[31mdesign"}
      when: inventory_hostname is match('web.*77$')
    - {name: fact, set_fact: {x: 1}}
    - name: look
      pause: {prompt: "Look around"}
    - {name: last, file: {path: /srv/last, state: touch}}
`)
	s := newScreen(t, site.Dir, 200, 50, "ANSIBLE_CONFIG="+site.Config, "MUSTER_HISTORY=off", "TERM=screen-256color")
	s.types("./muster run -i hosts.ini big.yml --tui; echo exit $?")
	s.waits("2000 hosts", "running")
	s.waits("? Look around", "20 failed", "1980 changed")
	s.keys("Enter", "p")
	s.waits("PAUSED")
	text := s.waits("20: web77,web177", "1979: web[2-76]")
	if strings.Contains(text, "web500 ") {
		t.Errorf("equal hosts are not folded:\n%s", text)
	}
	s.keys("z")
	s.waits(" web1977 ", " web177 ", " web20 ")
	s.keys("End")
	s.waits("▸web2000")
	s.keys("PPage")
	s.loses("▸web2000")
	s.keys("NPage")
	s.waits("▸web2000")
	s.keys("Home")
	s.waits("▸web77 ")
	s.keys("j")
	s.waits("▸web177 ")
	s.keys("k")
	s.waits("▸web77 ")
	s.keys("C-l")
	s.waits("▸web77 ", "PAUSED")
	s.keys("f")
	s.waits("F web77", "F web1977", "broken by design")
	s.keys("End", "Enter")
	s.waits(": result", "failed on web", "broken by") // whichever failed last
	s.keys("Escape")
	s.loses(": result")
	s.keys("Escape")
	s.loses("› failures")
	s.keys("/")
	s.tmux("send-keys", "-l", "web199")
	s.waits(" 11 hosts", "web1999")
	s.keys("Enter", "p")
	s.waits("FAILED in", "exit code 2")
	s.keys("Escape")
	s.loses("/web199")
	s.keys("g")
	s.waits("web (2000)", "20 failed, 1980 changed")
	s.tmux("resize-window", "-x", "80", "-y", "24")
	s.waits("web (2000)")
	s.keys("q")
	s.waits("exit 2")
	s.sane()
}
