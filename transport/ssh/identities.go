package ssh

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The authentication methods that this package knows, in OpenSSH's order.
const (
	methodKey         = "publickey"
	methodInteractive = "keyboard-interactive"
	methodPassword    = "password"
)

// authentication settles which methods and keys are tried.
func (b *builder) authentication() {
	s, c := b.s, b.c
	s.batch = b.yes("batchmode", false)
	s.prompts = b.number("numberofpasswordprompts", defaultPrompts, 0, 100)
	s.identitiesOnly = b.yes("identitiesonly", false)
	s.minRSA = b.number("requiredrsasize", defaultRSABits, 1, 1<<20)
	if b.target != nil {
		s.password, s.keyPass = b.target.Password, b.target.KeyPass
	}
	b.methods()
	b.agent()
	b.keyFiles()
	for _, v := range c.All("certificatefile") {
		if file := v.Words[0]; !strings.EqualFold(file, "none") {
			s.certificates = append(s.certificates, b.path(file))
		}
	}
	var err error
	s.keyAlgorithms, err = choose("pubkeyacceptedalgorithms", c.Text("pubkeyacceptedalgorithms"), defaultPublicKeys(),
		append(defaultPublicKeys(), "ssh-rsa", "ssh-dss"))
	if err != nil {
		b.fail(err)
	}
}

// methods orders the methods. As with Ansible nobody is asked for the password of a host that was given none, unless
// the configuration names a method that asks; a jump host, which is connected once, may always ask.
func (b *builder) methods() {
	s := b.s
	order := []string{methodKey, methodInteractive, methodPassword}
	if preferred := b.c.Text("preferredauthentications"); preferred != "" {
		names := strings.Split(preferred, ",")
		order = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(order, n) })
		s.askPassword = slices.Contains(order, methodInteractive) || slices.Contains(order, methodPassword)
	}
	switches := map[string]string{methodKey: "pubkeyauthentication", methodInteractive: "kbdinteractiveauthentication",
		methodPassword: "passwordauthentication"}
	for _, name := range order {
		if b.isNo(switches[name]) {
			continue
		}
		s.methods = append(s.methods, name)
		if name != methodKey && b.yes(switches[name], false) {
			s.askPassword = true
		}
	}
	s.askPassword = (s.askPassword || b.target == nil) && !s.batch
}

// agent finds the agent to ask, and the one to lend.
func (b *builder) agent() {
	s := b.s
	s.agentSocket = b.socket(b.c.Text("identityagent"))
	switch forward := b.c.Text("forwardagent"); strings.ToLower(forward) {
	case "", "no", "false":
	case "yes", "true":
		s.forwardAgent = b.socket("")
	default:
		s.forwardAgent = b.socket(forward)
	}
}

// socket resolves the name of an agent's socket: a path, none, SSH_AUTH_SOCK or $NAME.
func (b *builder) socket(word string) string {
	switch {
	case strings.EqualFold(word, "none"):
		return ""
	case word == "" || word == "SSH_AUTH_SOCK":
		if sock := b.d.env("SSH_AUTH_SOCK"); sock != "" {
			return sock
		}
		return defaultAgent
	case strings.HasPrefix(word, "$") && !strings.HasPrefix(word, "${"):
		return b.d.env(word[1:])
	}
	return b.path(word)
}

// keyFiles lists the named keys, or those in the default places.
func (b *builder) keyFiles() {
	s := b.s
	all := b.c.All("identityfile")
	for i, v := range all {
		if strings.EqualFold(v.Words[0], "none") {
			continue
		}
		id := identity{path: b.path(v.Words[0]), named: true}
		if i == 0 && b.target != nil && b.target.KeyFile != "" {
			id.password = b.target.KeyPass
		}
		s.identities = append(s.identities, id)
	}
	if len(all) > 0 || b.d.options.Home == "" {
		return
	}
	for _, name := range []string{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"} {
		s.identities = append(s.identities, identity{path: filepath.Join(b.d.options.Home, ".ssh", name)})
	}
}

// String describes an identity for messages.
func (i identity) String() string { return fmt.Sprintf("key %s", i.path) }
