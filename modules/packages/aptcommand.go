package packages

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// aptEnv keeps apt from asking and its words from being translated.
func aptEnv() map[string]string {
	return map[string]string{"DEBIAN_FRONTEND": "noninteractive", "DEBIAN_PRIORITY": "critical",
		"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LC_MESSAGES": "C.UTF-8", "LC_CTYPE": "C.UTF-8"}
}

// line is a command line being put together, beside the way messages show it.
type line struct {
	argv  []string
	shown []string
}

// add appends a word where on is set; an unset option leaves a gap in what is shown.
func (l *line) add(on bool, words ...string) *line {
	if !on {
		l.shown = append(l.shown, "")
		return l
	}
	l.argv = append(l.argv, words...)
	l.shown = append(l.shown, strings.Join(words, " "))
	return l
}

// more appends words only where on is set.
func (l *line) more(on bool, words ...string) *line {
	if on {
		l.add(true, words...)
	}
	return l
}

// quoted appends words that are shown in quotes.
func (l *line) quoted(words []string) *line {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = "'" + w + "'"
	}
	l.argv = append(l.argv, words...)
	l.shown = append(l.shown, strings.Join(shown, " "))
	return l
}

func (l *line) dpkgOptions(options string) *line {
	var shown []string
	for _, o := range strings.Split(options, ",") {
		l.argv = append(l.argv, "-o", "Dpkg::Options::=--"+o)
		shown = append(shown, `-o "Dpkg::Options::=--`+o+`"`)
	}
	l.shown = append(l.shown, strings.Join(shown, " "))
	return l
}

func (l *line) text() string { return strings.Join(l.shown, " ") }

func aptGet(r sys.Reader) *line {
	path, err := r.LookPath("apt-get")
	if err != nil {
		path = "/usr/bin/apt-get"
	}
	return (&line{}).add(true, path)
}

// installLine is apt-get install or build-dep.
func installLine(r sys.Reader, p aptParams, simulate bool, specs []string) *line {
	l := aptGet(r).add(true, "-y").dpkgOptions(p.DpkgOptions).add(p.OnlyUpgrade, "--only-upgrade").
		add(p.State == "fixed", "--fix-broken").add(p.Force, "--force-yes")
	if p.State == "build-dep" {
		l.add(p.FailOnAutoremove, "--no-remove").add(simulate, "--simulate").add(true, "build-dep").quoted(specs)
	} else {
		l.add(p.Autoremove, "--auto-remove").add(p.FailOnAutoremove, "--no-remove").add(simulate, "--simulate").
			add(true, "install").quoted(specs)
	}
	l.release(p)
	if p.InstallRecommends != nil {
		value := "no"
		if *p.InstallRecommends {
			value = "yes"
		}
		l.add(true, "-o", "APT::Install-Recommends="+value)
	}
	return l.more(p.AllowUnauthenticated, "--allow-unauthenticated").more(p.AllowDowngrade, "--allow-downgrades").
		more(p.AllowChangeHeldPackage, "--allow-change-held-packages")
}

func (l *line) release(p aptParams) {
	if p.DefaultRelease != "" {
		l.argv = append(l.argv, "-t", p.DefaultRelease)
		l.shown = append(l.shown, "-t '"+p.DefaultRelease+"'")
	}
}

func removeLine(r sys.Reader, p aptParams, simulate bool, names []string) *line {
	return aptGet(r).add(true, "-q", "-y").dpkgOptions(p.DpkgOptions).add(p.Purge, "--purge").add(p.Force, "--force-yes").
		add(p.Autoremove, "--auto-remove").add(simulate, "--simulate").add(true, "remove").quoted(names)
}

// cleanupLine is apt-get autoremove or autoclean.
func cleanupLine(r sys.Reader, p aptParams, simulate bool, operation string) *line {
	return aptGet(r).add(true, "-y").dpkgOptions(p.DpkgOptions).add(p.Purge, "--purge").add(p.Force, "--force-yes").
		add(true, operation).add(simulate, "--simulate")
}

func upgradeLine(r sys.Reader, p aptParams, simulate bool) *line {
	l := aptGet(r).add(true, "-y").dpkgOptions(p.DpkgOptions).add(p.Force, "--force-yes").add(p.FailOnAutoremove, "--no-remove").
		add(p.AllowUnauthenticated, "--allow-unauthenticated").add(p.AllowDowngrade, "--allow-downgrades").add(simulate, "--simulate")
	if p.Upgrade == "dist" || p.Upgrade == "full" {
		l.add(true, "dist-upgrade").add(p.Autoremove, "--auto-remove")
	} else {
		l.add(true, "upgrade", "--with-new-pkgs").add(p.Autoremove, "--auto-remove")
	}
	l.release(p)
	return l
}

// simulate runs a line that only pretends.
func simulate(ctx context.Context, r sys.Reader, l *line) (sys.Output, error) {
	return r.Query(ctx, sys.Command{Argv: l.argv, Env: aptEnv()})
}

// failure is the result of a command that did not work.
func failure(out sys.Output, format string, args ...any) error {
	return modules.Fail(modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr)}, "%s", fmt.Sprintf(format, args...))
}
