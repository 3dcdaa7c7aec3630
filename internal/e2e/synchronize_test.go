//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSynchronize has rsync go to hosts and back: with the connection's key and with a password, as another user, between
// two hosts, and as a dry run.
func TestSynchronize(t *testing.T) {
	real(t, "rsync")
	real(t, "sshpass")
	f := newFleet(t, "2")
	lab(t, "nat")
	for _, i := range []string{"1", "2"} {
		lab(t, "run", i, `command -v rsync >/dev/null || { apt-get update -qq && apt-get install -y -qq rsync; } >/dev/null
			echo "permit nopass root" > /etc/doas.conf
			useradd -m -s /bin/bash paula && echo paula:p4ss-w0rd | chpasswd`)
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "files", "tree", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("files/tree/sub/a b", "content\n")
	f.write("site.yml", `- hosts: all
  gather_facts: false
  tasks:
    - {name: dry, ansible.posix.synchronize: {src: tree/, dest: /srv/tree}, check_mode: true, register: dry}
    - {name: nothing came, stat: {path: /srv/tree}, register: there}
    - {name: says so, assert: {that: [dry is changed, not there.stat.exists]}}
    - {name: push, ansible.posix.synchronize: {src: tree/, dest: /srv/tree}}
    - {name: again, synchronize: {src: tree/, dest: /srv/tree}, register: again}
    - {name: unchanged, assert: {that: again is not changed}}
    - {name: pull, synchronize: {src: /srv/tree/, dest: "{{ inventory_hostname }}", mode: pull}}
    - name: with a password, as somebody else
      synchronize: {src: tree/, dest: paulas, private_key: /dev/null}
      vars: {ansible_user: paula, ansible_password: p4ss-w0rd}
    - {name: theirs, stat: {path: /home/paula/paulas/sub/a b}, register: theirs}
    - {name: is hers, assert: {that: theirs.stat.pw_name == "paula"}}
    - name: as somebody else through doas
      synchronize: {src: tree/, dest: /home/paula/doas}
      become: true
      become_user: paula
      become_method: doas
    - {name: doas, stat: {path: /home/paula/doas/sub/a b}, register: doas}
    - {name: is hers as well, assert: {that: doas.stat.pw_name == "paula"}}
    - name: from one folder of the host to another
      synchronize: {src: /srv/tree/, dest: /srv/copy, delete: true}
      delegate_to: "{{ inventory_hostname }}"
    - {name: copy, command: diff -r /srv/tree /srv/copy, changed_when: false}
`)
	out := play(t, f.dir, []string{"XDG_STATE_HOME=" + t.TempDir()}, f.program, "run", "-i", "hosts.ini", "site.yml")
	if out.code != 0 || strings.Contains(out.stdout+out.stderr, "p4ss-w0rd") {
		t.Fatalf("exit code %d\n%s\n%s", out.code, out.stdout, out.stderr)
	}
	for host, counts := range recap(out.stdout) {
		got, err := os.ReadFile(filepath.Join(f.dir, host, "sub", "a b"))
		if err != nil || string(got) != "content\n" {
			t.Errorf("%s (%s): pulled %q, %v", host, counts, got, err)
		}
	}
}
