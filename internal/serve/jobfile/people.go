package jobfile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/serve/password"
)

func (r *reader) user(f *File, k, v *yaml.Node) {
	u := User{Name: k.Value, Role: Viewer, Pos: r.pos(k)}
	r.mapping(v, "user "+u.Name, keys{
		"role":     choice(r, &u.Role, "role", Viewer, Operator),
		"password": parsed(r, &u.Hash, "password", parseHash),
	}, "password")
	f.Users = append(f.Users, u)
}

func parseHash(s string) (string, error) {
	if !strings.HasPrefix(s, "$") {
		return "", errors.New("a hash is needed, not the password; `muster serve --hash-password` makes one")
	}
	if err := password.Check(s); err != nil {
		return "", fmt.Errorf("%w; `muster serve --hash-password` makes one", err)
	}
	return s, nil
}

func (r *reader) token(f *File, k, v *yaml.Node) {
	t := Token{Name: k.Value, Role: Viewer, Pos: r.pos(k)}
	r.mapping(v, "token "+t.Name, keys{
		"role":   choice(r, &t.Role, "role", Viewer, Operator),
		"sha256": parsed(r, &t.SHA256, "sha256", parseDigest),
		"until":  parsed(r, &t.Until, "until", parseDay),
	}, "sha256")
	f.Tokens = append(f.Tokens, t)
}

func parseDigest(s string) (string, error) {
	s = strings.ToLower(s)
	if b, err := hex.DecodeString(s); err != nil || len(b) != 32 {
		return "", errors.New("the SHA-256 of the token is needed, as 64 hexadecimal digits")
	}
	return s, nil
}

func parseDay(s string) (time.Time, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("write it as 2027-01-31 or 2027-01-31T12:00:00Z")
}

func (r *reader) notifier(f *File, k, v *yaml.Node) {
	n := Notifier{Name: k.Value, Timeout: 30 * time.Second, Pos: r.pos(k)}
	r.mapping(v, "notify "+n.Name, keys{
		"webhook":     parsed(r, &n.URL, "webhook", parseURL),
		"secret_file": r.path(&n.SecretFile, "secret_file"),
		"command":     r.texts(&n.Command, "command"),
		"mail":        func(m *yaml.Node) { n.Mail = r.mail(m) },
		"timeout":     r.duration(&n.Timeout, "timeout"),
		"on": func(m *yaml.Node) {
			for _, item := range listOf(m) {
				var news News
				choice(r, &news, "on", NewsDrift, NewsFailure, NewsRecovery)(item)
				n.On = append(n.On, news)
			}
		},
	})
	ways := 0
	for _, given := range []bool{n.URL != "", len(n.Command) > 0, n.Mail != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		r.errorf(v, "notify %s needs exactly one of webhook, command and mail", n.Name)
	}
	if n.SecretFile != "" && n.URL == "" {
		r.errorf(v, "notify %s: secret_file belongs to webhook", n.Name)
	}
	r.secret(v, "notify "+n.Name, n.SecretFile)
	f.Notify[n.Name] = n
}

func listOf(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	out := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		out[i] = resolve(item)
	}
	return out
}

func (r *reader) mail(n *yaml.Node) *Mail {
	m := &Mail{}
	address := func(s string) (string, error) {
		if a, err := mail.ParseAddress(s); err == nil && a.Address == s {
			return s, nil
		}
		return "", errors.New("write it as name@example.org")
	}
	r.mapping(n, "mail", keys{
		"server": parsed(r, &m.Server, "server", func(s string) (string, error) {
			if _, _, err := net.SplitHostPort(s); err != nil {
				return "", errors.New("write it as mail.example.org:587")
			}
			return s, nil
		}),
		"from": parsed(r, &m.From, "from", address),
		"to": func(n *yaml.Node) {
			for _, item := range listOf(n) {
				var to string
				parsed(r, &to, "to", address)(item)
				m.To = append(m.To, to)
			}
		},
		"user":          r.text(&m.User, "user"),
		"password_file": r.path(&m.PasswordFile, "password_file"),
	}, "server", "from", "to")
	if (m.User == "") != (m.PasswordFile == "") {
		r.errorf(n, "mail: user and password_file belong together")
	}
	r.secret(n, "mail", m.PasswordFile)
	return m
}
