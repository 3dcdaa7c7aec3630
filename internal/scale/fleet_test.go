// Package scale measures runs on many simulated hosts: SSH servers in this process, the real runner protocol, and a
// folder for each host's root.
package scale

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

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
	"github.com/musterhq/muster/transport/ssh"
)

// fleet is a set of simulated hosts and what runs plays on them.
type fleet struct {
	t       testing.TB
	dir     string
	servers map[string]*simhost.Server
	inv     *inventory.Inventory
}

// newFleet makes hosts h1 … hn whose every byte is delayed by latency in each direction.
func newFleet(t testing.TB, n int, latency time.Duration) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), servers: map[string]*simhost.Server{}}
	registry := all.All()
	key, err := simhost.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	var hosts bytes.Buffer
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("h%d", i)
		root := filepath.Join(f.dir, "hosts", name)
		if err := demo.Furnish(root, name); err != nil {
			t.Fatal(err)
		}
		server, err := simhost.Start(simhost.Options{
			NoAuth: true, InMemory: true, Latency: latency, HostKeys: []gossh.Signer{key},
			Exec: demo.Runner(sys.Rooted(root), registry, "bench"),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		f.servers[name] = server
		fmt.Fprintln(&hosts, name)
	}
	path := filepath.Join(f.dir, "hosts.ini")
	if err := os.WriteFile(path, hosts.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, found := inventory.Load(t.Context(), []string{path}, inventory.Options{})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	f.inv = inv
	return f
}

// dial connects to the host that an address names.
func (f *fleet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	server, ok := f.servers[host]
	if !ok {
		return nil, fmt.Errorf("no host %s", host)
	}
	return server.DialContext(ctx, network, address)
}

// run runs a playbook on the fleet and returns the recap; a host that failed is the end of the test.
func (f *fleet) run(text string, forks int) map[string]event.Counts {
	f.t.Helper()
	file := filepath.Join(f.dir, "site.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	s, found := settings.Load([]string{"HOME=" + f.dir}, f.dir)
	if err := found.Err(); err != nil {
		f.t.Fatal(err)
	}
	registry := all.All()
	loader := playbook.NewLoader(playbook.Options{Actions: executor.Actions{Registry: registry}})
	book, mistakes := loader.Load(file)
	if err := mistakes.Err(); err != nil {
		f.t.Fatal(err)
	}
	pool := transport.NewPool(map[string]transport.Dialer{
		"ssh": ssh.NewDialer(ssh.Options{SystemDir: f.dir, User: "root", DialContext: f.dial}),
	}, demo.NoBinaries{}, "bench")
	defer pool.Close()
	sink := &recapSink{t: f.t}
	x := executor.New(executor.Options{
		Inventory: f.inv, Loader: loader, Engine: jinja.New(jinja.Options{}), Lookups: lookup.All(), Modules: registry,
		Sessions: pool, Sink: sink, Settings: s, ExtraVars: value.NewDict(), Forks: forks, Now: time.Now,
		Defaults: executor.Defaults{User: "root", Connection: "ssh", Timeout: time.Minute, HostKeys: transport.HostKeyOff},
	})
	code, err := x.Run(f.t.Context(), []*playbook.Playbook{book})
	if err != nil || code != 0 {
		f.t.Fatalf("exit code %d: %v", code, err)
	}
	return sink.hosts
}

// recapSink keeps the recap and reports failures.
type recapSink struct {
	t     testing.TB
	hosts map[string]event.Counts
}

// Handle looks at one event.
func (s *recapSink) Handle(e event.Event) {
	switch e := e.(type) {
	case event.TaskResult:
		if e.Status == event.Failed || e.Status == event.Unreachable {
			s.t.Errorf("%s: %v", e.Host, e.Result["msg"])
		}
	case event.RunEnd:
		s.hosts = e.Hosts
	}
}
