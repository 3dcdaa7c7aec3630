package services

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

// serviceParams documents what all service managers understand; the manager that is found decodes strictly.
type serviceParams struct {
	Name         *string  `param:"name" alias:"service,unit" doc:"The service."`
	State        string   `param:"state" choices:"reloaded,restarted,started,stopped" doc:"What the service should be doing; restarted and reloaded always act."`
	Enabled      *bool    `param:"enabled" doc:"Whether the service starts with the system."`
	Sleep        int      `param:"sleep" doc:"Seconds between stop and start in a restart; systemd ignores it."`
	Pattern      string   `param:"pattern" doc:"Text that the command line of the running service holds, for services that do not tell; systemd ignores it."`
	Runlevel     string   `param:"runlevel" default:"default" doc:"OpenRC's runlevel that enabled is about; systemd ignores it."`
	Arguments    string   `param:"arguments" alias:"args" doc:"More arguments for the service command; systemd ignores them."`
	Use          string   `param:"use" default:"auto" doc:"The service manager (systemd, sysvinit, service); auto finds out."`
	Force        *bool    `param:"force" doc:"Replaces links that are in the way; systemd only."`
	Masked       *bool    `param:"masked" doc:"Whether the unit is masked; systemd only."`
	DaemonReload bool     `param:"daemon_reload" alias:"daemon-reload" doc:"Makes systemd read its unit files again first; systemd only."`
	DaemonReexec bool     `param:"daemon_reexec" alias:"daemon-reexec" doc:"Makes systemd execute itself again first; systemd only."`
	Scope        string   `param:"scope" choices:"system,user,global" doc:"Which service manager; systemd only."`
	NoBlock      bool     `param:"no_block" doc:"Does not wait until the service did what it was told; systemd only."`
	Runlevels    []string `param:"runlevels" doc:"The runlevels that enabled is about; sysvinit only."`
	Daemonize    bool     `param:"daemonize" doc:"Accepted for init scripts that do not detach themselves; sysvinit only."`
}

// Service is the module service: it hands its task to the module of the host's service manager.
func Service(bus *systemd.Bus) modules.Module {
	spec, err := modules.SpecOf[serviceParams](modules.Rules{})
	return &serviceModule{spec: spec, specErr: err, systemd: Systemd(bus), sysvinit: Sysvinit(), plain: plainService()}
}

type serviceModule struct {
	spec                     *modules.Spec
	specErr                  error
	systemd, sysvinit, plain modules.Module
}

// Info describes the module.
func (m *serviceModule) Info() modules.Info {
	return modules.Info{
		Name:    "service",
		Summary: "Starts, stops and enables services, whatever manages them.",
		Notes: "Finds the service manager of the host and hands the task to it: systemd, sysvinit, or plain init scripts " +
			"and OpenRC. What the manager ignores (pattern, sleep, runlevel and arguments under systemd) gives a warning.",
		Undo: modules.UndoPartial,
		Examples: `- name: Run the web server, now and after every start
  service:
    name: nginx
    state: started
    enabled: true

- name: Restart it
  service:
    name: nginx
    state: restarted
`,
	}
}

// Params lists the documented parameters.
func (m *serviceModule) Params() []modules.Param {
	if m.spec == nil {
		return nil
	}
	return m.spec.Params()
}

// Spec returns the compiled parameters.
func (m *serviceModule) Spec() (*modules.Spec, error) { return m.spec, m.specErr }

// Run performs one item.
func (m *serviceModule) Run(ctx context.Context, c *modules.Call) modules.Result {
	use, _ := c.Args["use"].(string)
	if use == "" || use == "auto" {
		use = serviceManager(c.Sys)
	}
	args := make(map[string]any, len(c.Args))
	for k, v := range c.Args {
		args[k] = v
	}
	delete(args, "use")
	call := *c
	call.Args = args
	switch use {
	case "systemd", "systemd_service", "ansible.builtin.systemd", "ansible.builtin.systemd_service":
		ignored := removeUnused(args)
		res := m.systemd.Run(ctx, &call)
		for _, name := range ignored {
			res["warnings"] = append(warningsOf(res), fmt.Sprintf("Ignoring \"%s\" as it is not used in \"systemd\"", name))
		}
		return res
	case "sysvinit", "ansible.builtin.sysvinit":
		return m.sysvinit.Run(ctx, &call)
	default:
		return m.plain.Run(ctx, &call)
	}
}

// Undo brings back what the module's own entries recorded; systemd's and sysvinit's carry those modules' names.
func (m *serviceModule) Undo(ctx context.Context, c *modules.Call, e modules.Entry, post []byte, force bool) modules.Result {
	u, ok := m.plain.(modules.Undoer)
	if !ok {
		return modules.Failf("service cannot be undone; give the task a rollback handler")
	}
	return u.Undo(ctx, c, e, post, force)
}

// Recover does the same for an interrupted change.
func (m *serviceModule) Recover(ctx context.Context, c *modules.Call, e modules.Entry) ([]byte, error) {
	r, ok := m.plain.(modules.Recoverer)
	if !ok {
		return nil, errors.New("service: cannot be recovered")
	}
	return r.Recover(ctx, c, e)
}

// FinishUndo does the same for an interrupted undo.
func (m *serviceModule) FinishUndo(ctx context.Context, c *modules.Call, e modules.Entry, post []byte) (bool, error) {
	r, ok := m.plain.(modules.Recoverer)
	if !ok {
		return false, errors.New("service: cannot be recovered")
	}
	return r.FinishUndo(ctx, c, e, post)
}

// Shape says that services are brought to a state, whatever manages them.
func (m *serviceModule) Shape() modules.Shape { return modules.ShapeState }

func warningsOf(res modules.Result) []any {
	w, _ := res["warnings"].([]any)
	return w
}

// removeUnused drops what systemd has no use for and returns the names.
func removeUnused(args map[string]any) []string {
	var names []string
	for _, name := range []string{"pattern", "runlevel", "sleep", "arguments", "args"} {
		if _, has := args[name]; has {
			delete(args, name)
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// serviceManager finds out what manages the services of a host.
func serviceManager(r sys.Reader) string {
	if runsSystemd(r) || exists(r, "/run/systemd/system") {
		return "systemd"
	}
	if _, err := r.LookPath("rc-service"); err == nil {
		return "openrc"
	}
	if comm, err := r.ReadFile("/proc/1/comm"); err == nil && exists(r, initDir) && string(comm) == "init\n" {
		return "sysvinit"
	}
	return "service"
}
