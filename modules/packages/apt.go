package packages

import (
	"context"

	"github.com/musterhq/muster/modules"
)

// Apt is the module apt.
func Apt() modules.Module {
	return &aptModule{modules.State[aptParams, aptState]{
		Info: aptInfo(),
		Rules: modules.Rules{
			Exclusive: [][]string{{"deb", "package", "upgrade"}},
			OneOf:     [][]string{{"autoremove", "deb", "package", "update_cache", "upgrade"}},
		},
		Validate: validateApt,
		Prepare:  prepareApt,
		Read:     readApt,
		Want:     wantApt,
		Apply:    applyApt,
		Upkeep:   upkeepApt,
		Report:   reportApt,
		Diff:     diffApt,
		Equal:    equalApt,
		Settled:  settledApt,
		Same:     sameApt,
		Carry:    carryApt,
	}.Module()}
}

func aptInfo() modules.Info {
	return modules.Info{
		Name:    "apt",
		Summary: "Installs, upgrades and removes Debian packages.",
		Notes: "What is installed is read from dpkg's database, so that a task with nothing to do runs no command. Before a " +
			"change apt-get simulates it, which tells check mode and the journal exactly which packages it adds, moves or " +
			"removes; undo brings those, and only those, back to their versions. Configuration files that a removed package " +
			"had are not kept.",
		Undo: modules.UndoPartial,
		Examples: `- name: Install a web server
  apt:
    name: nginx
    update_cache: true
    cache_valid_time: 3600

- name: Have the newest of two packages
  apt:
    name: [curl, git]
    state: latest

- name: Remove a package and its configuration
  apt:
    name: telnetd
    state: absent
    purge: true

- name: Upgrade everything
  apt:
    upgrade: dist
`,
	}
}

// aptModule gives every run a memory of its own and removes what it downloaded.
type aptModule struct{ modules.Module }

// Run performs one item.
func (m *aptModule) Run(ctx context.Context, c *modules.Call) modules.Result {
	ctx, run := withAptRun(ctx)
	defer func() { run.cleanup(c.Sys) }()
	return m.Module.Run(ctx, c)
}

// Undo brings back the recorded versions.
func (m *aptModule) Undo(ctx context.Context, c *modules.Call, e modules.Entry, post []byte, force bool) modules.Result {
	u, ok := m.Module.(modules.Undoer)
	if !ok {
		return modules.Failf("apt: cannot be undone")
	}
	ctx, run := withAptRun(ctx)
	defer func() { run.cleanup(c.Sys) }()
	return u.Undo(ctx, c, e, post, force)
}

// Spec returns the compiled parameters.
func (m *aptModule) Spec() (*modules.Spec, error) {
	return m.Module.(interface {
		Spec() (*modules.Spec, error)
	}).Spec()
}
