//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestHowAHostIsReachedLikeAnsible: which host, user, port and become user win when several places name one.
func TestHowAHostIsReachedLikeAnsible(t *testing.T) {
	labOf(t, 2)
	ansible := real(t, "ansible")
	addresses := strings.Split(strings.TrimSpace(lab(t, "addresses")), ",")
	lab(t, "run", "1", `for u in mone mtwo; do getent passwd $u >/dev/null || useradd -m $u; done`)
	t.Cleanup(func() { lab(t, "run", "1", "userdel -rf mone; userdel -rf mtwo; true") })
	for _, c := range []struct{ vars, args, env string }{
		{vars: "ansible_ssh_host=" + addresses[1]},
		{vars: "ansible_ssh_user=deploy"},
		{vars: "ansible_port=22 ansible_ssh_port=1"},
		{vars: "ansible_port=1 ansible_ssh_port=22"},
		{env: "ANSIBLE_REMOTE_PORT=1"},
		{env: "ANSIBLE_REMOTE_PORT=1", vars: "ansible_port=22"},
		{vars: "ansible_ssh_private_key_file=/none ansible_private_key_file=/none"},
		{args: "-u deploy"},
		{args: "-b -u deploy"},
		{args: "-b --become-user mone"},
		{args: "-b --become-user mone --become-method su"},
		{args: "-b --become-user mone", vars: "ansible_become_user=mtwo"},
		{args: "-b --become-user mone", env: "ANSIBLE_BECOME_USER=mtwo"},
		{args: "-b", env: "ANSIBLE_SUDO_USER=mtwo"},
		{vars: "ansible_become=1 ansible_become_user=mone ansible_sudo_user=mtwo"},
		{args: "-b", vars: "ansible_become_method=su ansible_become_user=mone ansible_su_user=mtwo"},
		{vars: "ansible_ssh_common_args='-o Port=1'"},
		{vars: "ansible_port=22 ansible_ssh_common_args='-o Port=1'"},
		{vars: "ansible_ssh_extra_args='-o User=deploy'"},
		{vars: "ansible_ssh_args='-o ControlMaster=no -o Port=22' ansible_port=1"},
		{vars: "ansible_connection=smart ansible_pipelining=yes ansible_control_path=/none ansible_ssh_executable=ssh ansible_ssh_retries=2"},
		{vars: "ansible_shell_executable=/bin/bash ansible_remote_tmp=/var/tmp/${USER}-tmp"},
	} {
		t.Run(strings.TrimSpace(c.env+" "+c.vars+" "+c.args), func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "hosts.ini", fmt.Sprintf("web1 ansible_host=%s ansible_user=root ansible_ssh_private_key_file=%s %s\n", addresses[0], os.Getenv("MUSTER_LAB_KEY"), c.vars))
			words := append([]string{"web1", "-i", "hosts.ini", "-m", "shell", "-a", "echo it is $(id -un)@$(hostname)"}, strings.Fields(c.args)...)
			env := append(strings.Fields(c.env), "ANSIBLE_HOST_KEY_CHECKING=False", "ANSIBLE_SSH_ARGS=-o ControlMaster=no", "MUSTER_HISTORY=off")
			want, got := play(t, dir, env, ansible, words...), play(t, dir, env, muster(t), append([]string{"exec"}, words...)...)
			if want.code != got.code || reachedAs(want.stdout) != reachedAs(got.stdout) {
				t.Errorf("exit code %d, Ansible's %d\n%s%s\nAnsible:\n%s%s", got.code, want.code, got.stdout, got.stderr, want.stdout, want.stderr)
			}
		})
	}
}

// reachedAs is the line that the command printed.
func reachedAs(stdout string) string {
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, "it is ") {
			return line
		}
	}
	return ""
}
