package packages

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

type factsParams struct {
	Manager  []string `param:"manager" default:"auto" doc:"The package managers to ask, in order; auto finds out."`
	Strategy string   `param:"strategy" choices:"first,all" default:"first" doc:"Whether to stop at the first one that the host has."`
}

// lister lists the installed packages of one package manager.
type lister struct {
	name      string
	available func(r sys.Reader) bool
	list      func(ctx context.Context, r sys.Reader) ([]map[string]any, error)
}

func listers() []lister {
	command := func(name string) func(sys.Reader) bool {
		return func(r sys.Reader) bool { _, err := r.LookPath(name); return err == nil }
	}
	return []lister{
		{"apt", hasApt, listApt},
		{"rpm", command("rpm"), listRPM},
		{"pacman", command("pacman"), listPacman},
		{"apk", command("apk"), listAPK},
		{"portage", command("qlist"), listPortage},
	}
}

// PackageFacts is the module package_facts.
func PackageFacts() modules.Module {
	return modules.Query[factsParams]{
		Info: modules.Info{
			Name:    "package_facts",
			Summary: "Lists the installed packages as facts.",
			Notes:   "Knows apt, rpm, pacman, apk and portage.",
			Facts:   true,
			Examples: `- name: Know the packages
  package_facts:

- name: Say so where curl is missing
  debug:
    msg: no curl
  when: "'curl' not in ansible_facts.packages"
`,
		},
		Run: runFacts,
	}.Module()
}

func runFacts(ctx context.Context, r sys.Reader, p factsParams) (modules.Result, error) {
	known := map[string]lister{}
	var auto []string
	for _, l := range listers() {
		known[l.name] = l
		auto = append(auto, l.name)
	}
	names, unknown := managerNames(p.Manager, auto)
	if len(unknown) > 0 {
		return nil, fmt.Errorf("Unsupported package managers requested: %s", strings.Join(unknown, ", "))
	}
	packages, found := map[string]any{}, false
	for _, name := range names {
		l := known[name]
		if found && p.Strategy == "first" {
			continue
		}
		if !l.available(r) {
			if slices.Contains(p.Manager, name) {
				modules.Warn(ctx, "Requested package manager %s was not usable by this module: it is not on this host", name)
			}
			continue
		}
		list, err := l.list(ctx, r)
		if err != nil {
			modules.Warn(ctx, "Failed to retrieve packages with %s: %v", name, err)
			continue
		}
		found = true
		add(packages, list, name)
	}
	if !found {
		return nil, fmt.Errorf("Could not detect a supported package manager from the following list: %s, "+
			"or the required Python library is not installed. Check warnings for details.", modules.PyRepr(anyList(names)))
	}
	return modules.Result{"ansible_facts": map[string]any{"packages": packages}}, nil
}

func anyList(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}

// managerNames replaces auto by what it stands for and drops repetitions.
func managerNames(asked, auto []string) (names, unknown []string) {
	var all []string
	for _, m := range asked {
		if m = strings.ToLower(m); m != "auto" {
			all = append(all, m)
		}
	}
	if len(all) < len(asked) {
		all = append(all, auto...)
	}
	for _, m := range all {
		switch {
		case !slices.Contains(auto, m):
			unknown = append(unknown, m)
		case !slices.Contains(names, m):
			names = append(names, m)
		}
	}
	return names, unknown
}

// add collects packages by name; several versions of one name make a list.
func add(packages map[string]any, list []map[string]any, source string) {
	fresh := map[string][]any{}
	for _, p := range list {
		p["source"] = source
		name := p["name"].(string)
		fresh[name] = append(fresh[name], p)
	}
	for name, versions := range fresh {
		packages[name] = versions
	}
}

func hasApt(r sys.Reader) bool {
	_, err := r.LookPath("apt-get")
	_, statErr := r.Stat(dpkg.StatusPath)
	return err == nil && statErr == nil
}

func listApt(ctx context.Context, r sys.Reader) ([]map[string]any, error) {
	db, err := dpkg.Read(r)
	if err != nil {
		return nil, err
	}
	var list []map[string]any
	var names []string
	db.Each(func(p dpkg.Package) bool {
		if p.State == configFiles || p.State == "not-installed" || p.Version == "" {
			return true
		}
		name := db.Name(p)
		names = append(names, name)
		list = append(list, map[string]any{"name": name, "version": p.Version, "arch": p.Architecture, "category": p.Section, "origin": ""})
		return true
	})
	origins, err := aptOrigins(ctx, r, names)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		p["origin"] = origins[p["name"].(string)]
	}
	return list, nil
}

