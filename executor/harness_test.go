package executor_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
	"github.com/musterhq/muster/transport"
)

// lab is hosts in this process: each is a folder with a real runner on it, reached by the real protocol through a pipe.
// A host whose name starts with "gone" refuses connections.
type lab struct {
	t   testing.TB
	dir string // playbooks and inventory

	mu    sync.Mutex
	dials map[string]int
	conns map[string][]*pipeConn
	cuts  map[string]bool
}

// cut breaks the connections of a host and refuses new ones.
func (l *lab) cut(host string) {
	l.mu.Lock()
	conns := l.conns[host]
	l.cuts[host] = true
	l.mu.Unlock()
	for _, c := range conns {
		c.breakOff()
	}
}

func newLab(t testing.TB, files map[string]string) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), dials: map[string]int{}, conns: map[string][]*pipeConn{}, cuts: map[string]bool{}}
	if _, ok := files["hosts.ini"]; !ok {
		l.write("hosts.ini", "[web]\na1\na2\n[db]\nb1\n")
	}
	for name, text := range files {
		l.write(name, text)
	}
	return l
}

func (l *lab) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// root is the folder that a host takes for its machine.
func (l *lab) root(host string) string { return filepath.Join(l.dir, "machines", host) }

// Dial connects to a host of the lab.
func (l *lab) Dial(_ context.Context, t transport.Target) (transport.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dials[t.Name]++
	if strings.HasPrefix(t.Name, "gone") || l.cuts[t.Name] {
		return nil, &transport.Error{Host: t.Name, Kind: transport.KindRefused, What: "connection refused"}
	}
	if err := demo.Furnish(l.root(t.Name), t.Name); err != nil {
		return nil, err
	}
	c := &pipeConn{run: demo.Runner(sys.Rooted(l.root(t.Name)), all.All(), "test"), done: make(chan struct{})}
	l.conns[t.Name] = append(l.conns[t.Name], c)
	return c, nil
}

// pipeConn runs every command as a runner in this process.
type pipeConn struct {
	run     simhost.Handler
	once    sync.Once
	done    chan struct{}
	runners sync.WaitGroup

	mu        sync.Mutex
	processes []*pipeProcess
}

// breakOff ends everything that runs over the connection, and waits for that.
func (c *pipeConn) breakOff() {
	c.mu.Lock()
	for _, p := range c.processes {
		p.kill()
	}
	c.mu.Unlock()
	c.once.Do(func() { close(c.done) })
	c.runners.Wait()
}

func (c *pipeConn) Start(_ context.Context, command string, _ transport.StartOptions) (transport.Process, error) {
	select {
	case <-c.done:
		return nil, fmt.Errorf("the connection is closed")
	default:
	}
	ctx, kill := context.WithCancel(context.Background())
	p := &pipeProcess{kill: kill, code: make(chan int, 1)}
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	p.stdin, p.stdout = in, out
	c.mu.Lock()
	c.processes = append(c.processes, p)
	c.mu.Unlock()
	c.runners.Go(func() {
		code := c.run(ctx, command, stdin, stdout, io.Discard)
		stdin.Close()
		stdout.Close()
		p.code <- code
	})
	go func() {
		<-ctx.Done()
		stdin.Close()
		stdout.Close()
	}()
	return p, nil
}

func (c *pipeConn) Put(context.Context, string, io.Reader, int64, uint32) error {
	return fmt.Errorf("nothing is pushed to these hosts")
}
func (c *pipeConn) Done() <-chan struct{} { return c.done }
func (c *pipeConn) Err() error            { return nil }

// Close waits for the runners: they write to their machine until they have ended.
func (c *pipeConn) Close() error {
	c.once.Do(func() { close(c.done) })
	c.runners.Wait()
	return nil
}

type pipeProcess struct {
	stdin  io.WriteCloser
	stdout io.Reader
	kill   context.CancelFunc
	code   chan int
}

