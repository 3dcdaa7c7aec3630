package network_test

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/network"
	"github.com/musterhq/muster/modules/sys"
)

// fakeHAProxy answers on a stats socket like HAProxy with one backend of two servers.
type fakeHAProxy struct {
	mu       sync.Mutex
	admin    map[string]string // by backend/server
	weight   map[string]string
	sessions map[string]int
	down     bool
}

func newFakeHAProxy() *fakeHAProxy {
	return &fakeHAProxy{admin: map[string]string{"web/a": "ready", "web/b": "ready"}, weight: map[string]string{"web/a": "10", "web/b": "10"}, sessions: map[string]int{}}
}

func (f *fakeHAProxy) listen(t *testing.T, root string) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(root, "run/ha.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			fmt.Fprint(c, f.answer(strings.TrimSpace(line)))
			c.Close()
		}
	}()
}

func (f *fakeHAProxy) answer(line string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := strings.Fields(line)
	switch {
	case line == "show stat":
		return f.stat()
	case line == "show servers state":
		return f.state()
	case strings.HasPrefix(line, "set weight"):
		f.weight[w[2]] = w[3]
	case strings.HasPrefix(line, "set server"):
		f.admin[w[2]] = w[4]
	case strings.HasPrefix(line, "shutdown sessions"):
		f.sessions[w[3]] = 0
	default:
		return "Unknown command.\n"
	}
	return "\n"
}

func (f *fakeHAProxy) stat() string {
	out := "# pxname,svname,scur,status,weight,uweight\nweb,FRONTEND,0,OPEN,,\n"
	for _, name := range []string{"web/a", "web/b"} {
		status := map[string]string{"ready": "UP", "maint": "MAINT", "drain": "DRAIN"}[f.admin[name]]
		if f.down && status != "MAINT" {
			status = "DOWN" // whether it drains as well is not to be seen
		}
		out += fmt.Sprintf("web,%s,%d,%s,%s,%s\n", name[4:], f.sessions[name], status, f.weight[name], f.weight[name])
		if f.sessions[name] > 0 { // each look finds one session less
			f.sessions[name]--
		}
	}
	return out + "web,BACKEND,0,UP,,\n"
}

func (f *fakeHAProxy) state() string {
	out := "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change\n"
	for i, name := range []string{"web/a", "web/b"} {
		bits := map[string]int{"ready": 0, "maint": 1, "drain": 8}[f.admin[name]]
		out += fmt.Sprintf("3 web %d %s 127.0.0.1 2 %d %s 10 100\n", i+1, name[4:], bits, f.weight[name])
	}
	return out
}

func (f *fakeHAProxy) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprint(f.admin, f.weight)
}

func TestHAProxy(t *testing.T) {
	var f *fakeHAProxy
	with := func(change func()) modulestest.Case {
		return modulestest.Case{
			Machine: func(*testing.T) ([]sys.RootedOption, func() string) {
				f = newFakeHAProxy()
				return nil, func() string { return f.text() }
			},
			Setup: func(t *testing.T, s sys.System) {
				if change != nil {
					change()
				}
				modulestest.Dir(t, s, "/run")
				f.listen(t, s.Root())
			},
		}
	}
	args := func(pairs ...any) map[string]any {
		m := map[string]any{"socket": "/run/ha.sock", "host": "a"}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	var cases []modulestest.Case
	add := func(name string, args map[string]any, change func(), more func(*modulestest.Case)) {
		c := with(change)
		c.Name, c.Args = name, args
		if more != nil {
			more(&c)
		}
		cases = append(cases, c)
	}
	meddle := func(c *modulestest.Case) {
		c.Meddle = func(*testing.T, sys.System) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.weight["web/a"] = "77"
		}
	}
	add("drained", args("state", "drain", "backend", "web", "wait", true), nil, meddle)
	add("drained without sessions", args("state", "drain", "drain", true), func() { f.sessions["web/a"] = 3 }, func(c *modulestest.Case) {
		c.Check = func(t *testing.T, _ sys.System, res modules.Result) {
			after := res["state_after"].([]any)[0].(map[string]any)
			if after["scur"] != "0" || after["status"] != "DRAIN" {
				t.Errorf("%v", after)
			}
		}
	})
	add("drained while it is down", args("state", "drain", "wait", true), func() { f.down = true }, nil)
	add("disabled", args("state", "disabled", "shutdown_sessions", true), func() { f.sessions["web/a"] = 2 }, nil)
	add("enabled with a weight", args("state", "enabled", "weight", "50%", "wait", true), func() { f.admin["web/a"] = "drain" }, nil)
	add("enabled already", args("state", "enabled"), nil, func(c *modulestest.Case) { c.Unchanged = true })
	add("not there", args("state", "drain", "host", "z"), nil, func(c *modulestest.Case) { c.Unchanged = true })
	add("not there, which fails", args("state", "drain", "host", "z", "fail_on_not_found", true), nil, func(c *modulestest.Case) { c.Failed = "The specified backend '*/z' was not found!" })
	add("a name that ends the line", args("state", "drain", "host", "a;shutdown"), nil, func(c *modulestest.Case) { c.Failed = "is no name that HAProxy can have" })
	modulestest.Run(t, network.HAProxy(), cases)
}

func TestHAProxyWithoutSocket(t *testing.T) {
	s := modulestest.NewMachine(t)
	res := network.HAProxy().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"state": "drain", "host": "a"}})
	if msg, _ := res["msg"].(string); !res.Failed() || !strings.Contains(msg, "stats socket cannot be reached") {
		t.Errorf("%v", res)
	}
}
