package packages

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

// plan is what a task has to do: the command, and what its simulation announced.
type plan struct {
	line     *line // nil where there is nothing to do
	steps    []dpkg.Step
	failText string // how a failure of the command is worded; "" means by the command line
	names    []string
}

// aptReader finds out what has to be done; it runs commands only where the database does not already say "nothing".
type aptReader struct {
	ctx context.Context
	r   sys.Reader
	db  *dpkg.Database
	p   aptParams
	run *aptRun
}

// announce simulates a command.
func (a aptReader) announce(real, pretend *line, failText string) (plan, error) {
	out, err := simulate(a.ctx, a.r, pretend)
	if err != nil {
		return plan{}, err
	}
	if out.Code != 0 {
		return plan{}, failedCommand(real, failText, out)
	}
	a.run.output = out
	return plan{line: real, failText: failText, steps: a.effective(dpkg.ParseSimulation(string(out.Stdout)))}, nil
}

func failedCommand(l *line, failText string, out sys.Output) error {
	if failText == "" {
		failText = l.text()
	}
	return failure(out, "'%s' failed: %s", failText, out.Stderr)
}

// effective drops steps that leave a package as it is (a reinstallation that apt prints all the same).
func (a aptReader) effective(steps []dpkg.Step) []dpkg.Step {
	return slices.DeleteFunc(steps, func(s dpkg.Step) bool { return s.To != "" && s.To == s.From })
}

// install plans state present, latest, build-dep and fixed.
func (a aptReader) install() (plan, error) {
	specs, err := a.expand()
	if err != nil {
		return plan{}, err
	}
	if a.p.State == "build-dep" {
		if len(specs) == 0 {
			return plan{}, nil
		}
		return a.announceInstall(specs)
	}
	var names []string
	for _, s := range specs {
		name, _, _ := splitSpec(s)
		names = append(names, name)
	}
	wanted, err := a.missing(specs)
	if err != nil {
		return plan{}, err
	}
	if len(wanted) == 0 && (a.p.State != "fixed" || len(specs) > 0) {
		return plan{names: names}, nil
	}
	pl, err := a.announceInstall(wanted)
	pl.names = names
	return pl, err
}

func (a aptReader) announceInstall(specs []string) (plan, error) {
	return a.announce(installLine(a.r, a.p, false, specs), installLine(a.r, a.p, true, specs), "")
}

