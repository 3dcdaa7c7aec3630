// Package transport reaches hosts: connections, their pool, and the runner that is pushed through them.
package transport

import (
	"context"
	"io"
	"time"
)

// Target says how one host is reached. It is resolved from ansible_* variables, command-line flags and ansible.cfg
// by the executor; ~/.ssh/config is applied by transport/ssh for what is still unset.
type Target struct {
	Name       string // inventory name, for messages
	Connection string // ssh, local
	Dir        string // working folder of a local connection; "" is the one that muster was started in
	Host       string // address or the name to look up in ~/.ssh/config
	Port       int    // 0: ~/.ssh/config's, else 22
	User       string // "": ~/.ssh/config's, else the local user
	Password   string // secret
	KeyFile    string
	KeyPass    string   // secret; passphrase of KeyFile
	FirstArgs  []string // words of ansible_ssh_args, which win over the port, user, key and timeout given here
	SSHArgs    []string // words of ansible_ssh_common_args and extra_args, which do not; -o, -i, -J, -F, -p, -l are understood
	HostKeys   HostKeyPolicy
	Timeout    time.Duration // of dialling and handshake together
	Runner     RunnerOptions
}

// RunnerOptions say how the runner is placed on a host.
type RunnerOptions struct {
	RemoteTmp string // preferred folder; "" lets the install choose
	Shell     string // ansible_shell_executable; "" is /bin/sh
}

// HostKeyPolicy says what an unknown host key means. A changed or revoked key is always refused unless the policy is off.
type HostKeyPolicy string

// The policies.
const (
	HostKeyAsk       HostKeyPolicy = "ask" // one prompt at a time on a terminal, refusal otherwise
	HostKeyAcceptNew HostKeyPolicy = "accept-new"
	HostKeyStrict    HostKeyPolicy = "yes"
	HostKeyOff       HostKeyPolicy = "no"
)

// Conn is an open connection to a host. Its methods may be called concurrently.
type Conn interface {
	// Start runs a command line through the remote login shell (or /bin/sh locally). When ctx ends, the process is killed. ctx bounds the starting only; the
	// process lives until it ends, is killed, or the connection closes.
	Start(ctx context.Context, command string, o StartOptions) (Process, error)
	// Put writes size bytes to path with the permission bits, by SFTP or, without that subsystem, by exec.
	// It writes in place; callers write to a temporary name and rename.
	Put(ctx context.Context, path string, content io.Reader, size int64, perm uint32) error
	// Done is closed when the connection is lost; Err then says why.
	Done() <-chan struct{}
	Err() error
	Close() error
}

// StartOptions change how a process starts.
type StartOptions struct {
	PTY bool // ask for a terminal; standard error is then part of standard output
}

// Process is a running remote command. Reading both outputs to the end, then Wait, is the caller's duty.
type Process interface {
	Stdin() io.WriteCloser
	Stdout() io.Reader
	Stderr() io.Reader
	// Wait returns the exit code; -1 and an error when the connection ended first.
	Wait() (int, error)
	// Kill ends the process without grace.
	Kill() error
}

// Dialer opens connections of one kind. Errors are *Error.
type Dialer interface {
	Dial(ctx context.Context, t Target) (Conn, error)
}

// Prompter asks the person at the terminal; one question is open at a time. Ask returns ErrNoTerminal without a terminal.
type Prompter interface {
	Ask(ctx context.Context, question string, secret bool) (string, error)
}
