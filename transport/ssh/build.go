package ssh

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/ssh/hostkeys"
	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// builder turns the words of the configuration into settings and keeps the first mistake.
type builder struct {
	d      *Dialer
	c      *sshconfig.Config
	s      *settings
	target *transport.Target
	err    error
}

func (b *builder) build() {
	b.address()
	b.timing()
	b.hostKeys()
	b.authentication()
	b.environment()
	if b.err == nil {
		b.s.crypto, b.err = cryptography(b.c)
	}
	b.rekeying()
	if b.yes("refuseconnection", false) || b.c.Text("refuseconnection") != "" && !b.isNo("refuseconnection") {
		b.fail(fmt.Errorf("the configuration refuses connections to %s: %s", b.s.asked, b.c.Text("refuseconnection")))
	}
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) address() {
	s := b.s
	s.host = sshconfig.Hostname(b.c, b.c.Host)
	s.port = b.number("port", 22, 1, 65535)
	s.user = b.c.Text("user")
	if s.user == "" {
		s.user = b.d.options.User
	}
	s.bindAddress, s.bindInterface = b.c.Text("bindaddress"), b.c.Text("bindinterface")
	switch strings.ToLower(b.c.Text("addressfamily")) {
	case "", "any":
		s.network = "tcp"
	case "inet":
		s.network = "tcp4"
	case "inet6":
		s.network = "tcp6"
	default:
		b.fail(fmt.Errorf("addressfamily is any, inet or inet6, not %q", b.c.Text("addressfamily")))
	}
	alias := strings.ToLower(b.c.Text("hostkeyalias"))
	s.tokens = sshconfig.Tokens{
		Host: s.host, Original: s.asked, Alias: alias, Port: strconv.Itoa(s.port), User: s.user, Jump: b.jumpToken(),
		LocalUser: b.d.loader.LocalUser, LocalHost: b.d.loader.LocalHost, Home: b.d.loader.Home, LocalID: b.d.loader.LocalID,
	}
	s.keyName = hostkeys.Name(s.host, s.port)
	if s.aliased = alias != ""; s.aliased {
		s.keyName = alias
	} else {
		s.tokens.Alias = s.asked
	}
}

func (b *builder) jumpToken() string {
	if j := b.c.Text("proxyjump"); !strings.EqualFold(j, "none") {
		return j
	}
	return ""
}

func (b *builder) timing() {
	s := b.s
	s.timeout = b.duration("connecttimeout", defaultTimeout)
	if b.target != nil && b.target.Timeout > 0 {
		s.timeout = b.target.Timeout
	}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	s.attempts = b.number("connectionattempts", 1, 1, 100)
	s.aliveInterval = b.duration("serveraliveinterval", defaultAliveInterval)
	s.aliveMax = b.number("serveralivecountmax", defaultAliveMax, 1, 1<<20)
	s.tcpKeepAlive = b.yes("tcpkeepalive", true)
}

func (b *builder) hostKeys() {
	s := b.s
	s.userFiles = b.paths("userknownhostsfile", filepath.Join("~", ".ssh", "known_hosts"), filepath.Join("~", ".ssh", "known_hosts2"))
	s.globalFiles = b.paths("globalknownhostsfile", filepath.Join(b.d.system, "ssh_known_hosts"), filepath.Join(b.d.system, "ssh_known_hosts2"))
	s.hashNames = b.yes("hashknownhosts", false)
	s.trustLocal = b.yes("nohostauthenticationforlocalhost", false)
	s.md5 = strings.EqualFold(b.c.Text("fingerprinthash"), "md5")
	s.hostKeyAlgorithms = b.c.Text("hostkeyalgorithms")
	if file := b.c.Text("revokedhostkeys"); file != "" && !strings.EqualFold(file, "none") {
		s.revoked = b.path(file)
	}
	if s.policy = policyOf(b.c.Text("stricthostkeychecking")); s.policy == "" {
		b.fail(fmt.Errorf("stricthostkeychecking is yes, no, ask or accept-new, not %q", b.c.Text("stricthostkeychecking")))
	}
	good := slices.DeleteFunc(hostKeyKnown(), func(a string) bool { return strings.Contains(a, "-cert-") })
	defaults := slices.DeleteFunc(defaultHostKeys(), func(a string) bool { return strings.Contains(a, "-cert-") })
	var err error
	if s.caAlgorithms, err = choose("casignaturealgorithms", b.c.Text("casignaturealgorithms"), defaults, good); err != nil {
		b.fail(err)
	}
	if _, err := choose("hostkeyalgorithms", s.hostKeyAlgorithms, defaultHostKeys(), hostKeyKnown()); err != nil {
		b.fail(err)
	}
}

