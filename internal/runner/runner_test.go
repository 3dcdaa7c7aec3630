package runner_test

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// TestMain lets the test's own program be the runner of children and async jobs.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "runner" {
		os.Exit(runner.Main(context.Background(), os.Args[1:], options()))
	}
	os.Exit(m.Run())
}

func options() runner.Options {
	table := map[string]modules.Module{}
	for _, m := range []testModule{
		{"echo", func(_ context.Context, c *modules.Call) modules.Result {
			return modules.Result{"changed": false, "args": c.Args, "check": c.Check, "env": c.Env}
		}},
		{"who", func(_ context.Context, c *modules.Call) modules.Result {
			return modules.Result{"pid": os.Getpid(), "environ": c.Sys.Environ(), "argv": os.Args}
		}},
		{"boom", func(context.Context, *modules.Call) modules.Result { panic("broken on purpose") }},
		{"fail", func(_ context.Context, c *modules.Call) modules.Result {
			if c.Args["fail"] == true {
				return modules.Failf("as told")
			}
			return modules.Result{"changed": true}
		}},
		{"wait", func(ctx context.Context, _ *modules.Call) modules.Result {
			<-ctx.Done()
			return modules.Failf("killed")
		}},
		{"run", func(ctx context.Context, c *modules.Call) modules.Result {
			out, err := c.Sys.Run(ctx, sys.Command{Argv: []string{"/bin/sh", "-c", c.Args["cmd"].(string)}})
			if err != nil {
				return modules.Failf("%v", err)
			}
			return modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "failed": out.Code != 0}
		}},
		{"deaf", func(context.Context, *modules.Call) modules.Result { select {} }},
		{"read", func(ctx context.Context, c *modules.Call) modules.Result {
			r, err := c.Content.Open(ctx, c.Args["sha"].(string))
			if err != nil {
				return modules.Failf("open: %v", err)
			}
			data, err := io.ReadAll(r)
			if err != nil {
				return modules.Failf("read: %v", err)
			}
			return modules.Result{"size": len(data), "start": string(data[:min(len(data), 16)])}
		}},
		{"huge", func(context.Context, *modules.Call) modules.Result {
			return modules.Result{"stdout": strings.Repeat("x", wire.MaxFrame)}
		}},
		{"crash", func(context.Context, *modules.Call) modules.Result { os.Exit(7); return nil }},
	} {
		table[m.name] = m
	}
	return runner.Options{Lookup: func(name string) (modules.Module, bool) { m, ok := table[name]; return m, ok }, System: sys.Real()}
}

type testModule struct {
	name string
	run  func(context.Context, *modules.Call) modules.Result
}

func (m testModule) Info() modules.Info                                      { return modules.Info{Name: m.name} }
func (m testModule) Params() []modules.Param                                 { return nil }
func (m testModule) Run(ctx context.Context, c *modules.Call) modules.Result { return m.run(ctx, c) }

// pipeConn runs Serve in this process: the wire without a host.
type pipeConn struct {
	t    *testing.T
	o    runner.Options
	done chan struct{}
}

func (c *pipeConn) RunnerCommand() string { return "runner" }
func (c *pipeConn) Done() <-chan struct{} { return c.done }
func (c *pipeConn) Err() error            { return nil }
func (c *pipeConn) Close() error          { return nil }
func (c *pipeConn) Put(context.Context, string, io.Reader, int64, uint32) error {
	return os.ErrInvalid
}

func (c *pipeConn) Start(context.Context, string, transport.StartOptions) (transport.Process, error) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	p := &pipeProcess{in: inW, out: outR, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = runner.Serve(c.t.Context(), inR, outW, c.o)
		_ = outW.Close()
		_ = inR.Close()
	}()
	return p, nil
}

type pipeProcess struct {
	in    *io.PipeWriter
	out   *io.PipeReader
	ended chan struct{}
	err   error
}

func (p *pipeProcess) Stdin() io.WriteCloser { return p.in }
func (p *pipeProcess) Stdout() io.Reader     { return p.out }
func (p *pipeProcess) Stderr() io.Reader     { return strings.NewReader("") }
func (p *pipeProcess) Wait() (int, error)    { <-p.ended; return 0, p.err }
func (p *pipeProcess) Kill() error           { return p.in.Close() }

// open starts a session with an in-process runner whose children are this test's program.
func open(t *testing.T) *transport.Session {
	t.Helper()
	o := options()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Self = []string{exe, "runner"}
	conn := &pipeConn{t: t, o: o, done: make(chan struct{})}
	s, err := transport.Open(t.Context(), conn, transport.Target{Name: "h1"}, nil, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// do sends a request and returns the results.
func do(t *testing.T, s *transport.Session, req *wire.Request, content transport.ContentFunc) ([]map[string]any, error) {
	t.Helper()
	var mu sync.Mutex
	var all []map[string]any
	err := s.Do(t.Context(), req, content, func(r *wire.Response) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r.Result)
	})
	return all, err
}

func one(t *testing.T, s *transport.Session, req *wire.Request) map[string]any {
	t.Helper()
	all, err := do(t, s, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d results: %v", len(all), all)
	}
	return all[0]
}

func items(args ...map[string]any) []wire.Item {
	all := make([]wire.Item, len(args))
	for i, a := range args {
		all[i] = wire.Item{Args: a}
	}
	return all
}
