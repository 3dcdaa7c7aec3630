package services

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/services/systemd"
	"github.com/musterhq/muster/modules/sys"
)

type serviceFactsParams struct{}

// ServiceFacts is the module service_facts. The units come from bus, their enablement from the folders of unit files.
func ServiceFacts(bus *systemd.Bus) modules.Module {
	return modules.Query[serviceFactsParams]{
		Info: modules.Info{
			Name:    "service_facts",
			Summary: "Lists the services of a host as facts.",
			Notes: "The fact services holds every systemd service, loaded or installed, and every init script, by name. " +
				"With systemd, init scripts that hand their status to systemd are not run: the state of their unit is theirs.",
			Facts:    true,
			Examples: "- name: Know the services\n  service_facts:\n",
		},
		Run: func(ctx context.Context, r sys.Reader, _ serviceFactsParams) (modules.Result, error) {
			all := map[string]any{}
			units, err := takeSnapshot(ctx, r, bus)
			if err != nil {
				return nil, err
			}
			if err := addOtherServices(ctx, r, units, all); err != nil {
				return nil, err
			}
			units.add(all)
			if len(all) == 0 {
				return modules.Result{"skipped": true, "changed": false,
					"msg": "Failed to find any services. This can be due to privileges or some other configuration issue."}, nil
			}
			return modules.Result{"ansible_facts": map[string]any{"services": all}}, nil
		},
	}.Module()
}

func entry(name, source, state string) map[string]any {
	return map[string]any{"name": name, "source": source, "state": state}
}

// snapshot is what systemd knows of services at one moment.
type snapshot struct {
	rows  []systemd.UnitRow
	byID  map[string]systemd.UnitRow
	files *systemd.UnitFiles
}

// takeSnapshot returns nil where the host does not run systemd.
func takeSnapshot(ctx context.Context, r sys.Reader, bus *systemd.Bus) (*snapshot, error) {
	if !runsSystemd(r) {
		return nil, nil
	}
	rows, searchPath, err := bus.Services(ctx, r)
	if err != nil {
		return nil, err
	}
	s := &snapshot{rows: rows, byID: make(map[string]systemd.UnitRow, len(rows)), files: systemd.ScanUnitFiles(r, searchPath)}
	for _, u := range rows {
		s.byID[u.Name] = u
	}
	return s, nil
}

// active is the active state of a service under any of its names; a masked one has none.
func (s *snapshot) active(name string) string {
	u, ok := s.byID[name]
	if !ok {
		u = s.byID[s.files.Lookup(name).Unit]
	}
	if u.Load == "masked" {
		return ""
	}
	return u.Active
}

// add adds loaded units, then what only unit files know.
func (s *snapshot) add(all map[string]any) {
	if s == nil {
		return
	}
	for _, u := range s.rows {
		e := entry(u.Name, "systemd", runningWord(u.Sub == "running"))
		if e["status"] = u.Active; trouble(u) != "" {
			e["status"] = trouble(u)
		}
		all[u.Name] = e
	}
	for _, f := range s.files.List(".service") {
		u, loaded := s.byID[f.Name]
		switch {
		case !loaded:
			e := entry(f.Name, "systemd", s.stateOfFile(f))
			e["status"] = f.State
			all[f.Name] = e
		case trouble(u) == "":
			all[f.Name].(map[string]any)["status"] = f.State
		}
	}
}

// trouble names what is wrong with a unit; that stays its status whatever its file says.
func trouble(u systemd.UnitRow) string {
	switch {
	case u.Load == "not-found" || u.Load == "masked":
		return u.Load
	case u.Active == "failed":
		return "failed"
	default:
		return ""
	}
}

// stateOfFile is the state of a unit that is not loaded under this name.
func (s *snapshot) stateOfFile(f systemd.UnitFile) string {
	if systemd.IsTemplate(f.Name) {
		return "unknown"
	}
	if u, ok := s.byID[f.Unit]; ok {
		return u.Active
	}
	return "inactive"
}
