package services

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type sysvinitParams struct {
	Name      string   `param:"name,required" alias:"service" doc:"The service, or the path of its init script."`
	State     string   `param:"state" choices:"started,stopped,restarted,reloaded" doc:"What the service should be doing; restarted and reloaded always act."`
	Enabled   *bool    `param:"enabled" doc:"Whether the service starts with the system."`
	Sleep     int      `param:"sleep" default:"1" doc:"Seconds to wait after stopping and after starting in a restart."`
	Pattern   string   `param:"pattern" doc:"Text that the command line of the running service holds, for scripts without a status action."`
	Arguments string   `param:"arguments" alias:"args" doc:"More arguments for the init script."`
	Runlevels []string `param:"runlevels" doc:"The runlevels that enabled is about; by default the script's own."`
	Daemonize bool     `param:"daemonize" default:"false" doc:"Accepted for scripts that do not detach themselves; the script's children never hold the task."`
}

// Sysvinit is the module sysvinit.
func Sysvinit() modules.Module {
	return modules.State[sysvinitParams, initState]{
		Info: modules.Info{
			Name:    "sysvinit",
			Summary: "Starts, stops and enables services that have init scripts.",
			Undo:    modules.UndoPartial,
			Examples: `- name: Run a service now and after every start
  sysvinit:
    name: apache2
    state: started
    enabled: true
`,
		},
		Rules: modules.Rules{OneOf: [][]string{{"state", "enabled"}}},
		Read:  readSysvinit,
		Want: func(p sysvinitParams, now initState) (initState, error) {
			return wantInit(p.State, p.Enabled, now), nil
		},
		Apply:   applySysvinit,
		Report:  reportSysvinit,
		Equal:   equalInit,
		Unseen:  true, // a unit that starts may be seen in any state
		Settled: func(sysvinitParams, initState, initState) bool { return true },
	}.Module()
}

func readSysvinit(ctx context.Context, r sys.Reader, p sysvinitParams) (initState, error) {
	s := initState{log: &initLog{}}
	if !exists(r, initScript(p.Name)) {
		return s, fmt.Errorf("Could not find the requested service %s: ", p.Name)
	}
	s.Enabled = sysvEnabled(r, p.Name, "")
	if len(p.Runlevels) > 0 {
		s.Enabled = p.Enabled != nil && *p.Enabled
		for _, level := range p.Runlevels {
			if p.Enabled != nil && sysvEnabled(r, p.Name, level) != *p.Enabled {
				s.Enabled = !*p.Enabled
			}
		}
	}
	if p.State == "" {
		return s, nil
	}
	var err error
	s.Running, err = initRunning(ctx, r, p.Name, p.Pattern)
	return s, err
}

func applySysvinit(ctx context.Context, s sys.System, p sysvinitParams, from, to initState) error {
	if from.Enabled != to.Enabled {
		out, err := enableScript(ctx, s, p, to.Enabled)
		if err != nil {
			return err
		}
		to.keep(func(l *initLog) { l.enable = out })
		if strings.Contains(string(out.Stderr), "illegal runlevel specified") {
			return fmt.Errorf("Illegal runlevel specified for enable operation on service %s", p.Name)
		}
	}
	for _, verb := range scriptVerbs(from, to) {
		out, err := s.Run(ctx, sys.Command{Argv: append([]string{initScript(p.Name), verb}, strings.Fields(p.Arguments)...)})
		if err != nil {
			return err
		}
		to.keep(func(l *initLog) { l.state = out })
		if out.Code != 0 {
			return modules.Fail(modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr)},
				"Failed to %s service: %s", strings.TrimSuffix(strings.TrimSuffix(p.State, "ed"), "p"), p.Name)
		}
		if to.Action == "restart" {
			if err := pause(ctx, time.Duration(p.Sleep)*time.Second); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s initState) keep(set func(*initLog)) {
	if s.log != nil {
		set(s.log)
	}
}

// scriptVerbs are the actions of an init script that lead from one state to another. Not every script knows restart.
func scriptVerbs(from, to initState) []string {
	switch {
	case to.Action == "restart":
		return []string{"stop", "start"}
	case to.Action != "":
		return []string{to.Action}
	case from.Running == to.Running:
		return nil
	case to.Running:
		return []string{"start"}
	default:
		return []string{"stop"}
	}
}

func enableScript(ctx context.Context, s sys.System, p sysvinitParams, on bool) (sys.Output, error) {
	levels := p.Runlevels
	if _, err := s.LookPath("update-rc.d"); err == nil {
		argv := []string{"update-rc.d", p.Name, "disable"}
		if on {
			argv[2] = "defaults"
			if len(levels) > 0 {
				argv[2] = "enable"
			}
		}
		return s.Run(ctx, sys.Command{Argv: append(argv, levels...), Env: cLocale()})
	}
	if _, err := s.LookPath("chkconfig"); err == nil {
		argv := []string{"chkconfig"}
		if len(levels) > 0 {
			argv = append(argv, "--level", strings.Join(levels, ""))
		}
		return s.Run(ctx, sys.Command{Argv: append(argv, p.Name, pick(on, "on", "off")), Env: cLocale()})
	}
	return sys.Output{}, fmt.Errorf("cannot %s service %s: neither update-rc.d nor chkconfig is installed", pick(on, "enable", "disable"), p.Name)
}

// pause waits, but not longer than the task may run.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func reportSysvinit(p sysvinitParams, from, to initState, changed bool) modules.Result {
	want := wantInit(p.State, p.Enabled, from)
	status := map[string]any{"enabled": stepOf(changed && from.Enabled != want.Enabled, from.log.enable)}
	if len(p.Runlevels) > 0 {
		status["enabled"].(map[string]any)["runlevels"] = p.Runlevels
	}
	if p.State != "" {
		status[p.State] = stepOf(from.Running != want.Running || want.Action != "", from.log.state)
	}
	return modules.Result{"name": p.Name, "status": status}
}

// stepOf describes one part of the work; nothing ran in check mode or where nothing had to change.
func stepOf(changed bool, out sys.Output) map[string]any {
	step := map[string]any{"changed": changed, "rc": nil, "stdout": nil, "stderr": nil}
	if changed && out.Stdout != nil {
		step["rc"], step["stdout"], step["stderr"] = out.Code, string(out.Stdout), string(out.Stderr)
	}
	return step
}
