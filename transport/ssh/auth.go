package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

// authenticator chooses what to try next, and remembers what was tried for the message when nothing is left.
type authenticator struct {
	d       *Dialer
	s       *settings
	w       *watch
	stream  *stream
	checker *hostChecker

	nextOffer func() (offer, bool)
	current   *proof // being tried
	keys      []ssh.PublicKey
	tried     []string // for the message
	skipped   []string
	allowed   []string // what the server accepts
	partial   int
	prompts   int // interactive and password attempts so far, each counted for itself by kind
	passwords int
	sent      bool // the given password was sent and not accepted
	silent    bool // a question could not be asked
}

func newAuthenticator(d *Dialer, s *settings, st *stream, checker *hostChecker) *authenticator {
	a := &authenticator{d: d, s: s, w: st.watch, stream: st, checker: checker}
	a.nextOffer = a.offers()
	return a
}

// next is the callback of the authentication protocol.
func (a *authenticator) next(ctx *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	a.settle()
	if a.stream.broken.Load() || len(ctx.AllowedMethods) == 0 {
		return nil, errEnded
	}
	a.allowed = ctx.AllowedMethods
	if n := len(ctx.PartialSuccessMethods); n > a.partial {
		a.partial, a.prompts, a.passwords = n, 0, 0
	}
	for _, method := range a.s.methods {
		if !slices.Contains(ctx.AllowedMethods, method) {
			continue
		}
		if m := a.try(method); m != nil {
			return m, nil
		}
	}
	return nil, a.nothingLeft()
}

// settle notes how the last key fared.
func (a *authenticator) settle() {
	p := a.current
	if p == nil {
		return
	}
	a.current = nil
	if p.failed != nil {
		a.skipped = append(a.skipped, fmt.Sprintf("%s: %v", p.offer.title, p.failed))
		return
	}
	a.tried = append(a.tried, p.offer.title)
}

func (a *authenticator) try(method string) ssh.AuthMethod {
	switch method {
	case methodKey:
		return a.key()
	case methodInteractive:
		return a.interactive()
	case methodPassword:
		return a.password()
	}
	return nil
}

// key returns the next key to try, or nil.
func (a *authenticator) key() ssh.AuthMethod {
	for {
		o, ok := a.nextOffer()
		if !ok {
			return nil
		}
		if o.skip == nil {
			if bits := rsaBits(o.public); bits != 0 && bits < a.s.minRSA {
				o.skip = fmt.Errorf("RSA with only %d bits", bits)
			}
		}
		var p *proof
		if o.skip == nil {
			p, o.skip = newProof(o, a.s.keyAlgorithms)
		}
		if o.skip != nil {
			a.skipped = append(a.skipped, fmt.Sprintf("%s: %v", o.title, short(o.skip)))
			continue
		}
		if a.offered(o.public) {
			continue
		}
		a.keys = append(a.keys, o.public)
		a.current = p
		return ssh.PublicKeys(p)
	}
}

func (a *authenticator) offered(key ssh.PublicKey) bool {
	return slices.ContainsFunc(a.keys, func(k ssh.PublicKey) bool { return equal(k, key) })
}

// explain words an error that ended the authentication from the server's side.
func (a *authenticator) explain(e *transport.Error, err error) {
	a.settle()
	text := cause(err)
	if strings.Contains(text, "too many authentication") || strings.Contains(strings.ToLower(text), "too many authentication failures") {
		e.Kind = transport.KindAuth
		e.What = fmt.Sprintf("%s gave up after too many attempts: %s", a.s.address(), a.summary())
		e.Hint = "name the right key and set IdentitiesOnly=yes, or raise MaxAuthTries there"
		return
	}
	e.What = fmt.Sprintf("connection to %s lost while authenticating %s: %s", a.s.address(), a.s.user, text)
	if len(a.tried) > 0 {
		e.What += "; " + a.summary()
	}
}

// nothingLeft is the error when no method is left.
func (a *authenticator) nothingLeft() error {
	e := &transport.Error{Host: a.s.name, Kind: transport.KindAuth}
	e.What = fmt.Sprintf("no authentication method left for %s@%s: it accepts %s; %s", a.s.user, a.s.address(),
		strings.Join(a.allowed, ", "), a.summary())
	e.Hint = a.advice()
	return e
}

// advice says what would most likely help.
func (a *authenticator) advice() string {
	canAsk := slices.Contains(a.allowed, methodPassword) || slices.Contains(a.allowed, methodInteractive)
	switch {
	case a.checker.suspicious.Load() && canAsk:
		return "no password is sent to a host whose key has changed; remove its old key from known_hosts"
	case a.sent:
		return "is the password right, and the user?"
	case slices.ContainsFunc(a.skipped, func(s string) bool { return strings.Contains(s, errLocked.Error()) }):
		return "load the key into an agent, or run on a terminal to be asked for its passphrase"
	case a.silent:
		return "the server asks a question that only a person on a terminal can answer"
	case a.s.user == "root" && len(a.tried) > 0:
		return "check that root's authorized_keys there has the key and that its sshd lets root in (PermitRootLogin); or log in as another user and become root"
	case canAsk && a.s.password == "":
		return "check the user and the key, or give a password: --ask-pass"
	case a.s.user == "root":
		return "name a key with --private-key; or log in as another user and become root"
	default:
		return "check the user, and that its authorized_keys there has the key"
	}
}

// summary lists what was tried and what could not be.
func (a *authenticator) summary() string {
	var parts []string
	if len(a.tried) > 0 {
		parts = append(parts, "tried "+strings.Join(a.tried, ", "))
	}
	if len(a.skipped) > 0 {
		parts = append(parts, "could not use "+strings.Join(a.skipped, ", "))
	}
	if len(parts) == 0 {
		return "there was nothing to try"
	}
	return strings.Join(parts, "; ")
}

// short leaves out what a file error repeats.
func short(err error) error {
	for _, known := range []error{errExposed, errNotPrivate, errPKCS8, errLocked, errPassphrase} {
		if errors.Is(err, known) {
			return known
		}
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}
