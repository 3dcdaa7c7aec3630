package services

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

type systemdParams struct {
	Name         *string `param:"name" alias:"service,unit" doc:"The unit; without a type it is a service."`
	State        string  `param:"state" choices:"reloaded,restarted,started,stopped" doc:"What the unit should be doing; restarted and reloaded always act."`
	Enabled      *bool   `param:"enabled" doc:"Whether the unit starts with the system."`
	Force        *bool   `param:"force" doc:"Replaces links that are in the way."`
	Masked       *bool   `param:"masked" doc:"Whether the unit is masked, so that nothing can start it."`
	DaemonReload bool    `param:"daemon_reload" alias:"daemon-reload" default:"false" doc:"Makes systemd read its unit files again before anything else."`
	DaemonReexec bool    `param:"daemon_reexec" alias:"daemon-reexec" default:"false" doc:"Makes systemd execute itself again before anything else."`
	Scope        string  `param:"scope" choices:"system,user,global" default:"system" doc:"Which service manager: the system's, the connecting user's, or all users'."`
	NoBlock      bool    `param:"no_block" default:"false" doc:"Does not wait until the unit did what it was told."`
}

// unit is the state that the module systemd manages.
type unit struct {
	Run     string `json:"run,omitempty"` // running, stopping, stopped; "" where no manager says
	Enabled bool   `json:"enabled"`
	Masked  bool   `json:"masked"`
	Action  string `json:"action,omitempty"` // restart or reload, wanted but never found

	found  bool
	status map[string]string
}

const (
	running  = "running"
	stopping = "stopping"
	stopped  = "stopped"
)

// Systemd is the module systemd, also called systemd_service.
func Systemd(bus *systemd.Bus) modules.Module {
	m := unitModule{bus}
	return modules.State[systemdParams, unit]{
		Info: modules.Info{
			Name:    "systemd",
			Aliases: []string{"systemd_service"},
			Summary: "Starts, stops, enables and masks systemd units.",
			Notes: "States are read over D-Bus; changes are made by systemctl. A daemon reload is left out where everything " +
				"that it would read is older than the last one. Undo starts, stops, enables, disables, masks and unmasks " +
				"again; a restart or reload has no inverse.",
			Undo: modules.UndoPartial,
			Examples: `- name: Run the web server, now and after every start
  systemd:
    name: nginx
    state: started
    enabled: true

- name: Restart after its unit file changed
  systemd:
    name: app
    state: restarted
    daemon_reload: true

- name: Read unit files again
  systemd:
    daemon_reload: true
`,
		},
		Rules: modules.Rules{
			OneOf: [][]string{{"state", "enabled", "masked", "daemon_reload", "daemon_reexec"}},
			By:    map[string][]string{"state": {"name"}, "enabled": {"name"}, "masked": {"name"}},
		},
		Validate: validateUnit,
		Prepare:  m.reload,
		Read:     m.read,
		Want:     wantUnit,
		Apply:    m.apply,
		Report:   reportUnit,
		Equal:    equalUnit,
		Unseen:   true, // a unit that starts may be seen in any state
		Settled:  func(_ systemdParams, want, got unit) bool { return want.Masked == got.Masked },
		Same: func(post, now unit) bool {
			return (post.Run == running) == (now.Run == running) && post.Enabled == now.Enabled && post.Masked == now.Masked
		},
	}.Module()
}

func equalUnit(a, b unit) bool {
	a.status, b.status = nil, nil
	return reflect.DeepEqual(a, b)
}

func validateUnit(p *systemdParams) error {
	if p.Name == nil {
		return nil
	}
	if i := strings.IndexAny(*p.Name, "*?["); i >= 0 {
		return fmt.Errorf("This module does not currently support using glob patterns, found '%c' in service name: %s", (*p.Name)[i], *p.Name)
	}
	if *p.Name == "" || strings.HasPrefix(*p.Name, "-") {
		return fmt.Errorf("%q is no name of a unit", *p.Name)
	}
	return nil
}

