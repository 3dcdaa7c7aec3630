package network

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type haproxyParams struct {
	State            string  `param:"state" required:"true" choices:"disabled,drain,enabled" doc:"Whether the server gets traffic: enabled, disabled (maintenance), or drain (no new sessions)."`
	Host             string  `param:"host" required:"true" doc:"The name of the server in the backend."`
	Backend          *string `param:"backend" doc:"The backend; without it the server is looked for in all of them."`
	Weight           *string `param:"weight" doc:"The weight of the server while it is enabled: a number, or a percentage of its first one."`
	Socket           string  `param:"socket" type:"path" default:"/var/run/haproxy.sock" doc:"HAProxy's stats socket; its level must be admin."`
	ShutdownSessions bool    `param:"shutdown_sessions" default:"false" doc:"When disabling, end the sessions that are still open."`
	Drain            bool    `param:"drain" default:"false" doc:"When disabling or draining, wait until no session is open."`
	Health           bool    `param:"health" default:"false" doc:"Switch the health checks too."`
	Agent            bool    `param:"agent" default:"false" doc:"Switch the agent checks too."`
	Wait             bool    `param:"wait" default:"false" doc:"Wait until HAProxy reports the server as UP, MAINT or DRAIN."`
	WaitInterval     int     `param:"wait_interval" default:"5" doc:"Seconds between two looks."`
	WaitRetries      int     `param:"wait_retries" default:"25" doc:"How often to look."`
	FailOnNotFound   bool    `param:"fail_on_not_found" default:"false" doc:"Fail when no backend has the server."`
}

// haproxyState is what the module is about: the administrative side of the servers. What HAProxy finds out by its checks
// is not part of it.
type haproxyState struct {
	Servers []haproxyServer `json:"servers"`
}

type haproxyServer struct {
	Backend string `json:"backend"`
	Server  string `json:"server"`
	Admin   string `json:"admin"` // ready, drain or maint
	Weight  int    `json:"weight"`
	Initial int    `json:"initial"` // the weight of the configuration, of which percentages are
	// Told is what Ansible returns of the server; two states may differ in it and be the same.
	Told map[string]any `json:"told,omitempty"`
}

// adminOf are the administrative states that HAProxy knows by the module's words.
var adminOf = map[string]string{"enabled": "ready", "disabled": "maint", "drain": "drain"}

// HAProxy is the module haproxy.
func HAProxy() modules.Module {
	return modules.State[haproxyParams, haproxyState]{
		Info: modules.Info{
			Name:    "haproxy",
			Summary: "Takes servers out of HAProxy's backends and puts them back, by its stats socket.",
			Notes: "Run it where HAProxy runs, by delegate_to in most plays. Taking a change back drains a server again before it goes out of\n" +
				"service, and waits until its sessions have ended, whatever the task said.",
			Undo: modules.UndoFull,
			Examples: `- name: No new sessions for this host
  haproxy:
    state: drain
    host: "{{ inventory_hostname }}"
    backend: web
    socket: /run/haproxy/admin.sock
    wait: true
    drain: true
  delegate_to: lb1

- name: Back in service
  haproxy:
    state: enabled
    host: "{{ inventory_hostname }}"
    socket: /run/haproxy/admin.sock
    wait: true
  delegate_to: lb1
`,
		},
		Validate: validateHAProxy,
		Read:     readHAProxy,
		Want:     wantHAProxy,
		Apply:    applyHAProxy,
		Equal:    sameServers,
		Report:   reportHAProxy,
	}.Module()
}

func validateHAProxy(p *haproxyParams) error {
	for name, v := range map[string]*string{"host": &p.Host, "backend": p.Backend, "weight": p.Weight} {
		if v != nil && (strings.ContainsAny(*v, " ;\n\r\t/") || *v == "" && name != "backend") {
			return fmt.Errorf("%s: %q is no name that HAProxy can have", name, *v)
		}
	}
	if p.Weight != nil {
		n, err := strconv.Atoi(strings.TrimSuffix(*p.Weight, "%"))
		if err != nil || n < 0 || n > 256 {
			return fmt.Errorf("weight must be a number from 0 to 256 or a percentage, not %q", *p.Weight)
		}
	}
	return nil
}

func readHAProxy(ctx context.Context, r sys.Reader, p haproxyParams) (haproxyState, error) {
	text, err := haproxySocket{r, p.Socket}.ask(ctx, "show stat")
	if err != nil {
		return haproxyState{}, err
	}
	all, err := parseHAProxyStat(text)
	if err != nil {
		return haproxyState{}, fmt.Errorf("%s: %w", p.Socket, err)
	}
	admin, err := haproxySocket{r, p.Socket}.ask(ctx, "show servers state")
	if err != nil {
		return haproxyState{}, err
	}
	addServersState(all, admin)
	var st haproxyState
	for _, s := range all {
		if s.Server == p.Host && (p.Backend == nil || *p.Backend == "" || s.Backend == *p.Backend) {
			st.Servers = append(st.Servers, s)
		}
	}
	if len(st.Servers) == 0 && p.FailOnNotFound {
		where := "*"
		if p.Backend != nil {
			where = *p.Backend
		}
		return st, fmt.Errorf("The specified backend '%s/%s' was not found!", where, p.Host) //nolint:staticcheck,revive // Ansible's words
	}
	return st, nil
}