// aptOrigins asks apt where the installed versions come from.
func aptOrigins(ctx context.Context, r sys.Reader, names []string) (map[string]string, error) {
	sources, err := r.Query(ctx, sys.Command{Argv: []string{"apt-cache", "policy"}, Env: aptEnv()})
	if err != nil {
		return nil, err
	}
	versions, err := r.Query(ctx, sys.Command{Argv: append([]string{"apt-cache", "policy"}, names...), Env: aptEnv()})
	if err != nil {
		return nil, err
	}
	return dpkg.ParseOrigins(string(sources.Stdout), string(versions.Stdout)), nil
}

// rows runs a command that prints a line for each package.
func rows(ctx context.Context, r sys.Reader, argv ...string) ([]string, error) {
	out, err := r.Query(ctx, sys.Command{Argv: argv, Env: map[string]string{"LC_ALL": "C"}})
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, fmt.Errorf("Unable to list packages rc=%d : %s", out.Code, out.Stderr)
	}
	return strings.Split(strings.TrimRight(string(out.Stdout), "\n"), "\n"), nil
}

func listRPM(ctx context.Context, r sys.Reader) ([]map[string]any, error) {
	lines, err := rows(ctx, r, "rpm", "-qa", "--qf", `%{NAME}\t%{VERSION}\t%{RELEASE}\t%{EPOCH}\t%{ARCH}\n`)
	return parseRPM(lines), err
}

func parseRPM(lines []string) []map[string]any {
	var list []map[string]any
	for _, l := range lines {
		f := strings.Split(l, "\t")
		if len(f) != 5 {
			continue
		}
		p := map[string]any{"name": f[0], "version": f[1], "release": f[2], "epoch": nil, "arch": nil}
		if n, ok := number(f[3]); ok {
			p["epoch"] = n
		}
		if f[4] != "(none)" {
			p["arch"] = f[4]
		}
		list = append(list, p)
	}
	return list
}

func number(s string) (int, bool) {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<26 { // ten times that still fits everywhere
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s != ""
}

func listPacman(ctx context.Context, r sys.Reader) ([]map[string]any, error) {
	lines, err := rows(ctx, r, "pacman", "-Qi")
	return parsePacman(lines), err
}

// parsePacman reads blocks of "Name : value" lines; values go on over indented lines.
func parsePacman(lines []string) []map[string]any {
	var list []map[string]any
	field := regexp.MustCompile(`^([\w ]*\w) +: (.*)`)
	values, last := map[string]string{}, ""
	flush := func() {
		if values["Name"] == "" {
			return
		}
		p := map[string]any{"name": values["Name"], "version": values["Version"], "arch": values["Architecture"], "provides": nil}
		if v := values["Provides"]; v != "" && v != "None" {
			var provides []any
			for _, item := range strings.Split(v, "  ") {
				name, _, _ := strings.Cut(item, "=")
				provides = append(provides, name)
			}
			p["provides"] = provides
		}
		list = append(list, p)
		values, last = map[string]string{}, ""
	}
	for _, l := range append(lines, "") {
		if m := field.FindStringSubmatch(l); m != nil {
			last = m[1]
			values[last] = m[2]
		} else if strings.TrimSpace(l) == "" {
			flush()
		} else if last != "" {
			values[last] += "  " + strings.TrimLeft(l, " ")
		}
	}
	return list
}

func listAPK(ctx context.Context, r sys.Reader) ([]map[string]any, error) {
	lines, err := rows(ctx, r, "apk", "info", "-v")
	var list []map[string]any
	for _, l := range lines {
		if p := parseAPK(l); p != nil {
			list = append(list, p)
		}
	}
	return list, err
}

// parseAPK takes name-version-release apart.
func parseAPK(s string) map[string]any {
	j := strings.LastIndexByte(s, '-')
	if j <= 0 {
		return nil
	}
	i := strings.LastIndexByte(s[:j], '-')
	if i <= 0 {
		return map[string]any{"name": s, "version": "", "release": ""}
	}
	return map[string]any{"name": s[:i], "version": s[i+1 : j], "release": s[j+1:]}
}

func listPortage(ctx context.Context, r sys.Reader) ([]map[string]any, error) {
	lines, err := rows(ctx, r, "sh", "-c", "qlist -Iv | xargs -n 1024 qatom")
	var list []map[string]any
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		p := map[string]any{}
		for i, key := range []string{"category", "name", "version", "ebuild_revision", "slots", "prefixes", "sufixes"} {
			if i < len(f) {
				p[key] = f[i]
			}
		}
		list = append(list, p)
	}
	return list, err
}
