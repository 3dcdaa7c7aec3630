package packages

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Apt is the module apt.
func Apt() modules.Module {
	return modules.State[aptParams, aptState]{
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
		Within: func(ctx context.Context, s sys.System) (context.Context, func()) {
			ctx, run := withAptRun(ctx)
			return ctx, func() { run.cleanup(s) }
		},
	}.Module()
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
