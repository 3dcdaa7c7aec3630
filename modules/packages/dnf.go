package packages

import (
	"context"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type dnfParams struct {
	Name             []string `param:"name" alias:"pkg" doc:"Packages, groups (@name), files or URLs; '*' with state=latest updates all."`
	State            string   `param:"state" choices:"absent,present,installed,removed,latest" doc:"What should be of the packages; absent with autoremove, else present."`
	EnableRepo       []string `param:"enablerepo" doc:"Repositories to use besides."`
	DisableRepo      []string `param:"disablerepo" doc:"Repositories not to use."`
	Exclude          []string `param:"exclude" doc:"Packages to leave alone."`
	UpdateCache      bool     `param:"update_cache" alias:"expire-cache" default:"false" doc:"Reads the package index again first."`
	UpdateOnly       bool     `param:"update_only" default:"false" doc:"With latest, leaves packages alone that are not installed."`
	DisableGPGCheck  bool     `param:"disable_gpg_check" default:"false" doc:"Accepts packages without a valid signature."`
	InstallRoot      string   `param:"installroot" default:"/" doc:"Another root to install into."`
	ReleaseVer       string   `param:"releasever" doc:"The release to install from."`
	Autoremove       bool     `param:"autoremove" default:"false" doc:"Removes packages that were installed as dependencies and are needed no more."`
	SkipBroken       bool     `param:"skip_broken" default:"false" doc:"Leaves out packages whose dependencies cannot be met."`
	Security         bool     `param:"security" default:"false" doc:"With latest, only updates that concern security."`
	Bugfix           bool     `param:"bugfix" default:"false" doc:"With latest, only updates that fix bugs."`
	EnablePlugin     []string `param:"enable_plugin" doc:"Plugins to use besides."`
	DisablePlugin    []string `param:"disable_plugin" doc:"Plugins not to use."`
	DisableExcludes  string   `param:"disable_excludes" doc:"Whose excludes are not heeded: all, main or a repository."`
	ValidateCerts    bool     `param:"validate_certs" default:"true" doc:"Whether certificates of servers are checked."`
	SSLVerify        bool     `param:"sslverify" default:"true" doc:"Whether certificates of repositories are checked."`
	DownloadOnly     bool     `param:"download_only" default:"false" doc:"Downloads packages without installing them."`
	DownloadDir      string   `param:"download_dir" doc:"Where downloads go."`
	LockTimeout      int      `param:"lock_timeout" default:"30" doc:"Accepted; the command waits by itself."`
	InstallWeakDeps  bool     `param:"install_weak_deps" default:"true" doc:"Whether recommended packages come too."`
	AllowDowngrade   bool     `param:"allow_downgrade" default:"false" doc:"Accepts an older version than the installed one."`
	AllowErasing     bool     `param:"allowerasing" default:"false" doc:"Accepts that other packages are removed."`
	NoBest           bool     `param:"nobest" default:"false" doc:"Accepts another version than the newest."`
	CacheOnly        bool     `param:"cacheonly" default:"false" doc:"Uses only what was downloaded."`
	ConfFile         string   `param:"conf_file" doc:"The configuration file to use."`
	InstallRepoquery bool     `param:"install_repoquery" default:"true" doc:"Accepted; nothing is needed."`
	UseBackend       string   `param:"use_backend" alias:"use" default:"auto" doc:"Accepted; the command of the host is used."`
}

// DNF is the module dnf.
func DNF() modules.Module { return rpmModule("dnf", "dnf5") }

// Yum is the module yum.
func Yum() modules.Module { return rpmModule("yum") }

func rpmModule(name string, aliases ...string) modules.Module {
	info := modules.Info{
		Name:    name,
		Aliases: aliases,
		Summary: "Installs, updates and removes packages with " + name + ".",
		Notes:   "Works through the command; rpm says what is installed. Undo installs or removes the named packages, not versions.",
		Examples: "- name: Install a web server\n  " + name + ":\n    name: httpd\n    state: present\n\n" +
			"- name: Update everything\n  " + name + ":\n    name: '*'\n    state: latest\n",
	}
	return managed(info, modules.Rules{OneOf: [][]string{{"name", "update_cache", "autoremove"}}}, rpmManager{name}, dnfWant)
}

func dnfWant(p dnfParams) want {
	w := want{absent: p.State == "absent" || p.State == "removed" || p.State == "" && p.Autoremove && len(p.Name) > 0,
		latest: p.State == "latest", refresh: p.UpdateCache, options: dnfOptions(p)}
	for _, n := range p.Name {
		if n = strings.TrimSpace(n); n == "*" {
			w.upgrade = w.latest
		} else if n != "" {
			w.names = append(w.names, n)
		}
	}
	return w
}

func dnfOptions(p dnfParams) []string {
	var o []string
	list := func(flag string, values []string) {
		for _, v := range values {
			o = append(o, flag+"="+v)
		}
	}
	on := func(set bool, flag string) {
		if set {
			o = append(o, flag)
		}
	}
	text := func(flag, value string) {
		if value != "" {
			o = append(o, flag+"="+value)
		}
	}
	list("--enablerepo", p.EnableRepo)
	list("--disablerepo", p.DisableRepo)
	list("--exclude", p.Exclude)
	list("--enableplugin", p.EnablePlugin)
	list("--disableplugin", p.DisablePlugin)
	on(p.DisableGPGCheck, "--nogpgcheck")
	on(p.SkipBroken, "--skip-broken")
	on(p.Security, "--security")
	on(p.Bugfix, "--bugfix")
	on(p.DownloadOnly, "--downloadonly")
	on(p.AllowErasing, "--allowerasing")
	on(p.NoBest, "--nobest")
	on(p.CacheOnly, "--cacheonly")
	on(!p.SSLVerify, "--setopt=sslverify=0")
	on(!p.InstallWeakDeps, "--setopt=install_weak_deps=False")
	text("--disableexcludes", p.DisableExcludes)
	text("--downloaddir", p.DownloadDir)
	text("--config", p.ConfFile)
	text("--releasever", p.ReleaseVer)
	if p.InstallRoot != "/" {
		text("--installroot", p.InstallRoot)
	}
	return o
}

// rpmManager works dnf or yum.
type rpmManager struct{ command string }

func (m rpmManager) env() map[string]string { return map[string]string{"LC_ALL": "C", "LANG": "C"} }

func (m rpmManager) installed(ctx context.Context, r sys.Reader, names []string) (map[string]string, error) {
	have := map[string]string{}
	for _, n := range names {
		argv := []string{"rpm", "-q", "--whatprovides", "--qf", "%{VERSION}-%{RELEASE}\n", n}
		switch {
		case strings.HasPrefix(n, "@"):
			argv = []string{m.command, "-q", "group", "list", "--installed", strings.TrimPrefix(n, "@")}
		case strings.Contains(n, "://") || strings.HasSuffix(n, ".rpm"):
			argv = []string{"rpm", "-q", "--qf", "%{VERSION}-%{RELEASE}\n", fileNEVRA(n)}
		case strings.Contains(n, "-") && strings.ContainsAny(n, "0123456789"):
			argv = []string{"sh", "-c", `rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" || rpm -q --whatprovides --qf '%{VERSION}-%{RELEASE}\n' "$1"`, "sh", n}
		}
		out, err := r.Query(ctx, sys.Command{Argv: argv, Env: m.env()})
		if err != nil {
			return nil, err
		}
		if f := strings.Fields(string(out.Stdout)); out.Code == 0 && len(f) > 0 {
			have[n] = f[len(f)-1]
		}
	}
	return have, nil
}

// fileNEVRA is the name, version and architecture in the name of a package file.
func fileNEVRA(file string) string {
	return strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".rpm")
}

