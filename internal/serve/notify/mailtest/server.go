// Package mailtest is a mail server for tests: it takes every message and keeps it.
package mailtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mail is a message that arrived.
type Mail struct {
	From, Login string
	To          []string
	Text        string // with its head
	Encrypted   bool
}

// Server is a mail server. Its methods may be called concurrently.
type Server struct {
	Addr  string         // host:port
	Roots *x509.CertPool // that know its certificate; nil when it offers no encryption
	login string         // "" lets everybody in

	tls    *tls.Config
	mu     sync.Mutex
	refuse string
	mails  []Mail
}

// Start starts a server that ends with the test. login is NAME:PASSWORD, or "" for everybody.
func Start(t testing.TB, encrypted bool, login string) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), login: login}
	if encrypted {
		s.certify(t)
	}
	var open sync.WaitGroup
	t.Cleanup(func() { l.Close(); open.Wait() })
	open.Add(1)
	go func() {
		defer open.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() {
				defer open.Done()
				defer conn.Close()
				s.serve(conn)
			}()
		}
	}()
	return s
}

func (s *Server) certify(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(c)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// Refuse makes the server answer every message with this, until it is "".
func (s *Server) Refuse(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = answer
}

// Mails are the messages that arrived so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// session is a conversation.
type session struct {
	*Server
	conn net.Conn
	r    *textproto.Reader
	mail Mail
}

func (s *Server) serve(conn net.Conn) {
	c := &session{Server: s, conn: conn, r: textproto.NewReader(bufio.NewReader(conn))}
	c.say("220 test")
	for {
		line, err := c.r.ReadLine()
		if err != nil {
			return
		}
		if !c.command(line) {
			return
		}
	}
}

func (c *session) say(lines ...string) {
	_, _ = c.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n"))
}

// command answers one line; false ends the conversation.
func (c *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		c.greet()
	case "STARTTLS":
		c.say("220 go on")
		conn := tls.Server(c.conn, c.tls)
		if conn.Handshake() != nil {
			return false
		}
		c.conn, c.r, c.mail.Encrypted = conn, textproto.NewReader(bufio.NewReader(conn)), true
	case "AUTH":
		word, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN ")) //nolint:errcheck // what is none is no password
		parts := strings.Split(string(word), "\x00")
		if len(parts) != 3 || parts[1]+":"+parts[2] != c.login {
			c.say("535 the password is wrong")
			return true
		}
		c.mail.Login = parts[1]
		c.say("235 welcome")
	case "MAIL":
		c.mail.From = address(rest)
		c.say("250 ok")
	case "RCPT":
		c.mail.To = append(c.mail.To, address(rest))
		c.say("250 ok")
	case "DATA":
		return c.data()
	case "QUIT":
		c.say("221 bye")
		return false
	default:
		c.say("502 what?")
	}
	return true
}

func (c *session) greet() {
	lines := []string{"250-test"}
	if c.tls != nil && !c.mail.Encrypted {
		lines = append(lines, "250-STARTTLS")
	}
	c.say(append(lines, "250 AUTH PLAIN")...)
}

func (c *session) data() bool {
	c.mu.Lock()
	refuse := c.refuse
	c.mu.Unlock()
	if refuse != "" {
		c.say(refuse)
		return true
	}
	c.say("354 go on")
	text, err := c.r.ReadDotBytes()
	if err != nil {
		return false
	}
	c.mail.Text = string(text)
	c.mu.Lock()
	c.mails = append(c.mails, c.mail)
	c.mu.Unlock()
	c.say("250 taken")
	return true
}

// address is what stands between angle brackets.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
