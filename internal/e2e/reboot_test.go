//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestReboot restarts hosts amid a run; what the run did before and after it can be undone.
func TestReboot(t *testing.T) {
	f := newFleet(t, "2")
	f.write("site.yml", `- hosts: all
  gather_facts: false
  rollback: true
  tasks:
    - {name: boot, command: cat /proc/sys/kernel/random/boot_id, register: before, changed_when: false}
    - {name: early, copy: {dest: /srv/early, content: x}}
    - {name: restart, reboot: {reboot_timeout: 120, test_command: systemctl is-system-running --wait || true}}
    - {name: boot again, command: cat /proc/sys/kernel/random/boot_id, register: after, changed_when: false}
    - {name: another boot, assert: {that: before.stdout != after.stdout}}
    - {name: late, copy: {dest: /srv/late, content: x}}
    - {name: broken, fail: , when: broken | default(false)}
`)
	env := []string{"XDG_STATE_HOME=" + t.TempDir()}
	out := play(t, f.dir, env, f.program, "run", "-i", "hosts.ini", "site.yml", "-e", "broken=true")
	if out.code == 0 || strings.Count(out.stdout, "undone: ") != 4 {
		t.Fatalf("exit code %d, want four changes undone\n%s\n%s", out.code, out.stdout, out.stderr)
	}
	if left := lab(t, "run", "1", "ls /srv"); strings.TrimSpace(left) != "" {
		t.Errorf("left in /srv: %s", left)
	}
	out = play(t, f.dir, env, f.program, "run", "-i", "hosts.ini", "site.yml")
	if out.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", out.code, out.stdout, out.stderr)
	}
	for host, counts := range recap(out.stdout) {
		if !strings.Contains(counts, "changed=3 ") {
			t.Errorf("%s: %s", host, counts)
		}
	}
}
