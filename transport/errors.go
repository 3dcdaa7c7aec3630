package transport

import "errors"

// ErrNoTerminal says that a question could not be asked because nobody is there.
var ErrNoTerminal = errors.New("no terminal to ask on")

// Kind classifies why a host could not be used; tests and views branch on it.
type Kind string

// The kinds of failure.
const (
	KindRefused       Kind = "refused"
	KindTimeout       Kind = "timeout"
	KindResolve       Kind = "resolve"
	KindNetwork       Kind = "network"
	KindUnknownKey    Kind = "unknown-host-key"
	KindChangedKey    Kind = "changed-host-key"
	KindRevokedKey    Kind = "revoked-host-key"
	KindAuth          Kind = "auth"
	KindNegotiation   Kind = "negotiation"
	KindMaxSessions   Kind = "max-sessions"
	KindNoShell       Kind = "no-shell"
	KindNoPlace       Kind = "no-place"
	KindDiskFull      Kind = "disk-full"
	KindPlatform      Kind = "platform"
	KindBecomeWrong   Kind = "become-wrong-password"
	KindBecomeMissing Kind = "become-missing-password"
	KindBecome        Kind = "become"
	KindLost          Kind = "lost"
	KindConfig        Kind = "config"
	KindRunner        Kind = "runner"
)

// Error is one clear line about a host that cannot be used: which, what, and what to do.
type Error struct {
	Host string // inventory name
	Kind Kind
	What string // such as "connection refused by 10.0.0.5:22"
	Hint string // such as "is sshd running there?"
	Err  error  // the cause; may be nil
}

// Error formats the line.
func (e *Error) Error() string {
	s := e.Host + ": " + e.What
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