func policyOf(word string) transport.HostKeyPolicy {
	switch strings.ToLower(word) {
	case "", "ask":
		return transport.HostKeyAsk
	case "yes", "true":
		return transport.HostKeyStrict
	case "no", "false", "off":
		return transport.HostKeyOff
	case "accept-new":
		return transport.HostKeyAcceptNew
	}
	return ""
}

// environment collects SendEnv and SetEnv.
func (b *builder) environment() {
	var patterns []string
	for _, v := range b.c.All("sendenv") {
		for _, word := range v.Words {
			if drop, ok := strings.CutPrefix(word, "-"); ok {
				patterns = slices.DeleteFunc(patterns, func(p string) bool { return sshconfig.Match(drop, p) })
				continue
			}
			patterns = append(patterns, word)
		}
	}
	for _, kv := range b.d.options.Env {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" && sshconfig.MatchList(patterns, name) {
			b.s.env = append(b.s.env, [2]string{name, value})
		}
	}
	set, _ := b.c.First("setenv")
	for _, word := range set.Words {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			b.fail(fmt.Errorf("setenv takes NAME=value, not %q", word))
		}
		b.s.env = append(b.s.env, [2]string{name, value})
	}
}

// rekeying applies the size of RekeyLimit; its time is left to the server.
func (b *builder) rekeying() {
	limit := strings.ToUpper(b.c.Text("rekeylimit"))
	if limit == "" || limit == "DEFAULT" || limit == "NONE" {
		return
	}
	shift := map[byte]uint{'K': 10, 'M': 20, 'G': 30}[limit[len(limit)-1]]
	n, err := strconv.ParseUint(strings.TrimRight(limit, "KMG"), 10, 32)
	if err != nil {
		b.fail(fmt.Errorf("rekeylimit %q is no size", limit))
		return
	}
	b.s.crypto.RekeyThreshold = n << shift
}

func (b *builder) yes(keyword string, otherwise bool) bool {
	switch strings.ToLower(b.c.Text(keyword)) {
	case "yes", "true", "on":
		return true
	case "no", "false", "off":
		return false
	}
	return otherwise
}

func (b *builder) isNo(keyword string) bool { return !b.yes(keyword, true) }

func (b *builder) number(keyword string, otherwise, least, most int) int {
	text := b.c.Text(keyword)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		b.fail(fmt.Errorf("%s is a number from %d to %d, not %q", keyword, least, most, text))
	}
	return n
}

func (b *builder) duration(keyword string, otherwise time.Duration) time.Duration {
	text := b.c.Text(keyword)
	if text == "" || strings.EqualFold(text, "none") {
		return otherwise
	}
	t, err := parseDuration(text)
	if err != nil {
		b.fail(fmt.Errorf("%s: %w", keyword, err))
	}
	return t
}

// paths expands a list of files; "none" stands for no file.
func (b *builder) paths(keyword string, otherwise ...string) []string {
	words := otherwise
	if v, ok := b.c.First(keyword); ok {
		words = v.Words
	}
	var out []string
	for _, word := range words {
		if strings.EqualFold(word, "none") || b.d.options.Home == "" && strings.HasPrefix(word, "~") {
			continue
		}
		out = append(out, b.path(word))
	}
	return out
}

// path expands ~, % sequences and ${NAME}.
func (b *builder) path(word string) string {
	text, err := sshconfig.Expand(word, b.s.tokens, b.d.lookupEnv)
	if err != nil {
		b.fail(err)
		return ""
	}
	if text == "~" || strings.HasPrefix(text, "~/") || strings.HasPrefix(text, "~"+string(os.PathSeparator)) {
		return filepath.Join(b.d.options.Home, text[1:])
	}
	return text
}

// address is where to connect.
func (s *settings) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }
