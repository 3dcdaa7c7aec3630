//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfirmSavesTheHost makes changes under confirm: that cut the host off, and one that does not. The host undoes the
// first by itself and can be reached again; the good one stays.
func TestConfirmSavesTheHost(t *testing.T) {
	lab(t, "up", "1")
	lab(t, "nat")
	v := newVictim(t, 1)
	v.shell("apt-get update -qq && apt-get install -y -qq --no-install-recommends nftables >/dev/null")
	for _, c := range []struct {
		name, tasks string
		saved       bool   // the host has to undo it
		state       string // command whose output must be as before where it was saved, else not
	}{
		{name: "a rule that drops port 22", saved: true, state: "cat /etc/drop.nft; systemctl is-active drop; nft list ruleset", tasks: `
        - {copy: {dest: /etc/drop.nft, content: "table inet closing {\n chain input { type filter hook input priority 0; tcp dport 22 drop; }\n}\n"}}
        - copy:
            dest: /etc/systemd/system/drop.service
            content: |
              [Service]
              Type=oneshot
              RemainAfterExit=yes
              ExecStart=/usr/sbin/nft -f /etc/drop.nft
              ExecStop=/usr/sbin/nft delete table inet closing
        - {systemd: {name: drop, state: started, daemon_reload: true}}`},
		{name: "an sshd that refuses the key", saved: true, state: "cat /etc/ssh/sshd_config.d/key.conf; sshd -T | grep -i pubkeyauthentication", tasks: `
        - {copy: {dest: /etc/ssh/sshd_config.d/key.conf, content: "PubkeyAuthentication no\n"}}
        - {systemd: {name: ssh, state: restarted}}`},
		{name: "a good change", state: "cat /etc/ssh/sshd_config.d/banner.conf", tasks: `
        - {copy: {dest: /etc/ssh/sshd_config.d/banner.conf, content: "DebianBanner no\n"}}
        - {systemd: {name: ssh, state: restarted}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v.t = t
			book := filepath.Join(v.dir, "confirm.yml")
			if err := os.WriteFile(book, []byte("- hosts: all\n  gather_facts: false\n  tasks:\n    - confirm: 10s\n      block:"+c.tasks+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			before := v.shell(c.state + "; true")
			out, err := v.command("run", book).CombinedOutput()
			if (err != nil) != c.saved {
				t.Fatalf("%v\n%s", err, out)
			}
			if told := strings.Contains(string(out), "so it undid the change by itself"); told != c.saved {
				t.Errorf("says that the host undid it: %v\n%s", told, out)
			}
			again, err := v.command("exec", "all", "-m", "ping").CombinedOutput()
			if err != nil {
				t.Errorf("the host cannot be reached afterwards: %v\n%s", err, again)
			}
			if after := v.shell(c.state + "; true"); (after == before) != c.saved {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			if left := v.shell("pgrep -fa '[ ]guard ' || true"); strings.TrimSpace(left) != "" {
				t.Errorf("a watchdog is left: %s", left)
			}
		})
	}
}