// missing returns the specifications that apt-get has to install.
func (a aptReader) missing(specs []string) ([]string, error) {
	var ask []string
	for _, s := range specs {
		name, op, v := splitSpec(s)
		installed := version(a.db, name)
		if a.p.State == "latest" || !satisfied(installed, op, v) || op == "=" && strings.ContainsAny(v, "*?[") {
			ask = append(ask, name)
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	known, err := a.policies(ask)
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, s := range specs {
		name, op, v := splitSpec(s)
		if !slices.Contains(ask, name) {
			continue
		}
		spec, err := a.wanted(s, name, op, v, known)
		if err != nil {
			return nil, err
		}
		if spec != "" {
			wanted = append(wanted, spec)
		}
	}
	return wanted, nil
}

// wanted decides about one package as apt's cache knows it; "" means that nothing has to be done.
func (a aptReader) wanted(spec, name, op, v string, known map[string]dpkg.Policy) (string, error) {
	installed := version(a.db, name)
	present := isInstalled(installed)
	policy, ok := known[name]
	if !ok {
		base, _, _ := strings.Cut(name, ":")
		policy = known[base]
	}
	if len(policy.Versions) == 0 && !present {
		return a.virtual(name, op, v)
	}
	fits := satisfied(installed, op, v)
	best := policy.Best(op, v)
	if op == ">=" && (best == "" || dpkg.CompareVersions(best, v) < 0) || best == installed {
		best = ""
	}
	switch {
	case !present && a.p.OnlyUpgrade:
		return "", nil
	case !fits && best == "":
		return "", modules.Fail(modules.Result{}, "no available installation candidate for %s", spec)
	case best != "" && (!present || a.p.State == "latest" || !fits):
		return name + "=" + best, nil
	case best != "" && op == "=":
		return name + "=" + v, nil // a newer version fits the same pattern
	default:
		return "", nil
	}
}

// virtual decides about a name that is no package of its own: it is satisfied by an installed package that provides it.
func (a aptReader) virtual(name, op, v string) (string, error) {
	out, err := a.r.Query(a.ctx, sys.Command{Argv: []string{"apt-cache", "showpkg", name}, Env: aptEnv()})
	if err != nil {
		return "", err
	}
	_, providers, _ := strings.Cut(string(out.Stdout), "Reverse Provides:")
	if strings.TrimSpace(providers) == "" {
		return "", fmt.Errorf("No package matching '%s' is available", name)
	}
	if a.p.OnlyUpgrade {
		return "", nil
	}
	if _, ok := a.db.Provider(name); ok {
		return "", nil
	}
	if op != "" {
		return name + "=" + v, nil
	}
	return name, nil
}

func isInstalled(version string) bool { return version != "" && version != configFiles }

// satisfied reports whether an installed version is what a specification asks for.
func satisfied(installed, op, v string) bool {
	switch {
	case !isInstalled(installed):
		return false
	case op == "=":
		return dpkg.Match(v, installed)
	case op == ">=":
		return dpkg.CompareVersions(installed, v) >= 0
	default:
		return true
	}
}

func (a aptReader) policies(names []string) (map[string]dpkg.Policy, error) {
	argv := []string{"apt-cache"}
	if a.p.DefaultRelease != "" {
		argv = append(argv, "-o", "APT::Default-Release="+a.p.DefaultRelease)
	}
	out, err := a.r.Query(a.ctx, sys.Command{Argv: append(append(argv, "policy"), names...), Env: aptEnv()})
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, failure(out, "%s", strings.TrimSpace(string(out.Stderr)))
	}
	return dpkg.ParsePolicy(string(out.Stdout)), nil
}

// expand replaces patterns in package names by the names that apt or the host knows.
func (a aptReader) expand() ([]string, error) {
	var out, names []string
	for _, spec := range a.p.Package {
		pattern, _, _ := splitSpec(spec)
		if !strings.ContainsAny(pattern, "*?[]!") {
			out = append(out, spec)
			continue
		}
		if names == nil {
			var err error
			if names, err = a.allNames(); err != nil {
				return nil, err
			}
		}
		before := len(out)
		for _, n := range names {
			if dpkg.Match(pattern, n) {
				out = append(out, n)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("No package(s) matching '%s' available", pattern)
		}
	}
	return out, nil
}

func (a aptReader) allNames() ([]string, error) {
	out, err := a.r.Query(a.ctx, sys.Command{Argv: []string{"apt-cache", "pkgnames"}, Env: aptEnv()})
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(out.Stdout))
	a.db.Each(func(p dpkg.Package) bool {
		names = append(names, a.db.Name(p))
		return true
	})
	slices.Sort(names)
	return slices.Compact(names), nil
}

// remove plans state absent.
func (a aptReader) remove() (plan, error) {
	specs, err := a.expand()
	if err != nil {
		return plan{}, err
	}
	var doomed []string
	for _, s := range specs {
		name, op, v := splitSpec(s)
		installed := version(a.db, name)
		if satisfied(installed, op, v) || installed == configFiles && a.p.Purge {
			doomed = append(doomed, s)
		}
	}
	if len(doomed) == 0 {
		return plan{}, nil
	}
	names := make([]string, len(doomed))
	for i, s := range doomed {
		names[i], _, _ = splitSpec(s)
	}
	text := "apt-get remove '" + strings.Join(doomed, "' '") + "'"
	pl, err := a.announce(removeLine(a.r, a.p, false, names), removeLine(a.r, a.p, true, names), text)
	if err != nil {
		return pl, err
	}
	for _, n := range names { // a purge of configuration files alone is not always announced
		if version(a.db, n) == configFiles && !slices.ContainsFunc(pl.steps, func(s dpkg.Step) bool { return s.Name == n }) {
			pl.steps = append(pl.steps, dpkg.Step{Name: n, Purge: true})
		}
	}
	return pl, nil
}