func wantHAProxy(p haproxyParams, now haproxyState) (haproxyState, error) {
	want := haproxyState{Servers: slices.Clone(now.Servers)}
	for i := range want.Servers {
		s := &want.Servers[i]
		s.Admin = adminOf[p.State]
		if p.State != "enabled" || p.Weight == nil {
			continue
		}
		if pct, ok := strings.CutSuffix(*p.Weight, "%"); ok {
			n, _ := strconv.Atoi(pct)
			s.Weight = s.Initial * n / 100
			continue
		}
		s.Weight, _ = strconv.Atoi(*p.Weight)
	}
	return want, nil
}

// applyHAProxy brings every server to its state. A server that goes out of service is drained first where its sessions are
// to end by themselves, and always when a change is taken back.
func applyHAProxy(ctx context.Context, s sys.System, p haproxyParams, from, to haproxyState) error {
	sock := haproxySocket{s, p.Socket}
	before := map[string]haproxyServer{}
	for _, one := range from.Servers {
		before[one.Backend] = one
	}
	for _, one := range to.Servers {
		if err := applyServer(ctx, sock, p, before[one.Backend], one); err != nil {
			return err
		}
	}
	return nil
}

func applyServer(ctx context.Context, sock haproxySocket, p haproxyParams, from, to haproxyServer) error {
	name := to.Backend + "/" + to.Server
	undoing := modules.Undoing(ctx)
	var commands []string
	add := func(format string, args ...any) { commands = append(commands, fmt.Sprintf(format, args...)) }
	if p.Agent {
		add("%s agent %s", onOff(to.Admin), name)
	}
	if p.Health {
		add("%s health %s", onOff(to.Admin), name)
	}
	gentle := to.Admin == "maint" && from.Admin == "ready" && (p.Drain || undoing)
	if gentle {
		add("set server %s state drain", name)
		if err := sock.tell(ctx, commands); err != nil {
			return err
		}
		if err := sock.idle(ctx, p, to, undoing); err != nil {
			return err
		}
		commands = nil
	}
	if from.Admin != to.Admin {
		add("set server %s state %s", name, to.Admin)
	}
	if from.Weight != to.Weight {
		add("set weight %s %d", name, to.Weight)
	}
	if to.Admin == "maint" && p.ShutdownSessions && !undoing {
		add("shutdown sessions server %s", name)
	}
	if err := sock.tell(ctx, commands); err != nil {
		return err
	}
	if to.Admin == "drain" && (p.Drain || undoing) {
		return sock.idle(ctx, p, to, undoing)
	}
	if p.Wait && !undoing {
		return sock.reaches(ctx, p, to)
	}
	return nil
}

func onOff(admin string) string {
	if admin == "ready" {
		return "enable"
	}
	return "disable"
}

// reaches waits until HAProxy reports the server as its state says.
func (h haproxySocket) reaches(ctx context.Context, p haproxyParams, s haproxyServer) error {
	want := map[string]string{"ready": "UP", "maint": "MAINT", "drain": "DRAIN"}[s.Admin]
	return h.look(ctx, p, s, want, func(now haproxyServer) bool {
		status, _ := now.Told["status"].(string)
		return status == want || want == "UP" && status == "no check" || want == "DRAIN" && status == "DOWN"
	})
}

// idle waits until the server has no session left. When a change is taken back, sessions that stay open do not hold it up.
func (h haproxySocket) idle(ctx context.Context, p haproxyParams, s haproxyServer, undoing bool) error {
	err := h.look(ctx, p, s, "without sessions", func(now haproxyServer) bool { return now.Told["scur"] == "0" })
	if err != nil && undoing && ctx.Err() == nil {
		modules.Warn(ctx, "%s/%s still has open sessions", s.Backend, s.Server)
		return nil
	}
	return err
}

// look looks again and again until the server is as wanted. The first looks come quickly, whatever the interval is.
func (h haproxySocket) look(ctx context.Context, p haproxyParams, s haproxyServer, want string, done func(haproxyServer) bool) error {
	p.FailOnNotFound = false
	quick := 50 * time.Millisecond
	interval := time.Duration(max(p.WaitInterval, 0)) * time.Second
	for deadline := time.Now().Add(interval * time.Duration(max(p.WaitRetries, 1))); ; {
		st, err := readHAProxy(ctx, h.r, p)
		if err != nil {
			return err
		}
		for _, now := range st.Servers {
			if now.Backend == s.Backend && done(now) {
				return nil
			}
		}
		if !time.Now().Before(deadline) {
			return fmt.Errorf("server %s/%s not status '%s' after %d retries. Aborting.", s.Backend, s.Server, want, p.WaitRetries) //nolint:staticcheck,revive // Ansible's words
		}
		if err := pause(ctx, min(quick, interval)); err != nil {
			return err
		}
		quick *= 2
	}
}

func sameServers(a, b haproxyState) bool {
	return slices.EqualFunc(a.Servers, b.Servers, func(x, y haproxyServer) bool {
		return x.Backend == y.Backend && x.Server == y.Server && x.Admin == y.Admin && x.Weight == y.Weight
	})
}

func reportHAProxy(_ haproxyParams, from, to haproxyState, _ bool) modules.Result {
	res := modules.Result{}
	for key, st := range map[string]haproxyState{"state_before": from, "state_after": to} {
		list := []any{}
		for _, s := range st.Servers {
			list = append(list, map[string]any{"status": s.Told["status"], "weight": strconv.Itoa(s.Weight), "scur": s.Told["scur"]})
		}
		res[key] = list
	}
	return res
}
