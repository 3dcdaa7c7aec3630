//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// balanced is a play whose hosts leave a load balancer (the first host, which only writes down what it is told) before they
// are worked on.
const balanced = `
- name: Another play
  hosts: lab[0:2]
  gather_facts: false
  tasks:
    - {name: issue, copy: {dest: /etc/issue, content: "a lab\n"}}
- name: Behind a balancer
  hosts: lab[0:2]
  gather_facts: false
  serial: 1
  rollback: true
  pre_tasks:
    - {name: drain, shell: "echo drain {{ inventory_hostname }} >>/tmp/balancer", delegate_to: "{{ groups.lab[0] }}", changed_when: false}
  tasks:
    - {name: motd, copy: {dest: /etc/motd, content: "welcome {{ greeting | default('') }}\n"}}
  gate:
    - {name: well, command: grep -q welcome /etc/motd, changed_when: false}
  restore:
    - {name: enable, shell: "echo enable {{ inventory_hostname }} >>/tmp/balancer", delegate_to: "{{ groups.lab[0] }}", changed_when: false}
`

// TestCorrectionDrains: a host that drifted leaves the balancer while it is put right and comes back; hosts that need nothing
// of the play stay in service, as they do for a difference that is not to be corrected.
func TestCorrectionDrains(t *testing.T) {
	lab(t, "up", "3")
	dir := t.TempDir()
	inventory := lab(t, "inventory")
	for name, text := range map[string]string{"hosts.ini": inventory, "site.yml": balanced, "none.cfg": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"ANSIBLE_CONFIG=" + filepath.Join(dir, "none.cfg"), "MUSTER_HISTORY=" + filepath.Join(dir, "history.db")}
	run := func(code int, args ...string) string {
		t.Helper()
		out := play(t, dir, env, muster(t), args...)
		if out.code != code {
			t.Fatalf("muster %s: exit %d\n%s%s", strings.Join(args, " "), out.code, out.stdout, out.stderr)
		}
		return out.stdout
	}
	var hosts []string
	for line := range strings.SplitSeq(inventory, "\n") {
		if name, _, ok := strings.Cut(line, " ansible_host="); ok {
			hosts = append(hosts, name)
		}
	}
	told := func(about, want string) {
		t.Helper()
		if got := lab(t, "run", "1", "cat /tmp/balancer; rm -f /tmp/balancer"); got != want {
			t.Errorf("%s: the balancer was told\n%swant\n%s", about, got, want)
		}
	}
	lab(t, "run", "1", "rm -f /tmp/balancer")
	run(0, "run", "-i", "hosts.ini", "site.yml")
	lab(t, "run", "1", "rm -f /tmp/balancer; touch /tmp/balancer")
	run(0, "drift", "-i", "hosts.ini", "site.yml")
	told("a look", "")

	lab(t, "run", "1", "touch /tmp/balancer")
	lab(t, "run", "2", "echo hacked >/etc/motd")
	lab(t, "run", "3", "echo hacked >/etc/issue")
	out := run(0, "drift", "-i", "hosts.ini", "site.yml", "--correct")
	if !strings.Contains(out, "Corrected 2 hosts; now 3 in order") {
		t.Errorf("the correction:\n%s", out)
	}
	told("a correction", "drain "+hosts[1]+"\nenable "+hosts[1]+"\n")

	lab(t, "run", "1", "touch /tmp/balancer")
	lab(t, "run", "2", "echo hacked >/etc/issue")
	out = run(3, "drift", "-i", "hosts.ini", "-e", "greeting=all", "site.yml", "--correct")
	if !strings.Contains(out, "Left alone: "+hosts[1]+": motd: its difference is intended") {
		t.Errorf("a difference that is intended:\n%s", out)
	}
	told("a difference that is intended", "")
}
