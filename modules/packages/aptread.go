package packages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/packages/dpkg"
	"github.com/musterhq/muster/modules/sys"
)

func readApt(ctx context.Context, r sys.Reader, p aptParams) (aptState, error) {
	run := aptRunOf(ctx)
	db, err := dpkg.Read(r)
	if err != nil {
		return aptState{}, fmt.Errorf("%s: %w", dpkg.StatusPath, err)
	}
	s := aptState{Packages: map[string]string{}, db: db, run: run}
	if !run.applied {
		run.noteCache(r, p, modules.CheckMode(ctx))
	}
	switch {
	case p.cacheOnly():
		s.Cache = cacheSeen(r, run)
		return s, nil
	case !run.applied && !modules.Undoing(ctx):
		if err := s.makePlan(aptReader{ctx: ctx, r: r, db: db, p: p, run: run}); err != nil {
			return s, err
		}
	}
	s.record(r, p)
	return s, nil
}

// makePlan finds out what there is to do.
func (s *aptState) makePlan(a aptReader) (err error) {
	p := a.p
	var pl plan
	switch {
	case p.Upgrade != "no":
		real := upgradeLine(a.r, p, false)
		pl, err = a.announce(real, upgradeLine(a.r, p, true), upgradeText(p))
	case p.Deb != nil:
		pl, err = a.debs()
	case len(p.Package) == 0 && p.Autoclean:
		return s.planAutoclean(a)
	case len(p.Package) == 0 && p.Autoremove:
		pl, err = a.announce(cleanupLine(a.r, p, false, "autoremove"), cleanupLine(a.r, p, true, "autoremove"), "apt-get autoremove")
	case p.State == "absent":
		pl, err = a.remove()
	default:
		pl, err = a.install()
		err = withCacheKeys(err, a.run)
	}
	a.run.plan = pl
	return err
}

// withCacheKeys adds to a failed installation what its result says of the index.
func withCacheKeys(err error, run *aptRun) error {
	var e *modules.Error
	if errors.As(err, &e) {
		e.Fields["cache_updated"], e.Fields["cache_update_time"] = run.cacheUpdated, run.cacheAfter
	}
	return err
}

func upgradeText(p aptParams) string {
	if p.Upgrade == "dist" || p.Upgrade == "full" {
		return "apt-get dist-upgrade"
	}
	return "apt-get upgrade --with-new-pkgs"
}

func (s *aptState) planAutoclean(a aptReader) error {
	real := cleanupLine(a.r, a.p, false, "autoclean")
	out, err := simulate(a.ctx, a.r, cleanupLine(a.r, a.p, true, "autoclean"))
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return failedCommand(real, "apt-get autoclean", out)
	}
	a.run.output = out
	a.run.plan = plan{line: real, failText: "apt-get autoclean"}
	for _, l := range strings.Split(string(out.Stdout), "\n") {
		if strings.HasPrefix(l, "Del ") {
			s.Outdated++
		}
	}
	return nil
}

// record notes the present versions of all packages that the task is about.
func (s *aptState) record(r sys.Reader, p aptParams) {
	for _, step := range s.run.plan.steps {
		s.Packages[step.Name] = version(s.db, step.Name)
	}
	for _, spec := range p.Package {
		name, _, _ := splitSpec(spec)
		if !strings.ContainsAny(name, "*?[]!") {
			s.Packages[name] = version(s.db, name)
		}
	}
	if len(s.run.plan.steps) == 0 {
		return
	}
	auto := dpkg.ReadAuto(r, s.db)
	for name := range s.Packages {
		if auto[name] {
			s.Auto = append(s.Auto, name)
		}
	}
	sort.Strings(s.Auto)
}

func wantApt(p aptParams, now aptState) (aptState, error) {
	want := now
	want.Packages = make(map[string]string, len(now.Packages))
	for name, v := range now.Packages {
		want.Packages[name] = v
	}
	if p.cacheOnly() {
		want.Cache = now.run.cacheAfter
		if now.run.cachePredicted {
			want.Cache = -1 // some time from now
		}
		return want, nil
	}
	want.Outdated = 0
	for _, step := range now.run.plan.steps {
		want.Packages[step.Name] = step.To
		if step.To == "" && !step.Purge && now.keepsConfig(step.Name) {
			want.Packages[step.Name] = configFiles
		}
	}
	return want, nil
}

// keepsConfig guesses whether a removal leaves configuration files.
func (s aptState) keepsConfig(name string) bool {
	p, ok := s.db.Find(name)
	return ok && p.Conffiles
}

// debs plans the installation of package files.
func (a aptReader) debs() (plan, error) {
	var files, steps = []string(nil), []dpkg.Step(nil)
	for _, d := range strings.Split(*a.p.Deb, ",") {
		c, file, err := a.control(strings.TrimSpace(d))
		if err != nil {
			return plan{}, fmt.Errorf("Unable to install package: %w", err)
		}
		name := c.Package
		if c.Architecture != "all" && c.Architecture != a.db.Native() {
			name += ":" + c.Architecture
		}
		installed := version(a.db, name)
		if isInstalled(installed) {
			d := dpkg.CompareVersions(c.Version, installed)
			if d == 0 {
				continue
			}
			if d < 0 && !a.p.AllowDowngrade && !a.p.Force {
				return plan{}, fmt.Errorf("A later version is already installed")
			}
		}
		files = append(files, file)
		steps = append(steps, dpkg.Step{Name: name, From: installed, To: c.Version})
	}
	if len(files) == 0 {
		return plan{}, nil
	}
	if slices.Contains(files, "") { // check mode: a URL is not downloaded
		return plan{line: &line{}, steps: steps}, nil
	}
	p := a.p
	p.Deb, p.State = nil, "present"
	return a.announce(installLine(a.r, p, false, files), installLine(a.r, p, true, files), "")
}
