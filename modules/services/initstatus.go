package services

import (
	"bytes"
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// initState is the state of a service that init scripts or OpenRC manage.
type initState struct {
	Running bool   `json:"running"`
	Enabled bool   `json:"enabled"`
	Action  string `json:"action,omitempty"` // restart or reload, wanted but never found

	crashed bool
	log     *initLog // shared by the states of one run
}

// initLog keeps what the commands of one run said, for the result.
type initLog struct{ enable, state sys.Output }

func equalInit(a, b initState) bool {
	return a.Running == b.Running && a.Enabled == b.Enabled && a.Action == b.Action
}

// wantInit changes what the parameters name.
func wantInit(state string, enabled *bool, now initState) initState {
	want := now
	if enabled != nil {
		want.Enabled = *enabled
	}
	switch {
	case state == "stopped":
		want.Running = false
	case state == "started":
		want.Running = true
	case state == "restarted":
		want.Running, want.Action = true, "restart"
	case state == "reloaded" && !now.Running:
		want.Running = true
	case state == "reloaded":
		want.Action = "reload"
	}
	return want
}

// statusVerdict judges the output of a status action, as every script words it differently; known is false where
// nothing can be told.
func statusVerdict(name string, out sys.Output) (up, known bool) {
	text := string(out.Stdout)
	if name == "iptables" && strings.Contains(text, "ACCEPT") {
		return true, true
	}
	if strings.Count(text, "\n") <= 1 {
		clean := strings.ReplaceAll(strings.ToLower(text), strings.ToLower(name), "")
		for _, w := range []string{"stop", "is dead ", "dead but ", "could not access pid file", "inactive"} {
			if strings.Contains(clean, w) {
				return false, true
			}
		}
		for _, w := range []string{"run", "start", "active"} {
			if strings.Contains(clean, w) && !strings.Contains(clean, "not ") {
				return true, true
			}
		}
	}
	switch out.Code {
	case 1, 2, 3, 4, 69:
		return false, true
	case 0:
		return true, true
	}
	return false, false
}

// inProcessList reports whether a text occurs in the command line of some process.
func inProcessList(r sys.Reader, pattern string) bool {
	list, _ := r.ReadDir("/proc")
	for _, p := range list {
		if c := p.Name()[0]; c < '0' || c > '9' {
			continue
		}
		line, err := r.ReadFile("/proc/" + p.Name() + "/cmdline")
		if err == nil && strings.Contains(string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})), pattern) {
			return true
		}
	}
	return false
}

// initRunning finds out whether a service of init scripts runs.
func initRunning(ctx context.Context, r sys.Reader, name, pattern string) (bool, error) {
	if pattern != "" {
		return inProcessList(r, pattern), nil
	}
	argv := []string{initScript(name), "status"}
	if _, err := r.LookPath("service"); err == nil && !strings.HasPrefix(name, "/") {
		argv = []string{"service", name, "status"}
	}
	out, err := r.Query(ctx, sys.Command{Argv: argv, Env: cLocale()})
	if err != nil {
		return false, err
	}
	if up, known := statusVerdict(name, out); known {
		return up, nil
	}
	if inProcessList(r, name) {
		modules.Warn(ctx, "Used ps output to match service name and determine it is up, this is very unreliable")
		return true, nil
	}
	modules.Warn(ctx, "Unable to determine if service is up, assuming it is down")
	return false, nil
}
