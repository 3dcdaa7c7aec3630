package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agents keeps one connection to each agent, for all hosts.
type agents struct {
	mu   sync.Mutex
	open map[string]*agentKeys
}

// agentKeys are the keys that an agent holds, listed once.
type agentKeys struct {
	once    sync.Once
	signers []ssh.Signer
	names   map[string]string // comment by key
	conn    net.Conn
	err     error
}

// close hangs up on every agent.
func (a *agents) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, k := range a.open {
		k.once.Do(func() {}) // wait until it is loaded
		if k.conn != nil {
			errs = append(errs, k.conn.Close())
		}
	}
	a.open = nil
	return errors.Join(errs...)
}

// keys asks an agent for its keys when the first host needs them.
func (a *agents) keys(ctx context.Context, socket string) *agentKeys {
	a.mu.Lock()
	if a.open == nil {
		a.open = map[string]*agentKeys{}
	}
	k := a.open[socket]
	if k == nil {
		k = &agentKeys{}
		a.open[socket] = k
	}
	a.mu.Unlock()
	k.once.Do(func() { k.load(ctx, socket) })
	return k
}

func (k *agentKeys) load(ctx context.Context, socket string) {
	conn, err := dialAgent(ctx, socket)
	if err != nil {
		k.err = err
		return
	}
	client := agent.NewClient(conn)
	listed, err := client.List()
	if err == nil {
		k.signers, err = client.Signers()
	}
	for i, s := range k.signers {
		k.signers[i] = agentSigner{s, wireKey(s.PublicKey())}
	}
	if err != nil {
		k.err = err
		conn.Close()
		return
	}
	k.conn = conn
	k.names = map[string]string{}
	for _, key := range listed {
		k.names[string(key.Marshal())] = printable(key.Comment)
	}
}

// agentSigner is an agent's signer whose public half tells keys from certificates.
type agentSigner struct {
	ssh.Signer
	public ssh.PublicKey
}

// PublicKey returns the key, or the certificate.
func (s agentSigner) PublicKey() ssh.PublicKey { return s.public }

// SignWithAlgorithm lets the agent sign.
func (s agentSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return signWith(s.Signer, rand, data, algorithm)
}

// wireKey decodes what an agent lists as bytes; a kind that is not understood stays as it is.
func wireKey(key ssh.PublicKey) ssh.PublicKey {
	if decoded, err := ssh.ParsePublicKey(key.Marshal()); err == nil {
		return decoded
	}
	return key
}

// find returns the agent's signer for a key, or nil.
func (k *agentKeys) find(key ssh.PublicKey) ssh.Signer {
	for _, s := range k.signers {
		if equal(s.PublicKey(), key) {
			return s
		}
	}
	return nil
}

// lend lets programs on the host use the agent.
func lend(client *ssh.Client, socket string) error { return agent.ForwardToRemote(client, socket) }
