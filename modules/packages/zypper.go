package packages

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type zypperParams struct {
	Name              []string `param:"name" alias:"pkg" doc:"Packages, files or URLs; '*' with state=latest updates all."`
	State             string   `param:"state" choices:"present,absent,latest,installed,removed,dist-upgrade" default:"present" doc:"What should be of the packages."`
	Type              string   `param:"type" choices:"package,patch,pattern,product,srcpackage,application" default:"package" doc:"What the names name."`
	DisableGPGCheck   bool     `param:"disable_gpg_check" default:"false" doc:"Accepts packages without a valid signature."`
	DisableRecommends bool     `param:"disable_recommends" default:"true" doc:"Whether recommended packages are left out."`
	Force             bool     `param:"force" default:"false" doc:"Installs again what is installed, or an older version."`
	ForceResolution   bool     `param:"force_resolution" default:"false" doc:"Lets zypper remove packages to solve problems."`
	UpdateCache       bool     `param:"update_cache" alias:"refresh" default:"false" doc:"Reads the package index again first."`
	OldPackage        bool     `param:"oldpackage" default:"false" doc:"Accepts an older version than the installed one."`
	ExtraArgs         string   `param:"extra_args" doc:"More options for the command."`
	ExtraGlobal       string   `param:"extra_args_precommand" doc:"More options before the command."`
	CleanDeps         bool     `param:"clean_deps" default:"false" doc:"Removes dependencies that are needed no more."`
}

// Zypper is the module zypper, for SUSE systems.
func Zypper() modules.Module {
	info := modules.Info{
		Name:     "zypper",
		Aliases:  []string{"community.general.zypper"},
		Summary:  "Installs, updates and removes packages of SUSE systems.",
		Notes:    "Works through the command; rpm says what is installed. Undo installs or removes the named packages, not versions.",
		Examples: "- name: Install nmap\n  zypper:\n    name: nmap\n",
	}
	return managed(info, modules.Rules{OneOf: [][]string{{"name", "update_cache"}}}, zypperManager{rpmManager{"zypper"}}, zypperWant)
}

func zypperWant(p zypperParams) want {
	w := want{absent: p.State == "absent" || p.State == "removed", latest: p.State == "latest", refresh: p.UpdateCache,
		upgrade: p.State == "dist-upgrade"}
	for _, n := range p.Name {
		if n == "*" {
			w.upgrade = w.upgrade || w.latest
		} else {
			w.names = append(w.names, n)
		}
	}
	if p.DisableGPGCheck {
		w.options = append(w.options, "--no-gpg-checks")
	}
	w.options = append(append(w.options, strings.Fields(p.ExtraGlobal)...), "--", "--type", p.Type)
	add := func(on bool, flag string) {
		if on {
			w.options = append(w.options, flag)
		}
	}
	if w.absent {
		add(p.CleanDeps, "--clean-deps")
	} else {
		w.options = append(w.options, "--auto-agree-with-licenses")
		add(p.DisableRecommends, "--no-recommends")
		add(p.Force, "--force")
		add(p.ForceResolution, "--force-resolution")
		add(p.OldPackage, "--oldpackage")
	}
	w.options = append(w.options, strings.Fields(p.ExtraArgs)...)
	return w
}

// zypperManager asks rpm what is installed. Its options hold those before the command and those after it, parted by "--".
type zypperManager struct{ rpmManager }

func (m zypperManager) outdated(ctx context.Context, r sys.Reader, names []string, _ want) ([]string, error) {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"zypper", "--quiet", "--non-interactive", "list-updates"}, Env: m.env()})
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, failure(out, "zypper list-updates failed: %s", strings.TrimSpace(string(out.Stderr)))
	}
	return chosen(parseListUpdates(string(out.Stdout)), names), nil
}

// parseListUpdates reads rows such as "v | Main | curl | 8.0 | 8.1 | x86_64".
func parseListUpdates(out string) []string {
	var names []string
	for _, l := range strings.Split(out, "\n") {
		if f := strings.Split(l, "|"); len(f) >= 5 && strings.TrimSpace(f[0]) == "v" {
			names = append(names, strings.TrimSpace(f[2]))
		}
	}
	return names
}

// chosen keeps those that are asked for; nil asks for all.
func chosen(all, asked []string) []string {
	if asked == nil {
		return all
	}
	var out []string
	for _, n := range all {
		for _, a := range asked {
			if n == a {
				out = append(out, n)
			}
		}
	}
	return out
}

func (m zypperManager) line(verb string, names []string, w want) []string {
	argv := []string{"zypper", "--quiet", "--non-interactive"}
	before, after := w.options, []string(nil)
	for i, o := range w.options {
		if o == "--" {
			before, after = w.options[:i], w.options[i+1:]
			break
		}
	}
	argv = append(append(argv, before...), verb)
	return append(append(argv, after...), names...)
}

func (m zypperManager) refresh() []string {
	return []string{"zypper", "--quiet", "--non-interactive", "refresh"}
}

func (m zypperManager) install(names []string, w want) []string { return m.line("install", names, w) }

func (m zypperManager) update(names []string, w want) []string {
	if names == nil {
		return []string{"zypper", "--quiet", "--non-interactive", "update", "--auto-agree-with-licenses"}
	}
	return m.line("update", names, w)
}

func (m zypperManager) remove(names []string, w want) []string { return m.line("remove", names, w) }
