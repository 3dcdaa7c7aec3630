package ssh

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

const (
	// turnedAway is how often a server that hangs up before greeting is tried again: it has too many strangers
	// waiting (MaxStartups), which passes.
	turnedAway     = 3
	turnedAwayWait = 200 * time.Millisecond // doubled each time
)

// link is an authenticated connection and what it stands on.
type link struct {
	client *ssh.Client
	stream *stream
	under  func() // gives back the jump host
}

func (l *link) close() error {
	err := l.client.Close()
	l.stream.Close()
	l.under()
	return err
}

// connect opens and authenticates a connection, with as many attempts as the configuration allows.
func (d *Dialer) connect(ctx context.Context, s *settings) (*link, error) {
	for attempt := 1; ; attempt++ {
		l, w, err := d.attempt(ctx, s)
		if err == nil {
			return l, nil
		}
		var turned *turnedAwayError
		var wait time.Duration
		switch {
		case ctx.Err() != nil:
			return nil, err
		case errors.As(err, &turned) && attempt <= turnedAway:
			wait = d.turnedAwayWait << (attempt - 1)
		case attempt == 1 && w != nil && w.wasAsked() && lostWhile(err):
			// The server did not wait for the person; the answer is known now.
		case attempt < s.attempts && temporary(err):
			wait = time.Second
		default:
			return nil, err
		}
		if pause(ctx, wait/2+rand.N(wait+1)) != nil {
			return nil, err
		}
	}
}

// attempt makes one connection. The watch is nil when the attempt did not get as far.
func (d *Dialer) attempt(ctx context.Context, s *settings) (*link, *watch, error) {
	// The jump host first: it needs a slot of its own, which those behind it must not take away.
	under, release, err := d.jumps.get(ctx, d, s.jump)
	if err != nil {
		return nil, nil, err
	}
	done, err := d.limits.acquire(ctx, s.limitKey())
	if err != nil {
		release()
		return nil, nil, d.cancelled(s, err)
	}
	defer done()
	w := newWatch(ctx, s.timeout)
	defer w.stop()
	raw, err := d.open(w, s, under)
	if err != nil {
		release()
		return nil, w, err
	}
	st := &stream{Conn: raw, watch: w}
	st.heard.Store(time.Now().UnixNano())
	client, err := d.handshake(w, s, st)
	if err != nil {
		st.Close()
		release()
		return nil, w, err
	}
	return &link{client: client, stream: st, under: release}, w, nil
}

// open makes the connection that SSH runs over.
func (d *Dialer) open(w *watch, s *settings, under *link) (net.Conn, error) {
	var conn net.Conn
	var err error
	switch {
	case under != nil:
		conn, err = under.client.DialContext(w.ctx, "tcp", s.address())
	case s.proxy != "":
		conn, err = d.startProxy(s)
	case d.options.DialContext != nil:
		conn, err = d.options.DialContext(w.ctx, s.network, s.address())
	default:
		conn, err = d.tcp(w.ctx, s)
	}
	if err != nil {
		return nil, d.explainOpen(w, s, err)
	}
	w.enter(phaseVersion)
	return conn, nil
}

// handshake speaks SSH until the user is let in.
func (d *Dialer) handshake(w *watch, s *settings, st *stream) (*ssh.Client, error) {
	stop := context.AfterFunc(w.ctx, func() { st.Close() })
	defer stop()
	checker := &hostChecker{dialer: d, settings: s, watch: w}
	algorithms, err := checker.algorithms()
	if err != nil {
		return nil, err
	}
	auth := newAuthenticator(d, s, st, checker)
	config := &ssh.ClientConfig{
		Config: s.crypto, User: s.user, HostKeyCallback: checker.check, HostKeyAlgorithms: algorithms,
		ClientVersion: "SSH-2.0-muster", AuthCallback: auth.next,
		BannerCallback: func(text string) error {
			d.options.Logf("%s: %s", s.name, printable(text))
			return nil
		},
	}
	c, channels, requests, err := ssh.NewClientConn(st, s.address(), config)
	if err != nil {
		return nil, d.explainHandshake(w, s, st, auth, err)
	}
	if !stop() { // the deadline came at the last moment
		c.Close()
		return nil, d.explainHandshake(w, s, st, auth, context.Cause(w.ctx))
	}
	return ssh.NewClient(c, channels, requests), nil
}

func (d *Dialer) cancelled(s *settings, err error) error {
	return failure(s.name, transport.KindLost, "connecting was interrupted", "", err)
}