type unitModule struct{ bus *systemd.Bus }

// reload makes the manager read its files before the unit is looked at.
func (m unitModule) reload(ctx context.Context, s sys.System, p systemdParams) error {
	if p.DaemonReload {
		if err := m.bus.Reload(ctx, s, systemd.Scope(p.Scope)); err != nil {
			return manageError("daemon-reload", err)
		}
	}
	if p.DaemonReexec {
		if err := m.bus.Reexec(ctx, s, systemd.Scope(p.Scope)); err != nil {
			return manageError("daemon-reexec", err)
		}
	}
	return nil
}

func manageError(verb string, err error) error {
	var failed *systemd.ManageError
	if errors.As(err, &failed) {
		return fmt.Errorf("failure %d during %s: %s", failed.Code, verb, failed.Stderr)
	}
	return fmt.Errorf("%s: %w", verb, err)
}

func (m unitModule) read(ctx context.Context, r sys.Reader, p systemdParams) (unit, error) {
	if p.Name == nil {
		return unit{}, nil
	}
	name := *p.Name
	found, err := m.bus.Unit(ctx, r, systemd.Scope(p.Scope), name, fileState(ctx, p))
	if err != nil {
		return unit{}, unreachable(r, p, err)
	}
	u := unit{status: found.Status, Masked: found.FileState == "masked", found: found.Loaded() || found.Status == nil && found.FileState != ""}
	if e := found.Status["LoadError"]; e != "" && found.Loaded() && found.Status["LoadState"] != "masked" {
		return u, fmt.Errorf("Error loading unit file '%s': %s", name, e)
	}
	script := exists(r, initScript(name))
	if script && !u.found {
		modules.Warn(ctx, "The service (%s) is actually an init script but the system is managed by systemd", name)
		u.found = true
	}
	u.Enabled = enabled(r, found.FileState, name, script && p.Scope == "system")
	if p.Enabled != nil && (found.FileState == "alias" || found.FileState == "indirect") {
		if u.Enabled, err = systemd.Linked(ctx, r, systemd.Scope(p.Scope), name); err != nil {
			return u, err
		}
	}
	if a, ok := found.Status["ActiveState"]; ok {
		u.Run = runState(a)
	}
	return u, nil
}

// fileState says how much must be known of the unit's enablement.
func fileState(ctx context.Context, p systemdParams) systemd.FileState {
	switch {
	case p.Enabled == nil && p.Masked == nil:
		return systemd.NoFileState
	case p.DaemonReload && p.Scope == string(systemd.ScopeSystem) && !modules.CheckMode(ctx) && !modules.Undoing(ctx):
		return systemd.KnownFileState // the manager has just been made sure of
	default:
		return systemd.FreshFileState
	}
}

// unreachable is the failure where systemctl cannot talk to a manager.
func unreachable(r sys.Reader, p systemdParams, err error) error {
	var failed *systemd.ManageError
	if !errors.As(err, &failed) {
		return err
	}
	command, lookErr := r.LookPath("systemctl")
	if lookErr != nil {
		command = "systemctl"
	}
	if p.Scope != string(systemd.ScopeSystem) {
		command += " --" + p.Scope
	}
	return modules.Fail(modules.Result{"rc": failed.Code, "stderr": failed.Stderr + "\n", "stdout": "", "cmd": command}, "%s", failed.Stderr)
}

func runState(active string) string {
	switch active {
	case "active", "activating":
		return running
	case "deactivating":
		return stopping
	default:
		return stopped
	}
}

// enabled reads the state of a unit file as systemctl's exit code tells it. Init scripts are enabled by links.
func enabled(r sys.Reader, fileState, name string, script bool) bool {
	switch fileState {
	case "enabled", "static", "transient":
		return true
	case "enabled-runtime": // by hand, that is gone after the next boot
		return byGenerator(r, name)
	case "generated":
		return !script || sysvEnabled(r, name, "")
	case "":
		return script && sysvEnabled(r, name, "")
	default:
		return false
	}
}

