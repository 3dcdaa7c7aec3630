package sshconfig

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// Tokens are the values of the % sequences.
type Tokens struct {
	Host      string // %h: the name or address that is connected to
	Original  string // %n: the name as it was asked for
	Alias     string // %k: HostKeyAlias, else Original
	Jump      string // %j: what ProxyJump says
	Port      string // %p
	User      string // %r
	LocalUser string // %u
	LocalHost string // %l, and %L without its domain
	Home      string // %d
	LocalID   string // %i
}

// Expand replaces % sequences and, when lookup is given, ${NAME}. An unknown sequence or an unset variable is an error.
func Expand(text string, t Tokens, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '%':
			i++
			if i >= len(text) {
				return "", fmt.Errorf("a %% sequence is incomplete in %s", quoted(text))
			}
			value, ok := t.value(text[i])
			if !ok {
				return "", fmt.Errorf("unknown sequence %%%c in %s", text[i], quoted(text))
			}
			b.WriteString(value)
		case lookup != nil && strings.HasPrefix(text[i:], "${"):
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return "", fmt.Errorf("${ is not closed in %s", quoted(text))
			}
			name := text[i+2 : i+end]
			value, ok := lookup(name)
			if !ok {
				return "", fmt.Errorf("environment variable %s is not set, in %s", name, quoted(text))
			}
			b.WriteString(value)
			i += end
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), nil
}

func (t Tokens) value(c byte) (string, bool) {
	switch c {
	case '%':
		return "%", true
	case 'h':
		return t.Host, true
	case 'n':
		return t.Original, true
	case 'k':
		return t.Alias, true
	case 'j':
		return t.Jump, true
	case 'p':
		return t.Port, true
	case 'r':
		return t.User, true
	case 'u':
		return t.LocalUser, true
	case 'l':
		return t.LocalHost, true
	case 'L':
		short, _, _ := strings.Cut(t.LocalHost, ".")
		return short, true
	case 'd':
		return t.Home, true
	case 'i':
		return t.LocalID, true
	case 'C':
		sum := sha1.Sum([]byte(t.LocalHost + t.Host + t.Port + t.User + t.Jump))
		return hex.EncodeToString(sum[:]), true
	}
	return "", false
}

// tokens returns the values as far as the configuration read so far fixes them.
func (e *evaluation) tokens() Tokens {
	t := Tokens{
		Host: e.hostname(), Original: e.query.Host, Port: e.config.Text("port"), User: e.config.Text("user"),
		LocalUser: e.loader.LocalUser, LocalHost: e.loader.LocalHost, Home: e.loader.Home, LocalID: e.loader.LocalID,
		Jump: e.config.Text("proxyjump"),
	}
	t.Alias = strings.ToLower(e.config.Text("hostkeyalias"))
	if t.Alias == "" {
		t.Alias = e.query.Host
	}
	if t.Port == "" {
		t.Port = "22"
	}
	if t.User == "" {
		t.User = e.loader.LocalUser
	}
	return t
}

// hostname returns the name to connect to as known so far: HostName with its %h, else the name asked for.
func (e *evaluation) hostname() string { return Hostname(e.config, e.host) }

// Hostname applies HostName to the name that was asked for.
func Hostname(c *Config, host string) string {
	name := c.Text("hostname")
	if name == "" {
		return host
	}
	return strings.NewReplacer("%%", "%", "%h", host).Replace(name)
}