func (p *pipeProcess) Stdin() io.WriteCloser { return p.stdin }
func (p *pipeProcess) Stdout() io.Reader     { return p.stdout }
func (p *pipeProcess) Stderr() io.Reader     { return strings.NewReader("") }
func (p *pipeProcess) Wait() (int, error)    { return <-p.code, nil }
func (p *pipeProcess) Kill() error           { p.kill(); return nil }

// record keeps the events of a run.
type record struct {
	mu     sync.Mutex
	events []event.Event
	saw    func(event.Event)
}

func (r *record) Handle(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	if r.saw != nil {
		r.saw(e)
	}
}

// run runs a playbook of the lab and returns what happened, its exit code and the error.
func (l *lab) run(book string, change ...func(*executor.Options)) (*record, int, error) {
	l.t.Helper()
	return l.runWith(book, func(*executor.Executor, *record) {}, change...)
}

// runWith is run with a look at the executor before it starts.
func (l *lab) runWith(book string, made func(*executor.Executor, *record), change ...func(*executor.Options)) (*record, int, error) {
	l.t.Helper()
	l.write("site.yml", book)
	s, found := settings.Load([]string{"HOME=" + l.dir, "ANSIBLE_CONFIG=" + filepath.Join(l.dir, "none.cfg")}, l.dir)
	if err := found.Err(); err != nil {
		l.t.Fatal(err)
	}
	o := inventory.FromSettings(s)
	o.Dir = l.dir
	inv, found := inventory.Load(l.t.Context(), []string{filepath.Join(l.dir, "hosts.ini")}, o)
	if err := found.Err(); err != nil {
		l.t.Fatal(err)
	}
	registry := all.All()
	loader := playbook.NewLoader(playbook.Options{Actions: executor.Actions{Registry: registry}})
	parsed, found := loader.Load(filepath.Join(l.dir, "site.yml"))
	if err := found.Err(); err != nil {
		l.t.Fatal(err)
	}
	pool := transport.NewPool(map[string]transport.Dialer{"ssh": l, "local": l}, demo.NoBinaries{}, "test")
	defer pool.Close()
	rec := &record{}
	opts := executor.Options{
		Inventory: inv, Loader: loader, Engine: jinja.New(jinja.Options{}), Lookups: lookup.All(), Modules: registry, Sessions: pool,
		Sink: rec, Settings: s, ExtraVars: value.NewDict(), Forks: 1, Now: time.Now, Prompter: noTerminal{},
		Defaults: executor.Defaults{BecomeMethod: "sudo"},
	}
	for _, f := range change {
		f(&opts)
	}
	x := executor.New(opts)
	made(x, rec)
	code, err := x.Run(l.t.Context(), []*playbook.Playbook{parsed})
	return rec, code, err
}

// asking is called whenever a template asks the lookup pipe.
type asking func()

func (a asking) around(all map[string]lookup.Func) map[string]lookup.Func {
	out := maps.Clone(all)
	out["pipe"] = func(context.Context, lookup.Env, []any, *value.Dict) ([]any, error) {
		a()
		return []any{"asked"}, nil
	}
	return out
}

type noTerminal struct{}

func (noTerminal) Ask(context.Context, string, bool) (string, error) {
	return "", transport.ErrNoTerminal
}

