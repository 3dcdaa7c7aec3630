package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/hostkeys"
)

// hostChecker decides whether the key that a host shows is that host's.
type hostChecker struct {
	dialer   *Dialer
	settings *settings
	watch    *watch
	// suspicious is set when a key that should have been refused was let pass because checking is off. As in OpenSSH
	// no password is then sent.
	suspicious atomic.Bool
}

func (h *hostChecker) files() []string {
	return slices.Concat(h.settings.userFiles, h.settings.globalFiles)
}

// algorithms orders the host key algorithms: first those of keys that are known for the host.
func (h *hostChecker) algorithms() ([]string, error) {
	s := h.settings
	defaults := defaultHostKeys()
	entries, err := h.entries()
	if err != nil {
		return nil, err
	}
	var known []string
	for _, e := range entries {
		switch e.Marker {
		case hostkeys.Plain:
			known = append(known, algorithmsOf(e.Key.Type(), false)...)
		case hostkeys.Authority: // the host's own key may be of any type
			known = append(known, slices.DeleteFunc(slices.Clone(defaults), func(a string) bool { return !strings.Contains(a, "-cert-") })...)
		}
	}
	allowed, err := choose("hostkeyalgorithms", s.hostKeyAlgorithms, defaults, hostKeyKnown())
	if err != nil {
		return nil, configError(s.name, err)
	}
	known = slices.DeleteFunc(unique(known), func(a string) bool { return !slices.Contains(allowed, a) })
	return unique(slices.Concat(known, allowed)), nil
}

// entries returns what the files say about the host; on another port also what they say about its name alone.
func (h *hostChecker) entries() ([]hostkeys.Entry, error) {
	s := h.settings
	entries, err := h.dialer.known.Find(h.files(), s.keyName)
	if err == nil && len(entries) == 0 && !s.aliased && s.port != 22 {
		entries, err = h.dialer.known.Find(h.files(), hostkeys.Name(s.host, 22))
	}
	if err != nil {
		return nil, configError(s.name, fmt.Errorf("known hosts: %w", err))
	}
	return entries, nil
}

// check is the callback of the key exchange.
func (h *hostChecker) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	defer h.watch.enter(phaseAuth)
	s := h.settings
	if s.trustLocal && isLoopback(remote) {
		return nil
	}
	err := h.judge(key)
	var unknown *unknownKeyError
	switch {
	case err == nil:
		return nil
	case s.policy == transport.HostKeyOff:
		if !errors.As(err, &unknown) {
			h.suspicious.Store(true)
			h.dialer.options.Logf("%v; checking is off", err)
		}
		return nil
	case errors.As(err, &unknown):
		return h.stranger(unknown, remote)
	}
	return err
}

// unknownKeyError says that nothing is known about a host's key.
type unknownKeyError struct {
	key    ssh.PublicKey
	others []hostkeys.Entry // keys of other types that are known for the host
}

// Error names the key.
func (e *unknownKeyError) Error() string { return "unknown host key " + keyTitle(e.key) }

// judge compares a key with what is known: nil, *unknownKeyError, or a refusal.
func (h *hostChecker) judge(key ssh.PublicKey) error {
	s := h.settings
	entries, err := h.dialer.known.Find(h.files(), s.keyName)
	if err != nil {
		return configError(s.name, fmt.Errorf("known hosts: %w", err))
	}
	if err := h.revoked(key, entries); err != nil {
		return err
	}
	cert, isCert := key.(*ssh.Certificate)
	if isCert {
		if trusted(entries, cert) {
			return h.certificate(cert)
		}
		key = cert.Key
	}
	known, others, changed := compare(entries, key)
	if known {
		return h.strength(key)
	}
	if s.port != 22 && !s.aliased {
		if ok, err := h.knownWithoutPort(key, cert); ok || err != nil {
			return err
		}
	}
	if changed != nil {
		return h.changed(key, changed)
	}
	if err := h.strength(key); err != nil {
		return err
	}
	return &unknownKeyError{key: key, others: others}
}

// knownWithoutPort looks for the key under the host's name alone, as OpenSSH does for hosts on other ports.
func (h *hostChecker) knownWithoutPort(key ssh.PublicKey, cert *ssh.Certificate) (bool, error) {
	entries, err := h.dialer.known.Find(h.files(), hostkeys.Name(h.settings.host, 22))
	if err != nil {
		return false, nil // the same files were read a moment ago
	}
	shown := key
	if cert != nil {
		shown = cert
	}
	if err := h.revoked(shown, entries); err != nil {
		return false, err
	}
	if cert != nil && trusted(entries, cert) {
		return true, h.certificate(cert)
	}
	known, _, _ := compare(entries, key)
	return known, nil
}

// compare looks for a key among entries. changed is an entry with another key of the same type.
func compare(entries []hostkeys.Entry, key ssh.PublicKey) (known bool, others []hostkeys.Entry, changed *hostkeys.Entry) {
	for _, e := range entries {
		switch {
		case e.Marker != hostkeys.Plain:
		case equal(e.Key, key):
			known = true
		case e.Key.Type() == key.Type():
			if changed == nil {
				changed = &e
			}
		default:
			others = append(others, e)
		}
	}
	return known, others, changed
}

func trusted(entries []hostkeys.Entry, cert *ssh.Certificate) bool {
	return slices.ContainsFunc(entries, func(e hostkeys.Entry) bool {
		return e.Marker == hostkeys.Authority && equal(e.Key, cert.SignatureKey)
	})
}

func equal(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
