package packages

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type pacmanParams struct {
	Name             []string `param:"name" alias:"package,pkg" doc:"Packages or groups."`
	State            string   `param:"state" choices:"absent,installed,latest,present,removed" default:"present" doc:"What should be of the packages."`
	Force            bool     `param:"force" default:"false" doc:"Removes packages even where others need them."`
	RemoveNosave     bool     `param:"remove_nosave" default:"false" doc:"Keeps no copies of configuration files of removed packages."`
	ExtraArgs        string   `param:"extra_args" doc:"More options for pacman."`
	UpdateCache      bool     `param:"update_cache" default:"false" doc:"Reads the package index again first."`
	UpdateCacheArgs  string   `param:"update_cache_extra_args" doc:"More options for that."`
	Upgrade          bool     `param:"upgrade" default:"false" doc:"Brings all packages up to date."`
	UpgradeExtraArgs string   `param:"upgrade_extra_args" doc:"More options for that."`
}

// Pacman is the module pacman, for Arch Linux.
func Pacman() modules.Module {
	info := modules.Info{
		Name:     "pacman",
		Aliases:  []string{"community.general.pacman"},
		Summary:  "Installs, upgrades and removes Arch Linux packages.",
		Notes:    "Works through the command. Undo installs or removes the named packages, not versions.",
		Examples: "- name: Install git\n  pacman:\n    name: git\n    update_cache: true\n",
	}
	return managed(info, modules.Rules{OneOf: [][]string{{"name", "update_cache", "upgrade"}}}, pacmanManager{}, func(p pacmanParams) want {
		w := want{names: p.Name, absent: p.State == "absent" || p.State == "removed", latest: p.State == "latest", refresh: p.UpdateCache,
			upgrade: p.Upgrade, options: strings.Fields(p.ExtraArgs)}
		if p.Force && w.absent {
			w.options = append(w.options, "-dd")
		}
		if p.RemoveNosave && w.absent {
			w.options = append(w.options, "--nosave")
		}
		if p.Upgrade {
			w.options = append(w.options, strings.Fields(p.UpgradeExtraArgs)...)
		}
		return w
	})
}

type pacmanManager struct{}

func (pacmanManager) env() map[string]string { return map[string]string{"LC_ALL": "C", "LANG": "C"} }

func (m pacmanManager) installed(ctx context.Context, r sys.Reader, names []string) (map[string]string, error) {
	have := map[string]string{}
	for _, n := range names {
		out, err := r.Query(ctx, sys.Command{Argv: []string{"pacman", "-Q", n}, Env: m.env()})
		if err != nil {
			return nil, err
		}
		if f := strings.Fields(string(out.Stdout)); out.Code == 0 && len(f) >= 2 {
			have[n] = f[1]
		}
	}
	return have, nil
}

// outdated reads -Qu, which fails where nothing is out of date.
func (m pacmanManager) outdated(ctx context.Context, r sys.Reader, names []string, _ want) ([]string, error) {
	out, err := r.Query(ctx, sys.Command{Argv: append([]string{"pacman", "-Qu"}, names...), Env: m.env()})
	if err != nil {
		return nil, err
	}
	var old []string
	for _, l := range strings.Split(string(out.Stdout), "\n") {
		if f := strings.Fields(l); len(f) >= 4 && f[2] == "->" && !strings.Contains(l, "[ignored]") {
			old = append(old, f[0])
		}
	}
	return old, nil
}

func (pacmanManager) refresh() []string {
	return []string{"pacman", "--sync", "--refresh", "--noconfirm"}
}

func (pacmanManager) install(names []string, w want) []string {
	return append(append([]string{"pacman", "--sync", "--noconfirm", "--noprogressbar", "--needed"}, w.options...), names...)
}

func (m pacmanManager) update(names []string, w want) []string {
	if names == nil {
		return append([]string{"pacman", "--sync", "--sysupgrade", "--noconfirm", "--noprogressbar"}, w.options...)
	}
	return m.install(names, w)
}

func (pacmanManager) remove(names []string, w want) []string {
	return append(append([]string{"pacman", "--remove", "--noconfirm", "--noprogressbar"}, w.options...), names...)
}
