package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

// turnedAwayError marks an error after which the server may be tried again at once.
type turnedAwayError struct{ err error }

// Error returns the cause's text.
func (e *turnedAwayError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *turnedAwayError) Unwrap() error { return e.err }

// temporary reports whether another attempt may succeed without anybody doing anything.
func temporary(err error) bool {
	var e *transport.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case transport.KindRefused, transport.KindTimeout, transport.KindNetwork, transport.KindLost, transport.KindResolve:
		return true
	}
	return false
}

// lostWhile reports whether the connection went away, as opposed to having been refused.
func lostWhile(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && (e.Kind == transport.KindLost || e.Kind == transport.KindTimeout)
}

// explainOpen says why no connection could be made.
func (d *Dialer) explainOpen(w *watch, s *settings, err error) error {
	e := &transport.Error{Host: s.name, Err: err}
	var dns *net.DNSError
	var channel *ssh.OpenChannelError
	switch {
	case w.expired():
		e.Kind = transport.KindTimeout
		e.What = fmt.Sprintf("no answer from %s within %s", s.address(), s.timeout)
		e.Hint = "is the host up and the port not filtered? a longer timeout: -T SECONDS"
	case w.ctx.Err() != nil:
		return d.cancelled(s, context.Cause(w.ctx))
	case errors.As(err, &dns):
		e.Kind, e.What = transport.KindResolve, fmt.Sprintf("cannot resolve the name %s", dns.Name)
		e.Hint = "check its spelling, DNS, or set ansible_host"
		if dns.IsTimeout {
			e.What, e.Hint = fmt.Sprintf("the name server did not answer for %s", dns.Name), "is the network up?"
		}
	case errors.As(err, &channel):
		explainChannel(e, s, channel)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Kind, e.What, e.Hint = transport.KindRefused, "connection refused by "+s.address(), "is sshd running there, on that port?"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		e.Kind, e.What, e.Hint = transport.KindNetwork, "no route to "+s.address(), "check the address and the routes of this machine"
	case errors.Is(err, syscall.ETIMEDOUT):
		e.Kind, e.What = transport.KindTimeout, "no answer from "+s.address()
		e.Hint = "is the host up and the port not filtered?"
	default:
		e.Kind, e.What = transport.KindNetwork, fmt.Sprintf("cannot connect to %s: %s", s.address(), cause(err))
	}
	if s.proxy != "" {
		e.Kind, e.What = transport.KindNetwork, "cannot run the proxy command: "+cause(err)
	}
	return e
}

// explainChannel says why a jump host did not lead on.
func explainChannel(e *transport.Error, s *settings, err *ssh.OpenChannelError) {
	text := printable(err.Message)
	e.Kind, e.What = transport.KindNetwork, fmt.Sprintf("jump host %s cannot reach %s: %s", s.jump.asked, s.address(), text)
	lower := strings.ToLower(text)
	switch {
	case err.Reason == ssh.Prohibited:
		e.Kind, e.What = transport.KindConfig, fmt.Sprintf("jump host %s forbids the way to %s: %s", s.jump.asked, s.address(), text)
		e.Hint = "AllowTcpForwarding and PermitOpen in its sshd_config decide"
	case strings.Contains(lower, "refused"):
		e.Kind, e.Hint = transport.KindRefused, "is sshd running there, on that port?"
	case strings.Contains(lower, "name") && (strings.Contains(lower, "resol") || strings.Contains(lower, "known") || strings.Contains(lower, "service")):
		e.Kind, e.Hint = transport.KindResolve, "the jump host must be able to resolve the name"
	case strings.Contains(lower, "timed out"):
		e.Kind = transport.KindTimeout
	}
}

// explainHandshake says why a connection did not lead to a login.
func (d *Dialer) explainHandshake(w *watch, s *settings, st *stream, auth *authenticator, err error) error {
	e := &transport.Error{Host: s.name, Kind: transport.KindLost, Err: err}
	var made *transport.Error
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &made):
		return made
	case w.expired():
		e.Kind, e.What = transport.KindTimeout, fmt.Sprintf("%s did not finish within %s (%s)", s.address(), s.timeout, w.phase())
		e.Hint = "is the host overloaded, or something else than sshd on that port?"
	case w.ctx.Err() != nil:
		return d.cancelled(s, context.Cause(w.ctx))
	case errors.As(err, &negotiation):
		explainNegotiation(e, s, negotiation)
	case !st.greeted.Load():
		return explainGreeting(e, s, st)
	case w.phase() == phaseAuth:
		auth.explain(e, err)
	default:
		e.What = fmt.Sprintf("connection to %s lost while %s: %s", s.address(), w.phase(), cause(err))
	}
	return e
}

func explainNegotiation(e *transport.Error, s *settings, err *ssh.AlgorithmNegotiationError) {
	e.Kind = transport.KindNegotiation
	what := strings.TrimPrefix(err.What, "client to server ")
	what = strings.TrimPrefix(what, "server to client ")
	option := map[string]string{"key exchange": "KexAlgorithms", "host key": "HostKeyAlgorithms", "cipher": "Ciphers", "MAC": "MACs"}[what]
	e.What = fmt.Sprintf("no common %s algorithm with %s: it offers %s", what, s.address(), strings.Join(err.RequestedAlgorithms, ","))
	e.Hint = "allow one of them for this host in ~/.ssh/config"
	if option != "" {
		e.Hint += ": " + option + " +NAME"
	}
}

// explainGreeting says what a server did that never spoke SSH.
func explainGreeting(e *transport.Error, s *settings, st *stream) error {
	said := printable(strings.TrimSpace(st.said()))
	proxy, isProxy := st.Conn.(*proxyConn)
	switch {
	case isProxy:
		e.Kind, e.What = transport.KindNetwork, "the proxy command ended without a connection"
		if said := proxy.last(); said != "" {
			e.What += ": " + said
		}
		e.Hint = "command: " + s.proxy
		return e
	case strings.Contains(said, "MaxStartups") || strings.Contains(said, "Not allowed at this time"):
		e.What = fmt.Sprintf("%s turns connections away: %s", s.address(), said)
		e.Hint = "raise MaxStartups, or see PerSourcePenalties, in its sshd_config"
	case said != "":
		e.Kind, e.What = transport.KindNegotiation, fmt.Sprintf("%s does not speak SSH; it says %q", s.address(), said)
		e.Hint = "is that the right port?"
		return e
	default:
		e.What = fmt.Sprintf("%s closed the connection before greeting", s.address())
		e.Hint = "too many connections at once (MaxStartups), a penalty (PerSourcePenalties), or a block list there"
	}
	e.Err = &turnedAwayError{e.Err}
	return e
}

// cause is an error's innermost text, without the layers that only repeat where it happened.
func cause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	if errors.Is(err, io.EOF) {
		return "the other side closed the connection"
	}
	text := strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
	return printable(strings.TrimPrefix(text, "ssh: "))
}

// printable keeps text of the other side from playing tricks with a terminal, and to one line.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	const most = 300
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strings.TrimSpace(text)
}
