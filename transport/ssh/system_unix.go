//go:build unix

package ssh

import (
	"context"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// defaultAgent is where an agent listens when the environment does not say.
const defaultAgent = ""

// shellCommand runs a command line in the user's shell, in a process group of its own so that it can be ended whole.
func shellCommand(shell, line string) *exec.Cmd {
	if shell == "" {
		shell = "/bin/sh"
	}
	cmd := exec.Command(shell, "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		// The group is gone when the command has ended by itself.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}

// dialAgent connects to an agent.
func dialAgent(ctx context.Context, socket string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", socket)
}

// exposed reports whether others may read a private key of this user.
func exposed(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Getuid() && info.Mode().Perm()&0o077 != 0
}
