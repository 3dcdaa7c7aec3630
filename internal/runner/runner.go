// Package runner is the host side of muster: it reads requests, runs modules and answers. It lives exactly as long as
// its connection; only async jobs outlast it. Requests for other users go to children of the same program, which sudo,
// su or doas start; a child may answer nothing but the requests that were passed to it.
package runner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"sync"
	"sync/atomic"
	"time"

	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport/wire"
)

// Options say what a runner works with.
type Options struct {
	Lookup  func(name string) (modules.Module, bool)
	System  sys.System
	Version string // muster's, unless the controller says another
	// Slim says that modules which Lookup does not know may be those of a full runner, where the controller is sent to.
	Slim bool
	// Self starts this program as a runner: an absolute path and its arguments. Children and async jobs need it.
	Self []string
	// Background does what goes on when the connection has ended, on a host that has no program to start for it.
	Background func(work func(context.Context))
}

// Lazily looks modules up in a registry that is built when it is first needed: a runner greets before that.
func Lazily(build func() *modules.Registry) func(name string) (modules.Module, bool) {
	registry := sync.OnceValue(build)
	return func(name string) (modules.Module, bool) { return registry().Get(name) }
}

// server is one running Serve.
type server struct {
	Options
	w     *wire.Writer
	in    *os.File    // nil where requests come from something else
	child atomic.Bool // another runner started it
	me    *user.User
	store *journal.Store
	tasks sync.WaitGroup

	mu       sync.Mutex
	running  map[uint64]*task
	children map[string]*childSlot
	closed   bool
}

// How long what runs may take to end once the connection is gone: a command that is told to end, and a change that has
// begun and is better finished.
const (
	grace     = 3 * time.Second
	finishing = 2 * time.Minute
)

// Serve answers requests from in on out until in ends, ctx is done, or the controller's heartbeat stops. When it
// returns, what ran has been cancelled and the children have ended.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	s := &server{Options: o, w: wire.NewWriter(out), me: currentUser(), running: map[uint64]*task{}, children: map[string]*childSlot{}}
	s.in, _ = in.(*os.File)
	s.store = s.newStore()
	if err := s.w.Start(wire.Hello{
		Protocol: wire.Protocol, Version: o.Version, PID: os.Getpid(), UID: os.Getuid(), User: s.me.Username, Home: s.me.HomeDir,
	}); err != nil {
		return err
	}
	go s.Lookup("") // makes a lazy registry while the first request is under way
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.read(ctx, cancel, bufio.NewReaderSize(in, 16<<10)) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	cancel(errors.New("the connection ended"))
	s.shutdown()
	if s.child.Load() {
		unleash()
	}
	return err
}

// read handles frames until the stream ends; io.EOF is a normal end.
func (s *server) read(ctx context.Context, cancel context.CancelCauseFunc, in *bufio.Reader) error {
	if err := wire.Scan(in, nil); err != nil {
		return ending(err)
	}
	frames := wire.NewReader(in)
	beat, err := s.greet(frames, cancel)
	if err != nil {
		return ending(err)
	}
	defer beat.stop()
	for {
		kind, payload, err := frames.Next()
		if err != nil {
			return ending(err)
		}
		beat.heard()
		if err := s.frame(ctx, kind, payload); err != nil {
			return err
		}
	}
}

func ending(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("read from the controller: %w", err)
}

// greet reads the Hello and takes over what it says.
func (s *server) greet(frames *wire.Reader, cancel context.CancelCauseFunc) (heartbeat, error) {
	kind, payload, err := frames.Next()
	if err != nil {
		return heartbeat{}, err
	}
	if kind != wire.TypeHello {
		return heartbeat{}, fmt.Errorf("first frame is of type %d", kind)
	}
	h, err := wire.Decode[wire.Hello](payload)
	if err != nil {
		return heartbeat{}, err
	}
	if h.Protocol != wire.Protocol {
		return heartbeat{}, fmt.Errorf("protocol %d, this runner speaks %d", h.Protocol, wire.Protocol)
	}
	if h.Version != "" {
		s.Version = h.Version // the runner's own build is not tied to one version of muster
	}
	if err := restoreEnv(h.Env); err != nil {
		return heartbeat{}, err
	}
	if h.Heartbeat <= 0 && s.in != nil {
		leash(s.in) // a child: what started it may keep its standard error open
		s.child.Store(true)
	}
	return newHeartbeat(time.Duration(h.Heartbeat)*time.Millisecond, cancel), nil
}

// restoreEnv gives variables back that the parent changed for sudo's messages; those that sudo removed stay away.
func restoreEnv(env map[string]string) error {
	for name, value := range env {
		if _, set := os.LookupEnv(name); !set {
			continue
		}
		var err error
		if value == "" {
			err = os.Unsetenv(name)
		} else {
			err = os.Setenv(name, value)
		}
		if err != nil {
			return fmt.Errorf("environment variable %s: %w", name, err)
		}
	}
	return nil
}

// frame handles one frame; an error ends the connection.
func (s *server) frame(ctx context.Context, kind wire.Type, payload []byte) error {
	switch kind {
	case wire.TypeRequest:
		return s.request(ctx, payload)
	case wire.TypeContentChunk:
		return s.chunk(payload)
	case wire.TypeCancel:
		c, err := wire.Decode[wire.Cancel](payload)
		if err != nil {
			return err
		}
		s.cancel(c.ID)
		return nil
	case wire.TypePing:
		return s.w.Relay(wire.TypePong, payload)
	default:
		return fmt.Errorf("unexpected frame of type %d", kind)
	}
}

// shutdown ends children and waits for what runs, but not for what does not end.
func (s *server) shutdown() {
	s.mu.Lock()
	s.closed = true
	slots := make([]*childSlot, 0, len(s.children))
	for _, slot := range s.children {
		slots = append(slots, slot)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var closing sync.WaitGroup
		for _, slot := range slots {
			closing.Go(slot.close)
		}
		closing.Wait()
		s.tasks.Wait()
		_ = s.store.Close() // what could not be finished is recovered by the next run
	}()
	timer := time.NewTimer(finishing + grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// currentUser never fails: without an entry of its own the process is known by its number.
func currentUser() *user.User {
	if u, err := user.Current(); err == nil {
		return u
	}
	id := fmt.Sprint(os.Getuid())
	return &user.User{Uid: id, Gid: fmt.Sprint(os.Getgid()), Username: id, HomeDir: os.Getenv("HOME")}
}
