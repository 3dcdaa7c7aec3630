package ssh

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/hostkeys"
)

// changed refuses a key that differs from the known one, and says where that stands.
func (h *hostChecker) changed(key ssh.PublicKey, known *hostkeys.Entry) error {
	s := h.settings
	return &transport.Error{Host: s.name, Kind: transport.KindChangedKey,
		What: fmt.Sprintf("host key of %s has changed: it shows %s, but %s:%d has another", s.address(), h.title(key), known.File, known.Line),
		Hint: fmt.Sprintf("someone may be listening in, or the host was set up anew; if so: ssh-keygen -R '%s' -f %s", s.keyName, known.File)}
}

// stranger decides about a key of which nothing is known.
func (h *hostChecker) stranger(unknown *unknownKeyError, remote net.Addr) error {
	s := h.settings
	switch s.policy {
	case transport.HostKeyAcceptNew:
		if len(unknown.others) > 0 { // the host was known: this is no new host
			return h.changed(unknown.key, &unknown.others[0])
		}
		h.remember(unknown.key)
		return nil
	case transport.HostKeyAsk:
		return h.askPerson(unknown, remote)
	}
	return h.refuse(unknown.key, nil)
}

func (h *hostChecker) refuse(key ssh.PublicKey, err error) error {
	return &transport.Error{Host: h.settings.name, Kind: transport.KindUnknownKey, Err: err,
		What: fmt.Sprintf("host key of %s is not known: %s", h.settings.address(), h.title(key)),
		Hint: "check the fingerprint and accept it on a terminal, add it to known_hosts, or set StrictHostKeyChecking=accept-new"}
}

// askPerson asks whether to trust a key, one question at a time. Somebody may have answered for the same host before.
func (h *hostChecker) askPerson(unknown *unknownKeyError, remote net.Addr) (result error) {
	s, d := h.settings, h.dialer
	if s.batch {
		return h.refuse(unknown.key, nil)
	}
	h.watch.hold(func() {
		if err := d.question.acquire(h.watch.ctx); err != nil {
			result = d.cancelled(s, err)
			return
		}
		defer d.question.release()
		err := h.judge(unknown.key)
		if err == nil {
			return
		}
		if !errors.As(err, &unknown) {
			result = err
			return
		}
		result = h.dialogue(unknown, remote)
	})
	return result
}

// dialogue puts the question that OpenSSH puts, until it is answered.
func (h *hostChecker) dialogue(unknown *unknownKeyError, remote net.Addr) error {
	text := h.introduce(unknown, remote) + "Are you sure you want to continue connecting (yes/no/[fingerprint])? "
	for range 20 {
		answer, err := h.dialer.ask(h.watch.ctx, text, false)
		if err != nil {
			return h.refuse(unknown.key, err)
		}
		answer = strings.TrimSpace(answer)
		switch {
		case strings.EqualFold(answer, "yes"), answer != "" && answer == h.fingerprint(unknown.key):
			h.remember(unknown.key)
			return nil
		case strings.EqualFold(answer, "no"), answer == "":
			return h.refuse(unknown.key, nil)
		}
		text = "Please type 'yes', 'no' or the fingerprint: "
	}
	return h.refuse(unknown.key, nil)
}

// introduce words the situation as OpenSSH does.
func (h *hostChecker) introduce(unknown *unknownKeyError, remote net.Addr) string {
	s := h.settings
	name, ip := s.keyName, ""
	if tcp, ok := remote.(*net.TCPAddr); ok && s.jump == nil {
		ip = hostkeys.Name(tcp.IP.String(), s.port)
	}
	if ip != "" && ip != name {
		name += " (" + ip + ")"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The authenticity of host '%s' can't be established.\n", name)
	fmt.Fprintf(&b, "%s key fingerprint is %s.\n", keyKind(unknown.key), h.fingerprint(unknown.key))
	if len(unknown.others) == 0 {
		b.WriteString("This key is not known by any other names.\n")
		return b.String()
	}
	b.WriteString("Keys of another type are known for this host:\n")
	for _, e := range unknown.others {
		fmt.Fprintf(&b, "    %s:%d: %s\n", e.File, e.Line, h.title(e.Key))
	}
	return b.String()
}

// remember adds an accepted key to the first of the user's files. Not being able to is no reason to stop.
func (h *hostChecker) remember(key ssh.PublicKey) {
	s := h.settings
	if len(s.userFiles) == 0 {
		return
	}
	if err := h.dialer.known.Add(s.userFiles[0], s.keyName, key, s.hashNames); err != nil {
		h.dialer.options.Logf("%s: cannot remember the host key: %v", s.name, err)
		return
	}
	h.dialer.options.Logf("%s: permanently added %s key of %s to %s", s.name, keyKind(key), s.keyName, s.userFiles[0])
}

func (h *hostChecker) title(key ssh.PublicKey) string { return keyKind(key) + " " + h.fingerprint(key) }

func (h *hostChecker) fingerprint(key ssh.PublicKey) string {
	if h.settings.md5 {
		return "MD5:" + ssh.FingerprintLegacyMD5(key)
	}
	return ssh.FingerprintSHA256(key)
}

func keyTitle(key ssh.PublicKey) string { return keyKind(key) + " " + ssh.FingerprintSHA256(key) }

// keyKind is how OpenSSH names a key's type.
func keyKind(key ssh.PublicKey) string {
	kind, certificate := strings.CutSuffix(key.Type(), "-cert-v01@openssh.com")
	kind = strings.TrimSuffix(kind, "@openssh.com")
	var name string
	switch {
	case strings.HasPrefix(kind, "sk-ssh-ed25519"):
		name = "ED25519-SK"
	case strings.HasPrefix(kind, "sk-ecdsa"):
		name = "ECDSA-SK"
	case strings.HasPrefix(kind, "ecdsa"):
		name = "ECDSA"
	default:
		name = strings.ToUpper(strings.TrimPrefix(kind, "ssh-"))
	}
	if certificate {
		name += "-CERT"
	}
	return name
}

// rsaBits returns the length of an RSA key, and 0 for others.
func rsaBits(key ssh.PublicKey) int {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return r.N.BitLen()
		}
	}
	return 0
}