// story tells the events in short lines, for comparison.
func (r *record) story() string {
	var b strings.Builder
	for _, e := range r.events {
		if line := tell(e); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func tell(e event.Event) string {
	switch e := e.(type) {
	case event.PlayStart:
		return fmt.Sprintf("PLAY %s: %s", e.Name, strings.Join(e.Hosts, " "))
	case event.NoHosts:
		return "no hosts: " + e.Play
	case event.TaskStart:
		if e.Handler {
			return "HANDLER " + e.Name
		}
		return "TASK " + e.Name
	case event.ItemResult:
		return fmt.Sprintf("  %s (%s) %s%s", e.Host, e.Label, e.Status, said(e.Result, e.Ignored))
	case event.TaskResult:
		if e.Loop && e.Result["results"] != nil {
			return ""
		}
		host := e.Host
		if e.Delegated != "" {
			host += "->" + e.Delegated
		}
		return fmt.Sprintf("  %s %s%s", host, e.Status, said(e.Result, e.Ignored))
	case event.Retry:
		return fmt.Sprintf("  %s retry %d, %d left", e.Host, e.Attempt, e.Left)
	case event.Included:
		return fmt.Sprintf("  included %s: %s", filepath.Base(e.File), strings.Join(e.Hosts, " "))
	case event.NoMoreHosts:
		return "NO MORE HOSTS"
	case event.PhaseStart:
		return strings.ToUpper(e.Phase) + " " + strings.Join(e.Hosts, " ")
	case event.RollbackStart, event.Undone, event.RollbackEnd, event.NotRolledBack, event.NotStarted:
		return tellRollback(e)
	case event.Message:
		return e.Level + ": " + e.Text
	case event.RunEnd:
		return recap(e.Hosts)
	}
	return ""
}

func tellRollback(e event.Event) string {
	switch e := e.(type) {
	case event.RollbackStart:
		return fmt.Sprintf("ROLLBACK %s: %s (%s)", e.Scope, strings.Join(e.Hosts, " "), e.Reason)
	case event.Undone:
		line := fmt.Sprintf("  %s %s", e.Host, e.Status)
		if e.Delegated != "" {
			line = fmt.Sprintf("  %s->%s %s", e.Host, e.Delegated, e.Status)
		}
		return line + ": " + strings.TrimSpace(e.Module+" "+e.What)
	case event.RollbackEnd:
		line := "ROLLBACK END"
		if e.Complete {
			line += " complete"
		}
		if e.Command != "" {
			line += ": " + e.Command
		}
		return line
	case event.NotRolledBack:
		return fmt.Sprintf("NOT ROLLED BACK %s: %d: %s", strings.Join(e.Hosts, " "), e.Changes, e.Command)
	case event.NotStarted:
		return fmt.Sprintf("NOT STARTED %s: needs %s", e.Play, strings.Join(e.Needs, ", "))
	}
	return ""
}

// said is the message of a result, its first line.
func said(r map[string]any, ignored bool) string {
	out := ""
	for _, key := range []string{"msg", "reason"} {
		if m, ok := r[key]; ok {
			first, _, _ := strings.Cut(fmt.Sprint(m), "\n")
			out = ": " + first
		}
	}
	if ignored {
		out += " (ignored)"
	}
	return out
}

func recap(hosts map[string]event.Counts) string {
	names := make([]string, 0, len(hosts))
	for n := range hosts {
		names = append(names, n)
	}
	sort.Strings(names)
	var lines []string
	for _, n := range names {
		c := hosts[n]
		line := "= " + n
		for _, f := range []struct {
			name string
			n    int
		}{{"ok", c.OK}, {"changed", c.Changed}, {"unreachable", c.Unreachable}, {"failed", c.Failed}, {"skipped", c.Skipped}, {"rescued", c.Rescued}, {"ignored", c.Ignored}, {"rolledback", c.RolledBack}} {
			if f.n > 0 {
				line += fmt.Sprintf(" %s=%d", f.name, f.n)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// scene is a playbook and what must come of it.
type scene struct {
	name  string
	files map[string]string
	book  string
	with  func(*executor.Options)
	code  int
	want  string
}

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			var change []func(*executor.Options)
			if s.with != nil {
				change = append(change, s.with)
			}
			l := newLab(t, s.files)
			rec, code, err := l.run(s.book, change...)
			if err != nil {
				t.Fatal(err)
			}
			story := strings.ReplaceAll(rec.story(), l.dir+"/", "")
			if got, want := strings.TrimSpace(story), strings.TrimSpace(s.want); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if code != s.code {
				t.Errorf("exit code %d, want %d", code, s.code)
			}
		})
	}
}
