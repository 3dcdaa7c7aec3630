package packages

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Package is the module package: it hands its task to the module of the host's package manager.
func Package() modules.Module {
	return &packageModule{managers: []modules.Module{Apt(), DNF(), Yum(), Zypper(), APK(), Pacman()}}
}

type packageModule struct{ managers []modules.Module }

// Info describes the module.
func (m *packageModule) Info() modules.Info {
	return modules.Info{
		Name:    "package",
		Summary: "Installs and removes packages, whatever manages them.",
		Notes: "Finds the package manager of the host (apt, dnf, yum, zypper, apk, pacman) and hands it the task with all its " +
			"parameters; parameters that only one of them has are documented there.",
		Undo: modules.UndoPartial,
		Examples: `- name: Install git
  package:
    name: git
    state: present
`,
	}
}

// Params lists the parameters that all package managers have, and then those that only some have.
func (m *packageModule) Params() []modules.Param {
	params := []modules.Param{
		{Name: "name", Aliases: []string{"pkg", "package"}, Type: "list", Elements: "str", Doc: "Packages."},
		{Name: "state", Type: "str", Default: "present", Doc: "What should be of the packages: present, absent or latest."},
		{Name: "use", Type: "str", Default: "auto", Doc: "The package manager; auto finds out."},
	}
	known := []string{"name", "state", "use", "package", "pkg"}
	for _, manager := range m.managers {
		for _, p := range manager.Params() {
			if !slices.Contains(known, p.Name) {
				known = append(known, p.Name)
				params = append(params, p)
			}
		}
	}
	return params
}

// Run performs one item.
func (m *packageModule) Run(ctx context.Context, c *modules.Call) modules.Result {
	args := make(map[string]any, len(c.Args))
	for k, v := range c.Args {
		args[k] = v
	}
	use, _ := args["use"].(string)
	delete(args, "use")
	if use == "" || use == "auto" {
		use = packageManager(c.Sys)
	}
	for _, manager := range m.managers {
		info := manager.Info()
		if info.Name == use || slices.Contains(info.Aliases, use) || "ansible.builtin."+info.Name == use {
			call := *c
			call.Args = args
			return manager.Run(ctx, &call)
		}
	}
	if use == "" {
		return modules.Failf("Could not detect which package manager to use. Try gathering facts or setting the \"use\" option.")
	}
	return modules.Result{"failed": true, "changed": false, "msg": fmt.Sprintf("Could not find a module for %s.", use)}
}

// packageManager finds out what manages the packages of a host.
func packageManager(r sys.Reader) string {
	for _, c := range []struct{ program, name string }{{"/usr/bin/apt-get", "apt"}, {"/usr/bin/dnf5", "dnf"}, {"/usr/bin/dnf", "dnf"},
		{"/usr/bin/microdnf", "dnf"}, {"/usr/bin/yum", "yum"}, {"/usr/bin/zypper", "zypper"}, {"/sbin/apk", "apk"}, {"/usr/bin/pacman", "pacman"}} {
		if _, err := r.Stat(c.program); err == nil {
			return c.name
		}
	}
	return ""
}
