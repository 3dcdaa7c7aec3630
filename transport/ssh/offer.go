package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"golang.org/x/crypto/ssh"
)

// offer is one key to try: what to call it, and how to get at its private half once the server wants it.
type offer struct {
	title  string
	public ssh.PublicKey
	open   func() (ssh.Signer, error)
	skip   error // why it cannot be tried
}

// offers yields the keys to try, in order. Looking at a source (a file, the agent) is put off until its turn, so that
// a host whose named key is accepted costs no question to the agent.
//
// Named files come first, an agent's other keys after them: the opposite of OpenSSH, where a full agent can use up the
// server's patience before the key that was named. Keys in the default places come after the agent, as there.
func (a *authenticator) offers() func() (offer, bool) {
	var queue []offer
	var sources []func() []offer
	for _, path := range a.s.certificates {
		sources = append(sources, func() []offer { return a.certificateOffers(path) })
	}
	add := func(ids []identity) {
		for _, id := range ids {
			sources = append(sources, func() []offer { return a.fileOffers(id) })
		}
	}
	named := len(a.s.identities) > 0 && a.s.identities[0].named
	if named {
		add(a.s.identities)
	}
	if !a.s.identitiesOnly {
		sources = append(sources, a.agentOffers)
	}
	if !named {
		add(a.s.identities)
	}
	return func() (offer, bool) {
		for len(queue) == 0 {
			if len(sources) == 0 {
				return offer{}, false
			}
			queue = sources[0]()
			sources = sources[1:]
		}
		next := queue[0]
		queue = queue[1:]
		return next, true
	}
}

// fileOffers are a key file and the certificate beside it.
func (a *authenticator) fileOffers(id identity) []offer {
	f := a.d.keys.load(id.path)
	if f.err != nil {
		if errors.Is(f.err, fs.ErrNotExist) && !id.named {
			return nil
		}
		return []offer{{title: id.String(), skip: f.err}}
	}
	open := func() (ssh.Signer, error) { return f.open(a.d, a.s, id.password, a.w) }
	if f.encrypted() && id.password == "" && f.public != nil {
		if s := a.agent().find(f.public); s != nil { // the agent has it open already
			open = func() (ssh.Signer, error) { return s, nil }
		}
	}
	public := f.public
	if public == nil { // an old format that hides the public half too
		signer, err := open()
		if err != nil {
			return []offer{{title: id.String(), skip: err}}
		}
		public = signer.PublicKey()
	}
	var out []offer
	if cert, err := readCertificate(id.path + "-cert.pub"); err == nil && equal(cert.Key, public) {
		out = append(out, certified("certificate "+id.path+"-cert.pub", cert, open))
	}
	return append(out, offer{title: fmt.Sprintf("%s (%s)", id, keyTitle(public)), public: public, open: open})
}

// certificateOffers are a CertificateFile with the private key that belongs to it, from a file or the agent.
func (a *authenticator) certificateOffers(path string) []offer {
	title := "certificate " + path
	cert, err := readCertificate(path)
	if err != nil {
		return []offer{{title: title, skip: err}}
	}
	for _, id := range a.s.identities {
		if f := a.d.keys.load(id.path); f.public != nil && equal(f.public, cert.Key) && f.private() {
			return []offer{certified(title, cert, func() (ssh.Signer, error) { return f.open(a.d, a.s, id.password, a.w) })}
		}
	}
	if s := a.agent().find(cert.Key); s != nil {
		return []offer{certified(title, cert, func() (ssh.Signer, error) { return s, nil })}
	}
	return []offer{{title: title, skip: errors.New("no private key belongs to it")}}
}

func certified(title string, cert *ssh.Certificate, open func() (ssh.Signer, error)) offer {
	return offer{title: title, public: cert, open: open}
}

// agentOffers are the agent's keys that no file has stood for.
func (a *authenticator) agentOffers() []offer {
	k := a.agent()
	if k.err != nil {
		if a.s.agentSocket == a.d.env("SSH_AUTH_SOCK") || a.s.agentSocket == defaultAgent {
			return nil // a stale variable is no mistake of this host's configuration
		}
		return []offer{{title: "agent " + a.s.agentSocket, skip: k.err}}
	}
	var out []offer
	for _, s := range k.signers {
		public := s.PublicKey()
		if a.offered(public) {
			continue
		}
		title := fmt.Sprintf("agent key %q (%s)", k.names[string(public.Marshal())], keyTitle(public))
		out = append(out, offer{title: title, public: public, open: func() (ssh.Signer, error) { return s, nil }})
	}
	return out
}

// agent returns the agent's keys; without an agent there are none.
func (a *authenticator) agent() *agentKeys {
	if a.s.agentSocket == "" {
		return &agentKeys{}
	}
	return a.d.agents.keys(context.WithoutCancel(a.w.ctx), a.s.agentSocket)
}

// proof signs with an offer's private half, opened when the server has said that it wants that key.
type proof struct {
	offer      offer
	algorithms []string
	failed     error
}

var _ ssh.MultiAlgorithmSigner = (*proof)(nil)

// newProof returns a signer, or an error when none of the allowed algorithms fits the key.
func newProof(o offer, allowed []string) (*proof, error) {
	base := o.public
	if cert, ok := base.(*ssh.Certificate); ok {
		base = cert.Key
	}
	p := &proof{offer: o}
	for _, name := range algorithmsOf(base.Type(), false) {
		if slices.Contains(allowed, name) {
			p.algorithms = append(p.algorithms, name)
		}
	}
	if len(p.algorithms) == 0 {
		return nil, fmt.Errorf("%s is not among PubkeyAcceptedAlgorithms", base.Type())
	}
	return p, nil
}

// PublicKey returns the public half, or the certificate.
func (p *proof) PublicKey() ssh.PublicKey { return p.offer.public }

// Algorithms returns the signature algorithms that may be used.
func (p *proof) Algorithms() []string { return p.algorithms }

// Sign signs with the first allowed algorithm.
func (p *proof) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return p.SignWithAlgorithm(rand, data, p.algorithms[0])
}

// SignWithAlgorithm opens the private half and signs.
func (p *proof) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := p.offer.open()
	if err == nil {
		var sig *ssh.Signature
		if sig, err = signWith(signer, rand, data, algorithm); err == nil {
			return sig, nil
		}
	}
	p.failed = err
	return nil, err
}

func signWith(signer ssh.Signer, rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if s, ok := signer.(ssh.AlgorithmSigner); ok {
		return s.SignWithAlgorithm(rand, data, algorithm)
	}
	return signer.Sign(rand, data)
}
