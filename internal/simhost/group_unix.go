//go:build unix

package simhost

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// together makes a command the leader of a group of processes that ends as a whole when the command's context does: what a
// shell has started would outlive it.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
