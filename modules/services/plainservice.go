package services

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type plainParams struct {
	Name      string `param:"name,required" doc:"The service."`
	State     string `param:"state" choices:"started,stopped,reloaded,restarted" doc:"What the service should be doing."`
	Sleep     int    `param:"sleep" doc:"Seconds between stop and start in a restart."`
	Pattern   string `param:"pattern" doc:"Text that the command line of the running service holds."`
	Enabled   *bool  `param:"enabled" doc:"Whether the service starts with the system."`
	Runlevel  string `param:"runlevel" default:"default" doc:"OpenRC's runlevel that enabled is about."`
	Arguments string `param:"arguments" alias:"args" doc:"More arguments for the service command."`
}

// plainService manages services where no systemd runs: OpenRC, or init scripts with whatever tool enables them.
func plainService() modules.Module {
	return modules.State[plainParams, initState]{
		Info:    modules.Info{Name: "service", Undo: modules.UndoPartial},
		Rules:   modules.Rules{OneOf: [][]string{{"state", "enabled"}}},
		Read:    readPlain,
		Want:    func(p plainParams, now initState) (initState, error) { return wantInit(p.State, p.Enabled, now), nil },
		Apply:   applyPlain,
		Report:  reportPlain,
		Equal:   equalInit,
		Unseen:  true, // a unit that starts may be seen in any state
		Settled: func(plainParams, initState, initState) bool { return true },
	}.Module()
}

// enabler names the tool that enables a service.
func enabler(r sys.Reader, name string) (string, error) {
	if _, err := r.LookPath("rc-service"); err == nil {
		return "rc-update", nil
	}
	if exists(r, initScript(name)) {
		for _, tool := range []string{"update-rc.d", "insserv", "chkconfig"} {
			if _, err := r.LookPath(tool); err == nil {
				return tool, nil
			}
		}
	}
	return "", fmt.Errorf("Could not find the requested service %s: host", name)
}

func readPlain(ctx context.Context, r sys.Reader, p plainParams) (initState, error) {
	s := initState{log: &initLog{}}
	tool, err := enabler(r, p.Name)
	if err != nil {
		return s, err
	}
	if p.Enabled != nil {
		if s.Enabled, err = enabledBy(ctx, r, tool, p); err != nil {
			return s, err
		}
	}
	if p.State == "" {
		return s, nil
	}
	if tool == "rc-update" && p.Pattern == "" {
		out, err := r.Query(ctx, sys.Command{Argv: []string{"rc-service", p.Name, "status"}, Env: cLocale()})
		s.Running = strings.Contains(string(out.Stdout), "started")
		s.crashed = strings.Contains(string(out.Stdout)+string(out.Stderr), "crashed")
		return s, err
	}
	s.Running, err = initRunning(ctx, r, p.Name, p.Pattern)
	return s, err
}

func enabledBy(ctx context.Context, r sys.Reader, tool string, p plainParams) (bool, error) {
	switch tool {
	case "rc-update":
		out, err := r.Query(ctx, sys.Command{Argv: []string{"rc-update", "show"}, Env: cLocale()})
		for _, level := range parseRunlevels(string(out.Stdout))[p.Name] {
			if level == p.Runlevel {
				return true, err
			}
		}
		return false, err
	case "chkconfig":
		out, err := r.Query(ctx, sys.Command{Argv: []string{"chkconfig", "--list", p.Name}, Env: cLocale()})
		text := string(out.Stdout)
		if err == nil && !strings.Contains(text, p.Name) {
			return false, fmt.Errorf("service %s does not support chkconfig", p.Name)
		}
		return strings.Contains(text, "3:on") && strings.Contains(text, "5:on"), err
	default:
		return sysvEnabled(r, p.Name, ""), nil
	}
}

func applyPlain(ctx context.Context, s sys.System, p plainParams, from, to initState) error {
	tool, err := enabler(s, p.Name)
	if err != nil {
		return err
	}
	if from.Enabled != to.Enabled {
		if err := enablePlain(ctx, s, tool, p, to.Enabled); err != nil {
			return err
		}
	}
	return controlPlain(ctx, s, tool, p, from, to)
}

func enablePlain(ctx context.Context, s sys.System, tool string, p plainParams, on bool) error {
	var commands [][]string
	switch tool {
	case "rc-update":
		commands = [][]string{{tool, pick(on, "add", "delete"), p.Name, p.Runlevel}}
	case "chkconfig":
		commands = [][]string{{tool, p.Name, pick(on, "on", "off")}}
	case "insserv":
		commands = [][]string{{tool, p.Name}}
		if !on {
			commands = [][]string{{tool, "-r", p.Name}}
		}
	default:
		if on && len(glob(s, "/etc", "rc?.d", "K??"+path.Base(p.Name))) == 0 {
			commands = append(commands, []string{tool, p.Name, "defaults"})
		}
		commands = append(commands, []string{tool, p.Name, pick(on, "enable", "disable")})
	}
	for _, argv := range commands {
		out, err := s.Run(ctx, sys.Command{Argv: argv, Env: cLocale()})
		if err != nil {
			return err
		}
		if out.Code != 0 {
			text := string(out.Stderr)
			if text == "" {
				text = string(out.Stdout)
			}
			return fmt.Errorf("Error when trying to %s %s: rc=%d %s", pick(on, "enable", "disable"), p.Name, out.Code, text)
		}
	}
	return nil
}

func controlPlain(ctx context.Context, s sys.System, tool string, p plainParams, from, to initState) error {
	verbs := scriptVerbs(from, to)
	command := []string{initScript(p.Name)}
	if tool == "rc-update" {
		command = []string{"rc-service", p.Name}
		if to.Action == "restart" {
			verbs = []string{"restart"}
		}
		if from.crashed && len(verbs) > 0 && verbs[0] == "start" {
			verbs = append([]string{"zap"}, verbs...)
		}
	} else if _, err := s.LookPath("service"); err == nil {
		command = []string{"service", p.Name}
	}
	for i, verb := range verbs {
		if i > 0 && to.Action == "restart" {
			if err := pause(ctx, time.Duration(p.Sleep)*time.Second); err != nil {
				return err
			}
		}
		argv := append(append([]string{}, command...), verb)
		out, err := s.Run(ctx, sys.Command{Argv: append(argv, strings.Fields(p.Arguments)...), Env: cLocale()})
		if err != nil {
			return err
		}
		if out.Code != 0 && verb != "zap" && (i == len(verbs)-1) {
			text := string(out.Stderr)
			if text == "" {
				text = string(out.Stdout)
			}
			return fmt.Errorf("%s", text)
		}
	}
	return nil
}

func reportPlain(p plainParams, _, _ initState, _ bool) modules.Result {
	res := modules.Result{"name": p.Name}
	if p.Enabled != nil {
		res["enabled"] = *p.Enabled
	}
	switch p.State {
	case "":
	case "stopped":
		res["state"] = "stopped"
	default:
		res["state"] = "started"
	}
	return res
}
