package simhost

import (
	"bytes"
	"errors"

	"golang.org/x/crypto/ssh"
)

var errDenied = errors.New("denied")

func (s *Server) serverConfig() *ssh.ServerConfig {
	o := &s.options
	c := &ssh.ServerConfig{Config: o.Config, NoClientAuth: o.NoAuth, MaxAuthTries: o.MaxAuthTries}
	if c.MaxAuthTries == 0 {
		c.MaxAuthTries = 6
	}
	for _, key := range o.HostKeys {
		c.AddHostKey(key)
	}
	if o.Banner != "" {
		c.BannerCallback = func(ssh.ConnMetadata) string { return o.Banner }
	}
	if len(o.AuthorizedKeys)+len(o.UserCAs) > 0 {
		c.PublicKeyCallback = s.checkKey
	}
	if o.Password != "" {
		c.PasswordCallback = s.checkPassword
	}
	if len(o.Questions) > 0 {
		c.KeyboardInteractiveCallback = func(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			return s.interrogate(m, ask, o.Questions)
		}
	}
	return c
}

func (s *Server) checkKey(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if !s.mayEnter(m) || !s.authorized(m, key) {
		return nil, errDenied
	}
	if then := s.options.Then; len(then) > 0 {
		return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{
			KeyboardInteractiveCallback: func(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
				return s.interrogate(m, ask, then)
			},
		}}
	}
	return &ssh.Permissions{}, nil
}

func (s *Server) authorized(m ssh.ConnMetadata, key ssh.PublicKey) bool {
	if cert, ok := key.(*ssh.Certificate); ok {
		checker := ssh.CertChecker{IsUserAuthority: func(ca ssh.PublicKey) bool { return contains(s.options.UserCAs, ca) }}
		_, err := checker.Authenticate(m, cert)
		return err == nil
	}
	return contains(s.options.AuthorizedKeys, key)
}

func contains(keys []ssh.PublicKey, key ssh.PublicKey) bool {
	for _, k := range keys {
		if bytes.Equal(k.Marshal(), key.Marshal()) {
			return true
		}
	}
	return false
}

func (s *Server) checkPassword(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	s.counters.passwords.Add(1)
	if !s.mayEnter(m) || string(password) != s.options.Password {
		return nil, errDenied
	}
	return &ssh.Permissions{}, nil
}

func (s *Server) interrogate(m ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge, questions []Question) (*ssh.Permissions, error) {
	prompts, echos := make([]string, len(questions)), make([]bool, len(questions))
	for i, q := range questions {
		prompts[i], echos[i] = q.Prompt, q.Echo
	}
	answers, err := ask("", "", prompts, echos)
	if err != nil {
		return nil, err
	}
	for i, q := range questions {
		if answers[i] != q.Answer {
			return nil, errDenied
		}
	}
	if !s.mayEnter(m) {
		return nil, errDenied
	}
	return &ssh.Permissions{}, nil
}

func (s *Server) mayEnter(m ssh.ConnMetadata) bool {
	return s.options.User == "" || s.options.User == m.User()
}
