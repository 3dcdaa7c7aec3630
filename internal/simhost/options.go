package simhost

import (
	"context"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// Handler runs a command and returns its exit code. Its context ends when the client kills the command or goes away.
// What the client sent with the request is in SessionOf(ctx).
type Handler func(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) int

// Question is asked by keyboard-interactive authentication.
type Question struct {
	Prompt string
	Echo   bool
	Answer string
}

// Options describe a server.
type Options struct {
	// HostKeys identify the server; without any it makes an ed25519 key. Certificates are offered as they are.
	HostKeys []ssh.Signer

	// User is the only one let in; "" lets in any name.
	User           string
	AuthorizedKeys []ssh.PublicKey
	UserCAs        []ssh.PublicKey // sign user certificates that are let in
	Password       string          // "" switches password authentication off
	Questions      []Question      // none switches keyboard-interactive off
	NoAuth         bool            // lets everyone in without asking
	Then           []Question      // a second step, by keyboard-interactive, after a key was accepted
	MaxAuthTries   int             // 0 is 6

	// Exec runs commands; without it every command is refused.
	Exec Handler
	// Root is the folder that SFTP serves as /; "" switches SFTP off. NoSFTP does too.
	Root   string
	NoSFTP bool
	// Forward opens what direct-tcpip channels ask for, as a jump host does; without it they are prohibited.
	Forward func(ctx context.Context, address string) (net.Conn, error)

	// InMemory keeps the server off the network; connect with Server.DialContext.
	InMemory bool
	// Latency delays every byte by this much in each direction.
	Latency time.Duration
	// Config restricts the algorithms.
	Config ssh.Config

	Faults
}

// Faults make a server misbehave.
type Faults struct {
	Silent         bool   // accepts connections and never says a word
	Refusal        string // says this instead of SSH and hangs up
	RefuseFirst    int    // hangs up on this many connections before talking
	Banner         string // shown before authentication
	Noise          string // printed on standard output before each command's own, as login files do
	MaxSessions    int    // open at once; 0 is no limit
	SessionsTotal  int    // sessions allowed in a connection's life; 0 is no limit
	NoPTY          bool
	SFTPNoise      string // printed on the SFTP channel before it starts
	IgnoreRequests bool   // never answers global requests, as a peer behind a dead link
	DropAtSession  int    // drops the connection when its nth session opens; 0 never
}

// Session is what a client sent along with a command.
type Session struct {
	User string
	PTY  bool
	Env  map[string]string
}

type sessionKey struct{}

// SessionOf returns what came along with the command that runs under ctx.
func SessionOf(ctx context.Context) Session {
	s, _ := ctx.Value(sessionKey{}).(Session)
	return s
}
