//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// service is muster serve under systemd on the lab's first host. It works on the second one as a user who needs a password
// for sudo, with a secret from a vault.
type service struct {
	t *testing.T
}

const serviceJobs = `listen: 127.0.0.1:8420
tokens: {test: {role: operator, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}}
jobs:
  deploy:
    playbook: site.yml
    inventory: hosts.ini
    mode: run
    key: key
    vars_files: secrets.yml
    vault_file: vault.secret
    become_file: become.secret
    args: [-u, op, -b]
`

const serviceSite = `
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: /root/began, content: x}
    - wait_for: {path: /tmp/go, timeout: 300}
    - copy: {dest: /root/secret, content: "{{ secret }}", mode: "0600"}
      no_log: true
    - file: {path: /tmp/go, state: absent}
`

// on runs a command as root on a host and returns what it prints.
func (s *service) on(host int, command string) string {
	s.t.Helper()
	return strings.TrimSpace(lab(s.t, "run", strconv.Itoa(host), command))
}

// give writes a file on the first host.
func (s *service) give(path, mode string, from *os.File) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(top(s.t), "lab", "lab"), "run", "1", fmt.Sprintf("cat >%[1]s.new && chmod %[2]s %[1]s.new && mv %[1]s.new %[1]s", path, mode))
	cmd.Stdin = from
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", path, err, out)
	}
}

func (s *service) giveText(path, mode, text string) {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "x")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.giveFile(path, mode, name)
}

func (s *service) giveFile(path, mode, name string) {
	s.t.Helper()
	f, err := os.Open(name)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	s.give(path, mode, f)
}

var keyOfLab = regexp.MustCompile(`ansible_ssh_private_key_file=(\S+)`)

func (s *service) install() {
	s.t.Helper()
	inventory := lab(s.t, "inventory")
	key := keyOfLab.FindStringSubmatch(inventory)[1]
	_, address, _ := strings.Cut(strings.Split(inventory, "\n")[2], "ansible_host=")
	s.on(2, `id op >/dev/null 2>&1 || useradd -m -s /bin/bash op; echo op:xyzzy | chpasswd; echo 'op ALL=(ALL) ALL' >/etc/sudoers.d/op
		mkdir -p /home/op/.ssh; cp /root/.ssh/authorized_keys /home/op/.ssh/; chown -R op: /home/op/.ssh; rm -f /root/began /root/secret /tmp/go`)
	s.on(1, `id muster >/dev/null 2>&1 || useradd --system --home-dir /var/lib/muster muster; mkdir -p /etc/muster`)
	s.giveFile("/usr/bin/muster", "755", muster(s.t))
	s.giveFile("/etc/systemd/system/muster.service", "644", filepath.Join(top(s.t), "examples/serve/muster.service"))
	s.giveText("/etc/muster/jobs.yaml", "640", serviceJobs)
	s.giveText("/etc/muster/site.yml", "640", serviceSite)
	s.giveText("/etc/muster/hosts.ini", "640", "target ansible_host="+address+" ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'\n")
	s.giveText("/etc/muster/vault.secret", "640", "open sesame\n")
	s.giveText("/etc/muster/become.secret", "640", "xyzzy\n")
	s.giveFile("/etc/muster/key", "400", key)
	s.on(1, `cd /etc/muster; echo 'secret: from the vault' >secrets.yml; muster vault encrypt --vault-password-file vault.secret secrets.yml
		chown -R muster:muster /etc/muster; systemctl daemon-reload; systemctl restart muster`)
}

// api asks the daemon on its own host.
func (s *service) api(method, path string) string {
	s.t.Helper()
	return s.on(1, "curl -s -X "+method+" -H 'Authorization: Bearer test' 127.0.0.1:8420/api/v1"+path)
}

func (s *service) until(what string, fits func() bool) {
	s.t.Helper()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !fits(); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("it did not come to this: %s\n%s", what, s.on(1, "journalctl -u muster --no-pager | tail -40; tail /var/lib/muster/runs/*/*.log"))
		}
	}
}

var (
	idOf     = regexp.MustCompile(`"id": "([^"]+)"`)
	exposure = regexp.MustCompile(`Overall exposure level for muster.service: (\d+\.\d)`)
)

// TestService: the example unit starts muster with little power, and runs survive what happens to the daemon: a restart, a
// kill, being stopped for a while, and another program in its place. Passwords reach the run, and nothing that others can read.
func TestService(t *testing.T) {
	lab(t, "up", "2")
	s := &service{t: t}
	s.install()
	if state := s.on(1, "systemctl is-active muster"); state != "active" {
		t.Fatal(state)
	}
	text := s.on(1, "systemd-analyze security --no-pager muster.service")
	m := exposure.FindStringSubmatch(text)
	if m == nil {
		t.Fatal(text)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 3 {
		t.Errorf("the exposure is %s\n%s", m[1], text)
	}
	t.Logf("systemd-analyze security: %s", m[1])
	for _, c := range []struct{ about, command string }{
		{"restarted", "systemctl restart muster"},
		{"killed", "systemctl kill -s KILL --kill-who=main muster"},
		{"stopped and started", "systemctl stop muster; systemctl start muster"},
		{"reloaded", "systemctl reload muster"},
		{"updated", "cp /usr/bin/muster /usr/bin/muster.new; echo >>/usr/bin/muster.new; mv /usr/bin/muster.new /usr/bin/muster; systemctl restart muster"},
	} {
		s.on(2, "rm -f /root/began /root/secret")
		id := idOf.FindStringSubmatch(s.api("POST", "/jobs/deploy/runs"))
		if id == nil {
			t.Fatalf("%s: no run", c.about)
		}
		s.until("the run begins", func() bool { return s.on(2, "cat /root/began 2>/dev/null; true") == "x" })
		before := s.on(1, "systemctl show -p MainPID --value muster")
		s.on(1, c.command)
		s.until("muster is back", func() bool { return strings.HasPrefix(s.on(1, "curl -s 127.0.0.1:8420/readyz; true"), "{") })
		if after := s.on(1, "systemctl show -p MainPID --value muster"); (after == before) != (c.about == "reloaded") {
			t.Errorf("%s: the daemon was %s and is %s", c.about, before, after)
		}
		if run := s.api("GET", "/runs/"+id[1]); !strings.Contains(run, `"state": "running"`) {
			t.Errorf("%s: %s", c.about, run)
		}
		s.on(2, "touch /tmp/go")
		s.until("the run ends", func() bool { return strings.Contains(s.api("GET", "/runs/"+id[1]), `"state": "done"`) })
		if run := s.api("GET", "/runs/"+id[1]); !strings.Contains(run, `"exit": 0`) {
			t.Errorf("%s: %s", c.about, run)
		}
		if got := s.on(2, "cat /root/secret"); got != "from the vault" {
			t.Errorf("%s: %q", c.about, got)
		}
	}
	leak := s.on(1, `grep -rl -e xyzzy -e 'from the vault' /var/lib/muster /var/log 2>/dev/null; journalctl -u muster --no-pager | grep -e xyzzy -e 'from the vault'; true`)
	if leak != "" {
		t.Errorf("secrets in %s", leak)
	}
	if open := s.on(1, "find /var/lib/muster -perm /077 -type f; stat -Lc %a /var/lib/muster"); open != "700" {
		t.Errorf("others can read %s", open)
	}
}
