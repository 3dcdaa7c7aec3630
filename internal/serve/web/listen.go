package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
)

// Listen opens the address of a jobs file: a TCP port, with TLS when it names certificates, or a socket that the group
// may use.
func Listen(f *jobfile.File) (net.Listener, error) {
	if path, isUnix := strings.CutPrefix(f.Listen, "unix:"); isUnix {
		if st, err := os.Lstat(path); err == nil && st.Mode()&fs.ModeSocket != 0 {
			if err := os.Remove(path); err != nil { // of a daemon that was killed: one at a time has the state folder
				return nil, err
			}
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			return nil, err
		}
		return l, os.Chmod(path, 0o660)
	}
	l, err := net.Listen("tcp", f.Listen)
	if err != nil || f.TLSCert == "" {
		return l, err
	}
	pair := &certificate{cert: f.TLSCert, key: f.TLSKey}
	if _, err := pair.get(nil); err != nil {
		return nil, errors.Join(fmt.Errorf("tls: %w", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// certificate reads its files again when they changed, so that renewing it needs no restart.
type certificate struct {
	cert, key string

	mu     sync.Mutex
	stamp  time.Time
	loaded *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && st.ModTime().Equal(c.stamp) {
		return c.loaded, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.cert, c.key); err == nil {
			c.loaded, c.stamp = &pair, st.ModTime()
		}
	}
	if c.loaded != nil {
		return c.loaded, nil // one that is being replaced goes on until the new one is whole
	}
	return nil, err
}

// Serve answers on a listener until ctx ends; then requests have five seconds to end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		stopped <- srv.Shutdown(grace)
	})
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
