package ssh

import (
	"context"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"time"
)

// defaultAgent is the pipe of Windows' own agent.
const defaultAgent = `\\.\pipe\openssh-ssh-agent`

// shellCommand runs a command line in the command interpreter.
func shellCommand(_, line string) *exec.Cmd { return exec.Command("cmd", "/c", line) }

func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // it may have ended by itself
	}
}

// dialAgent opens the agent's named pipe.
func dialAgent(_ context.Context, socket string) (net.Conn, error) {
	f, err := os.OpenFile(socket, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return pipe{f}, nil
}

// exposed leaves access lists to the system.
func exposed(fs.FileInfo) bool { return false }

// pipe makes a file look like a connection.
type pipe struct{ *os.File }

// LocalAddr returns a name for messages.
func (pipe) LocalAddr() net.Addr { return proxyAddr{} }

// RemoteAddr returns a name for messages.
func (pipe) RemoteAddr() net.Addr { return proxyAddr{} }

// SetDeadline does nothing.
func (pipe) SetDeadline(time.Time) error { return nil }
