package packages

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type apkParams struct {
	Name        []string `param:"name" alias:"pkg,package" doc:"Packages."`
	State       string   `param:"state" choices:"present,absent,latest,installed,removed" default:"present" doc:"What should be of the packages."`
	UpdateCache bool     `param:"update_cache" default:"false" doc:"Reads the package index again first."`
	Upgrade     bool     `param:"upgrade" default:"false" doc:"Brings all packages up to date."`
	Available   bool     `param:"available" default:"false" doc:"In an upgrade, prefers versions that a repository has."`
	NoCache     bool     `param:"no_cache" default:"false" doc:"Uses no cache of packages."`
	Repository  []string `param:"repository" doc:"Repositories to use besides."`
	World       string   `param:"world" default:"/etc/apk/world" doc:"Accepted; apk knows where its world file is."`
}

// APK is the module apk, for Alpine Linux.
func APK() modules.Module {
	info := modules.Info{
		Name:     "apk",
		Aliases:  []string{"community.general.apk"},
		Summary:  "Installs, upgrades and removes Alpine packages.",
		Notes:    "Works through the command. Undo installs or removes the named packages, not versions.",
		Examples: "- name: Install curl\n  apk:\n    name: curl\n    update_cache: true\n",
	}
	return managed(info, modules.Rules{OneOf: [][]string{{"name", "update_cache", "upgrade"}}}, apkManager{}, func(p apkParams) want {
		w := want{names: p.Name, absent: p.State == "absent" || p.State == "removed", latest: p.State == "latest", refresh: p.UpdateCache, upgrade: p.Upgrade}
		for _, repo := range p.Repository {
			w.options = append(w.options, "--repository", repo)
		}
		if p.NoCache {
			w.options = append(w.options, "--no-cache")
		}
		if p.Available {
			w.options = append(w.options, "--available")
		}
		return w
	})
}

type apkManager struct{}

func (apkManager) env() map[string]string { return map[string]string{"LC_ALL": "C", "LANG": "C"} }

func (m apkManager) installed(ctx context.Context, r sys.Reader, names []string) (map[string]string, error) {
	have := map[string]string{}
	for _, n := range names {
		out, err := r.Query(ctx, sys.Command{Argv: []string{"apk", "info", "-e", n}, Env: m.env()})
		if err != nil {
			return nil, err
		}
		if out.Code == 0 && len(strings.TrimSpace(string(out.Stdout))) > 0 {
			have[n] = anyVersion
		}
	}
	return have, nil
}

func (m apkManager) outdated(ctx context.Context, r sys.Reader, names []string, _ want) ([]string, error) {
	out, err := r.Query(ctx, sys.Command{Argv: append([]string{"apk", "version", "-l", "<"}, names...), Env: m.env()})
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, failure(out, "apk version failed: %s", strings.TrimSpace(string(out.Stderr)))
	}
	return parseAPKVersion(string(out.Stdout)), nil
}

// parseAPKVersion reads lines such as "curl-8.5.0-r0  < 8.9.0-r0".
func parseAPKVersion(out string) []string {
	var names []string
	for _, l := range strings.Split(out, "\n") {
		f := strings.Fields(l)
		if len(f) < 3 || f[1] != "<" {
			continue
		}
		if p := parseAPK(f[0]); p != nil {
			names = append(names, p["name"].(string))
		}
	}
	return names
}

func (apkManager) refresh() []string { return []string{"apk", "update"} }

func (apkManager) install(names []string, w want) []string {
	return append(append([]string{"apk", "add"}, without(w.options, "--available")...), names...)
}

func (apkManager) update(names []string, w want) []string {
	if names == nil {
		return append([]string{"apk", "upgrade"}, w.options...)
	}
	return append(append([]string{"apk", "add", "--upgrade"}, without(w.options, "--available")...), names...)
}

func (apkManager) remove(names []string, _ want) []string {
	return append([]string{"apk", "del", "--purge"}, names...)
}

func without(list []string, word string) []string {
	var out []string
	for _, s := range list {
		if s != word {
			out = append(out, s)
		}
	}
	return out
}
