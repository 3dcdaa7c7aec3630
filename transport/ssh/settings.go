package ssh

import (
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// Defaults where neither the inventory nor OpenSSH's configuration says anything.
const (
	defaultTimeout       = 30 * time.Second
	defaultAliveInterval = 20 * time.Second
	defaultAliveMax      = 3
	defaultPrompts       = 3
	defaultRSABits       = 1024
)

// settings are everything that is fixed about reaching one host.
type settings struct {
	name   string // for messages: the inventory's name, "jump host x" for others
	asked  string // the name that was asked for
	host   string // the name or address to connect to
	port   int
	user   string
	tokens sshconfig.Tokens

	network       string // tcp, tcp4, tcp6
	bindAddress   string
	bindInterface string
	timeout       time.Duration
	attempts      int
	tcpKeepAlive  bool
	aliveInterval time.Duration
	aliveMax      int

	jump  *settings // the host to go through
	proxy string    // command to go through, expanded
	via   string    // names the proxy for limits: the command before expansion

	keyName     string // as known_hosts spells this host
	aliased     bool   // keyName is HostKeyAlias
	policy      transport.HostKeyPolicy
	userFiles   []string
	globalFiles []string
	hashNames   bool
	revoked     string // file of revoked keys
	md5         bool   // fingerprints as MD5
	trustLocal  bool   // NoHostAuthenticationForLocalhost

	hostKeyAlgorithms string   // the option, applied once the known keys are found
	caAlgorithms      []string // signatures of certificate authorities
	keyAlgorithms     []string // signatures of our keys
	minRSA            int
	crypto            ssh.Config

	methods        []string // in order of preference
	identities     []identity
	certificates   []string
	identitiesOnly bool
	agentSocket    string // "" is none
	password       string
	keyPass        string
	prompts        int
	batch          bool // never ask
	askPassword    bool // the person may be asked for a password

	forwardAgent string // socket of the agent to lend, "" is none
	env          [][2]string
}

// identity is a key file to try.
type identity struct {
	path     string
	named    bool   // somebody named it; it is not one of the default places
	password string // secret; its passphrase, when known
}

// limitKey names what handshakes share a limit.
func (s *settings) limitKey() string {
	if s.via != "" {
		return s.via
	}
	return s.address()
}
