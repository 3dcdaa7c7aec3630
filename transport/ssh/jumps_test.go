package ssh

import (
	"fmt"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/simhost"
	"github.com/musterhq/muster/transport"
)

func TestJump(t *testing.T) {
	inner, _ := openHost(t)
	middle := start(t, simhost.Options{NoAuth: true, Forward: forwardTo(inner)})
	outer := start(t, simhost.Options{NoAuth: true, Forward: forwardTo(middle)})
	w := newWorld(t)
	w.write("known_hosts", known(inner)+known(middle)+known(outer))
	w.write("config", fmt.Sprintf("Host middle\n HostName 127.0.0.1\n Port %d\n ProxyJump outer\n"+
		"Host outer\n HostName 127.0.0.1\n Port %d\n", middle.Port(), outer.Port()))
	to := target(inner)
	to.SSHArgs = []string{"-J", "middle"}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			c, err := w.dialer.Dial(t.Context(), to)
			if err != nil {
				t.Error(err)
				return
			}
			if out, _ := run(t, c, "echo through", ""); out != "through\n" {
				t.Errorf("%q", out)
			}
			t.Cleanup(func() { c.Close() })
		})
	}
	wait.Wait()
	if o, m := outer.Stats(), middle.Stats(); o.Connections != 1 || m.Connections != 1 || m.Forwards != 8 {
		t.Errorf("outer %+v middle %+v: the way is not shared", o, m)
	}
	for i, args := range [][]string{
		{"-o", fmt.Sprintf("ProxyJump=u@127.0.0.1:%d,127.0.0.1:%d", outer.Port(), middle.Port())},
		{"-J", fmt.Sprintf("ssh://127.0.0.1:%d,ssh://v@127.0.0.1:%d", outer.Port(), middle.Port())},
	} {
		to.SSHArgs = args
		if _, err := w.dial(to); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func known(s *simhost.Server) string {
	return fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), keyText(s.HostKey()))
}

func TestJumpIsClosedWithItsLastUser(t *testing.T) {
	inner, _ := openHost(t)
	outer := start(t, simhost.Options{NoAuth: true, Forward: forwardTo(inner)})
	w := newWorld(t)
	w.write("known_hosts", known(inner)+known(outer))
	to := target(inner)
	to.SSHArgs = []string{"-J", outer.Addr()}
	one, two := w.mustDial(to), w.mustDial(to)
	one.Close()
	if out, _ := run(t, two, "echo still", ""); out != "still\n" {
		t.Errorf("%q", out)
	}
	two.Close()
	w.mustDial(to)
	if n := outer.Stats().Connections; n != 2 {
		t.Errorf("%d connections to the jump host, want 2", n)
	}
}

func TestJumpFailures(t *testing.T) {
	inner, _ := openHost(t)
	closed := start(t, simhost.Options{NoAuth: true})
	elsewhere := start(t, simhost.Options{NoAuth: true, Forward: forwardTo()})
	private := start(t, simhost.Options{Password: "x"})
	cases := []struct {
		name   string
		jump   string
		config string
		kind   transport.Kind
		parts  []string
	}{
		{"refused", fmt.Sprintf("127.0.0.1:%d", closedPort(t)), "", transport.KindRefused, []string{"web1: jump host 127.0.0.1: connection refused by"}},
		{"forbidden", closed.Addr(), "", transport.KindConfig, []string{"jump host 127.0.0.1 forbids the way to", "AllowTcpForwarding"}},
		{"behind", elsewhere.Addr(), "", transport.KindRefused, []string{"jump host 127.0.0.1 cannot reach", "refused"}},
		{"key", inner.Addr(), "GlobalKnownHostsFile /dev/null\nUserKnownHostsFile /dev/null\n", transport.KindUnknownKey, []string{"jump host 127.0.0.1: host key of"}},
		{"login", private.Addr(), "", transport.KindAuth, []string{"jump host 127.0.0.1: no authentication method left"}},
		{"circle", "a", "Host a\n ProxyJump b\nHost b\n ProxyJump a\n", transport.KindConfig, []string{"proxyjump leads in a circle", "ProxyJump none"}},
		{"self", "gw", "Host *\n ProxyJump gw\n", transport.KindConfig, []string{"circle", "-> me@gw:22"}},
		{"no host", "user@:22", "", transport.KindConfig, []string{"is no host"}},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("known_hosts", known(inner)+known(closed)+known(elsewhere)+known(private))
			w.write("config", k.config)
			to := target(inner)
			to.SSHArgs = []string{"-o", "ProxyJump " + k.jump}
			_, err := w.dial(to)
			wantError(t, err, k.kind, k.parts...)
		})
	}
}

func TestProxyJumpNone(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t)
	w.trust(s)
	w.write("config", "Host 127.0.0.1\n ProxyJump none\nHost *\n ProxyJump nowhere.invalid\n")
	w.mustDial(target(s))
}

// TestProxyCommand goes through this test binary itself, which plays nc.
func TestProxyCommand(t *testing.T) {
	s, _ := openHost(t)
	w := newWorld(t)
	w.trust(s)
	to := target(s)
	to.SSHArgs = []string{"-o", "ProxyCommand=" + relay(t)}
	c := w.mustDial(to)
	if out, _ := run(t, c, "echo proxied", ""); out != "proxied\n" {
		t.Errorf("%q", out)
	}
	to.SSHArgs = []string{"-o", "ProxyCommand=echo sorry, no way to %h >&2; exit 1"}
	_, err := w.dial(to)
	wantError(t, err, transport.KindNetwork, "the proxy command ended without a connection: sorry, no way to 127.0.0.1")
	to.SSHArgs = []string{"-o", "ProxyCommand=cat %z"}
	_, err = w.dial(to)
	wantError(t, err, transport.KindConfig, "unknown sequence %z")
	to.SSHArgs = []string{"-o", "ProxyCommand=none"}
	w.mustDial(to)
}