// outdated reads check-update, whose exit code 100 means that there are updates.
func (m rpmManager) outdated(ctx context.Context, r sys.Reader, names []string, w want) ([]string, error) {
	argv := append([]string{m.command, "-q", "check-update"}, w.options...)
	out, err := r.Query(ctx, sys.Command{Argv: append(argv, names...), Env: m.env()})
	if err != nil {
		return nil, err
	}
	switch out.Code {
	case 0:
		return nil, nil
	case 100:
		return parseCheckUpdate(string(out.Stdout)), nil
	default:
		return nil, failure(out, "%s check-update failed: %s", m.command, strings.TrimSpace(string(out.Stderr)))
	}
}

// parseCheckUpdate reads lines of NAME.ARCH VERSION REPOSITORY up to the list of obsoleted packages.
func parseCheckUpdate(out string) []string {
	var names []string
	for _, l := range strings.Split(out, "\n") {
		if strings.HasPrefix(l, "Obsoleting") {
			break
		}
		f := strings.Fields(l)
		if len(f) != 3 || strings.HasPrefix(l, " ") {
			continue
		}
		name := f[0]
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			name = name[:i]
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (m rpmManager) refresh() []string { return []string{m.command, "-y", "makecache"} }

func (m rpmManager) line(verb string, names []string, w want) []string {
	return append(append([]string{m.command, "-y"}, append(w.options, verb)...), names...)
}

func (m rpmManager) install(names []string, w want) []string { return m.line("install", names, w) }
func (m rpmManager) update(names []string, w want) []string  { return m.line("update", names, w) }
func (m rpmManager) remove(names []string, w want) []string  { return m.line("remove", names, w) }
