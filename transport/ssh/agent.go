package ssh

import (
	"context"
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
	err     error
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
	if err != nil {
		k.err = err
		conn.Close()
		return
	}
	k.names = map[string]string{}
	for _, key := range listed {
		k.names[string(key.Marshal())] = printable(key.Comment)
	}
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