// byGenerator says whether a generator links the unit to what starts it, as it does at every boot.
func byGenerator(r sys.Reader, name string) bool {
	for _, base := range []string{"/run/systemd/generator", "/run/systemd/generator.early", "/run/systemd/generator.late"} {
		list, _ := r.ReadDir(base)
		for _, dir := range list {
			if !strings.HasSuffix(dir.Name(), ".wants") && !strings.HasSuffix(dir.Name(), ".requires") {
				continue
			}
			for _, link := range []string{name, name + ".service"} {
				if _, err := r.Lstat(base + "/" + dir.Name() + "/" + link); err == nil {
					return true
				}
			}
		}
	}
	return false
}

func wantUnit(p systemdParams, now unit) (unit, error) {
	want := now
	if p.Masked != nil {
		want.Masked = *p.Masked
	}
	if (p.Enabled != nil || p.State != "") && !now.found {
		return want, fmt.Errorf("Could not find the requested service %s: host", *p.Name)
	}
	if p.Enabled != nil {
		want.Enabled = *p.Enabled
	}
	if p.State == "" {
		return want, nil
	}
	if now.Run == "" {
		return want, modules.Fail(modules.Result{"status": statusOf(now)}, "Service is in unknown state")
	}
	switch {
	case p.State == "stopped":
		want.Run = stopped
	case now.Run != running:
		want.Run = running
	case p.State == "restarted":
		want.Action = "restart"
	case p.State == "reloaded":
		want.Action = "reload"
	}
	return want, nil
}

func (m unitModule) apply(ctx context.Context, s sys.System, p systemdParams, from, to unit) error {
	if from.Masked != to.Masked {
		if err := control(ctx, s, p, pick(to.Masked, "mask", "unmask")); err != nil {
			return err
		}
	}
	if from.Enabled != to.Enabled {
		if err := control(ctx, s, p, pick(to.Enabled, "enable", "disable")); err != nil {
			return err
		}
	}
	switch {
	case to.Action != "":
		return control(ctx, s, p, to.Action)
	case to.Run == running && from.Run != running:
		return control(ctx, s, p, "start")
	case to.Run == stopped && from.Run != stopped:
		return control(ctx, s, p, "stop")
	default:
		return nil
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// control lets systemctl change a unit.
func control(ctx context.Context, s sys.System, p systemdParams, verb string) error {
	var options []string
	if p.NoBlock {
		options = append(options, "--no-block")
	}
	if p.Force != nil && *p.Force {
		options = append(options, "--force")
	}
	out, err := s.Run(ctx, systemd.Command(s, systemd.Scope(p.Scope), append(options, verb, *p.Name)...))
	if err != nil {
		return fmt.Errorf("Unable to %s service %s: %w", verb, *p.Name, err)
	}
	if out.Code == 0 {
		return nil
	}
	text := string(out.Stderr)
	if verb == "enable" || verb == "disable" {
		text = string(out.Stdout) + text
	}
	return fmt.Errorf("Unable to %s service %s: %s", verb, *p.Name, text)
}

func reportUnit(p systemdParams, from, _ unit, _ bool) modules.Result {
	res := modules.Result{"name": nil, "status": statusOf(from)}
	if p.Name != nil {
		res["name"] = *p.Name
	}
	if p.Enabled != nil {
		res["enabled"] = *p.Enabled
	}
	switch p.State {
	case "":
	case "restarted", "reloaded":
		res["state"] = "started"
	default:
		res["state"] = p.State
	}
	return res
}

func statusOf(u unit) map[string]any {
	out := make(map[string]any, len(u.status))
	for k, v := range u.status {
		out[k] = v
	}
	return out
}
