//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// counted is a play whose tasks each leave a line on the host for every time that they ran.
const counted = `- hosts: all
  gather_facts: false
  serial: 2
  tasks:
    - {name: one, shell: "echo one >> /srv/ran"}
    - {name: two, copy: {dest: /srv/two, content: "{{ inventory_hostname }}"}, register: two}
    - {name: three, shell: "echo three {{ two.changed }} >> /srv/ran"}
    - {name: four, shell: "echo four >> /srv/ran", notify: told}
    - {name: five, shell: "test ! -e /srv/broken && echo five >> /srv/ran"}
  handlers:
    - {name: told, shell: "echo told >> /srv/ran"}
`

const allOnce = "one\nthree True\nfour\nfive\ntold\n"

// fleet is a lab of some hosts and a folder to run plays on them from.
type fleet struct {
	t       *testing.T
	dir     string
	program string
}

func newFleet(t *testing.T, hosts string) *fleet {
	t.Helper()
	lab(t, "down")
	lab(t, "up", hosts)
	f := &fleet{t: t, dir: t.TempDir(), program: muster(t)}
	f.write("hosts.ini", lab(t, "inventory"))
	f.write("site.yml", counted)
	return f
}

func (f *fleet) write(name, content string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) command(args ...string) *exec.Cmd {
	cmd := exec.Command(f.program, args...)
	cmd.Dir = f.dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(f.dir, "state"), "ANSIBLE_INVENTORY=hosts.ini")
	return cmd
}

// exits runs muster, demands an exit code and returns all that it printed.
func (f *fleet) exits(code int, args ...string) string {
	f.t.Helper()
	cmd := f.command(args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		f.t.Fatalf("muster %s: exit code %d instead of %d\n%s", strings.Join(args, " "), got, code, out)
	}
	return string(out)
}

// ran is what the tasks left on a host.
func (f *fleet) ran(host string) string {
	f.t.Helper()
	return lab(f.t, "run", host, "cat /srv/ran 2>/dev/null || true")
}

// cut runs the play until a task begins, and sends the program a signal.
func (f *fleet) cut(task string, s syscall.Signal) {
	f.t.Helper()
	cmd := f.command("run", "site.yml")
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	cut := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !cut && strings.HasPrefix(lines.Text(), "TASK ["+task+"]") {
			cut = true
			if err := cmd.Process.Signal(s); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if !cut {
		f.t.Fatalf("the play did not come to %s: %s", task, stderr.String())
	}
}

// TestResumeOnRealHosts goes on with runs that were interrupted, killed or failed: every task has run once on every host in
// the end. Only the tasks that were under way when the program was killed may have run twice, since nobody knows of them.
func TestResumeOnRealHosts(t *testing.T) {
	f := newFleet(t, "3")
	hosts := []string{"1", "2", "3"}
	clean := func() {
		for _, h := range hosts {
			lab(t, "run", h, "rm -f /srv/ran /srv/two /srv/broken")
		}
	}
	for _, task := range []string{"two", "three", "four", "five"} {
		t.Run("interrupted in "+task, func(t *testing.T) {
			f.t = t
			clean()
			f.cut(task, syscall.SIGINT)
			f.exits(0, "resume")
			for _, h := range hosts {
				if got := f.ran(h); got != allOnce {
					t.Errorf("host %s ran %q", h, got)
				}
			}
		})
		t.Run("killed in "+task, func(t *testing.T) {
			f.t = t
			clean()
			f.cut(task, syscall.SIGKILL)
			f.exits(0, "resume")
			for _, h := range hosts {
				if got := withoutRepeats(f.ran(h)); got != allOnce {
					t.Errorf("host %s ran %q", h, got)
				}
			}
		})
	}
	t.Run("failed", func(t *testing.T) {
		f.t = t
		clean()
		lab(t, "run", "2", "touch /srv/broken")
		f.exits(2, "run", "site.yml")
		f.exits(2, "resume")
		lab(t, "run", "2", "rm /srv/broken")
		f.exits(0, "resume")
		for _, h := range hosts {
			if got := sorted(f.ran(h)); got != sorted(allOnce) {
				t.Errorf("host %s ran %q", h, got)
			}
		}
	})
}

// withoutRepeats drops the second of two equal lines that follow each other.
func withoutRepeats(ran string) string {
	var out []string
	for line := range strings.Lines(ran) {
		if len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func sorted(lines string) string {
	all := strings.Fields(lines)
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestPlanOnRealHosts saves a plan, which is refused when a host was changed since, and carries another one out.
func TestPlanOnRealHosts(t *testing.T) {
	f := newFleet(t, "3")
	f.write("site.yml", `- hosts: all
  gather_facts: false
  tasks:
    - {name: motd, copy: {dest: /etc/motd, content: "planned\n"}}
    - {name: cron, service: {name: cron, state: stopped}}
    - {name: group, group: {name: planned}}
`)
	out := f.exits(3, "plan", "site.yml", "--out", "my.plan")
	if !strings.Contains(out, "9 changes") && !strings.Contains(out, "on 3 hosts") {
		t.Errorf("the plan:\n%s", out)
	}
	lab(t, "run", "2", "echo by hand >/etc/motd")
	out = f.exits(1, "run", "--plan", "my.plan")
	if !strings.Contains(out, "no longer holds, nothing was changed") || !strings.Contains(out, "finds the host changed since the plan") {
		t.Errorf("the refusal:\n%s", out)
	}
	for _, h := range []string{"1", "2", "3"} {
		if got := lab(t, "run", h, "cat /etc/motd; systemctl is-active cron; getent group planned || true"); strings.Contains(got, "planned") || !strings.Contains(got, "active\n") {
			t.Errorf("host %s was changed by a plan that was refused: %s", h, got)
		}
	}
	f.exits(3, "plan", "site.yml", "--out", "my.plan")
	f.exits(0, "run", "--plan", "my.plan")
	for _, h := range []string{"1", "2", "3"} {
		if got := lab(t, "run", h, "cat /etc/motd; systemctl is-active cron || true; getent group planned"); !strings.HasPrefix(got, "planned\ninactive\nplanned:") {
			t.Errorf("host %s: %s", h, got)
		}
	}
	f.exits(0, "plan", "site.yml")
	f.exits(0, "rollback", "last")
	if got := lab(t, "run", "2", "cat /etc/motd; systemctl is-active cron; getent group planned || true"); got != "by hand\nactive\n" {
		t.Errorf("after the rollback: %q", got)
	}
}
