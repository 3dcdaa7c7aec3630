package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/hostkeys"
	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// certificate checks a host certificate whose authority is trusted for the host.
func (h *hostChecker) certificate(cert *ssh.Certificate) error {
	s := h.settings
	name := strings.ToLower(s.host)
	if s.aliased {
		name = s.keyName
	}
	refuse := func(why string) error {
		return &transport.Error{Host: s.name, Kind: transport.KindUnknownKey,
			What: fmt.Sprintf("the host certificate %q (serial %d) of %s is not valid: %s", printable(cert.KeyId), cert.Serial, s.address(), why),
			Hint: "sign the host's key again with its authority"}
	}
	if cert.CertType != ssh.HostCert {
		return refuse("it is a user's certificate")
	}
	i := slices.IndexFunc(cert.ValidPrincipals, func(p string) bool { return sshconfig.Match(strings.ToLower(p), name) })
	if i < 0 {
		return refuse(fmt.Sprintf("it is for %s, not for %s", printable(strings.Join(cert.ValidPrincipals, ",")), name))
	}
	if sig := cert.Signature; sig == nil || !slices.Contains(s.caAlgorithms, sig.Format) {
		return refuse("its signature's algorithm is not allowed (CASignatureAlgorithms)")
	}
	checker := ssh.CertChecker{IsHostAuthority: func(ssh.PublicKey, string) bool { return true }}
	if err := checker.CheckCert(cert.ValidPrincipals[i], cert); err != nil {
		return refuse(cause(err))
	}
	return h.strength(cert.Key)
}

// revoked refuses keys, and certificates of authorities, that are marked or listed as revoked.
func (h *hostChecker) revoked(key ssh.PublicKey, entries []hostkeys.Entry) error {
	shown := []ssh.PublicKey{key}
	if cert, ok := key.(*ssh.Certificate); ok {
		shown = []ssh.PublicKey{cert.Key, cert.SignatureKey}
	}
	refuse := func(k ssh.PublicKey, where string) error {
		return &transport.Error{Host: h.settings.name, Kind: transport.KindRevokedKey,
			What: fmt.Sprintf("host key %s of %s is revoked in %s", h.title(k), h.settings.address(), where),
			Hint: "whoever has that key must not be trusted; give the host a new one"}
	}
	for _, k := range shown {
		for _, e := range entries {
			if e.Marker == hostkeys.Revoked && equal(e.Key, k) {
				return refuse(k, fmt.Sprintf("%s:%d", e.File, e.Line))
			}
		}
	}
	if h.settings.revoked == "" {
		return nil
	}
	list, err := readRevoked(h.settings.revoked)
	if err != nil {
		return configError(h.settings.name, fmt.Errorf("revokedhostkeys: %w", err))
	}
	for _, k := range shown {
		if slices.ContainsFunc(list, func(r ssh.PublicKey) bool { return equal(r, k) }) {
			return refuse(k, h.settings.revoked)
		}
	}
	return nil
}

var errKRL = errors.New("binary revocation lists are not understood; list the public keys, one on each line")

// readRevoked reads a file of public keys.
func readRevoked(path string) ([]ssh.PublicKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; without it every host key counts as revoked", err)
	}
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("SSHKRL\n\x00")) {
		return nil, fmt.Errorf("%s: %w", path, errKRL)
	}
	var keys []ssh.PublicKey
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// strength refuses RSA keys that are too short.
func (h *hostChecker) strength(key ssh.PublicKey) error {
	if bits := rsaBits(key); bits != 0 && bits < h.settings.minRSA {
		return &transport.Error{Host: h.settings.name, Kind: transport.KindNegotiation,
			What: fmt.Sprintf("host key of %s is RSA with only %d bits", h.settings.address(), bits),
			Hint: "make a longer one there, or lower RequiredRSASize"}
	}
	return nil
}
