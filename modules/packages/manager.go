package packages

import (
	"context"
	"fmt"
	"maps"
	"sort"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// want is what a task asks of one of the package managers that are worked through their command.
type want struct {
	names   []string
	absent  bool
	latest  bool
	refresh bool // reads the index again first
	upgrade bool // brings all packages up to date
	options []string
}

// manager is a package manager that is worked through its command.
type manager interface {
	// installed returns the versions of those names that are installed.
	installed(ctx context.Context, r sys.Reader, names []string) (map[string]string, error)
	// outdated returns those names (all packages where names is nil) for which there is a newer version.
	outdated(ctx context.Context, r sys.Reader, names []string, w want) ([]string, error)
	// commands are the command lines that do what is left to do.
	refresh() []string
	install(names []string, w want) []string
	update(names []string, w want) []string // all packages where names is nil
	remove(names []string, w want) []string
	env() map[string]string
}

// managedState is what such a manager knows of a task's packages.
type managedState struct {
	Versions map[string]string `json:"versions"` // "" where not installed
	Outdated []string          `json:"outdated,omitempty"`

	output *sys.Output // of the last command, shared by the states of one run
}

func readManaged(ctx context.Context, r sys.Reader, m manager, w want) (managedState, error) {
	s := managedState{Versions: map[string]string{}, output: &sys.Output{}}
	if len(w.names) > 0 {
		have, err := m.installed(ctx, r, w.names)
		if err != nil {
			return s, err
		}
		for _, n := range w.names {
			s.Versions[n] = have[n]
		}
	}
	if modules.Undoing(ctx) || !w.latest && !w.upgrade {
		return s, nil
	}
	var ask []string
	if !w.upgrade {
		for _, n := range w.names {
			if s.Versions[n] != "" {
				ask = append(ask, n)
			}
		}
		if len(ask) == 0 {
			return s, nil
		}
	}
	var err error
	s.Outdated, err = m.outdated(ctx, r, ask, w)
	sort.Strings(s.Outdated)
	return s, err
}

// anyVersion stands for a version that only the package manager will know.
const anyVersion = "installed"

func wantManaged(w want, now managedState) managedState {
	next := now
	next.Versions = maps.Clone(now.Versions)
	next.Outdated = nil
	for n, v := range next.Versions {
		switch {
		case w.absent:
			next.Versions[n] = ""
		case v == "":
			next.Versions[n] = anyVersion
		}
	}
	return next
}

func equalManaged(a, b managedState) bool {
	return maps.Equal(a.Versions, b.Versions) && len(a.Outdated) == len(b.Outdated)
}

// settledManaged accepts any version where one was to be installed.
func settledManaged(want, got managedState) bool {
	for n, v := range want.Versions {
		if (v == "") != (got.Versions[n] == "") {
			return false
		}
	}
	return true
}

func applyManaged(ctx context.Context, s sys.System, m manager, w want, from, to managedState) error {
	var install, remove []string
	for n, v := range to.Versions {
		switch {
		case v != "" && from.Versions[n] == "":
			install = append(install, n)
		case v == "" && from.Versions[n] != "":
			remove = append(remove, n)
		}
	}
	sort.Strings(install)
	sort.Strings(remove)
	var lines [][]string
	if len(install) > 0 {
		lines = append(lines, m.install(install, w))
	}
	if len(remove) > 0 {
		lines = append(lines, m.remove(remove, w))
	}
	if outdated := from.Outdated; len(outdated) > 0 {
		if w.upgrade {
			outdated = nil
		}
		lines = append(lines, m.update(outdated, w))
	}
	for _, argv := range lines {
		out, err := s.Run(ctx, sys.Command{Argv: argv, Env: m.env()})
		if err != nil {
			return err
		}
		if out.Code != 0 {
			return failure(out, "'%s' failed: %s", strings.Join(argv, " "), strings.TrimSpace(string(out.Stderr)+string(out.Stdout)))
		}
		if from.output != nil {
			*from.output = out
		}
	}
	return nil
}

func refreshManaged(ctx context.Context, s sys.System, m manager, w want) error {
	if !w.refresh {
		return nil
	}
	out, err := s.Run(ctx, sys.Command{Argv: m.refresh(), Env: m.env()})
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return failure(out, "could not read the package index: %s", strings.TrimSpace(string(out.Stderr)))
	}
	return nil
}

// reportManaged is the result as dnf, apk and the like have it.
func reportManaged(from, to managedState, changed bool) modules.Result {
	res := modules.Result{"rc": 0, "msg": "", "stdout": string(from.output.Stdout), "stderr": string(from.output.Stderr)}
	lines := []any{}
	for _, n := range sortedKeys(to.Versions) {
		switch {
		case to.Versions[n] != "" && from.Versions[n] == "":
			lines = append(lines, "Installed: "+n)
		case to.Versions[n] == "" && from.Versions[n] != "":
			lines = append(lines, "Removed: "+n)
		}
	}
	for _, n := range from.Outdated {
		lines = append(lines, "Updated: "+n)
	}
	res["results"] = lines
	if !changed {
		res["msg"] = "Nothing to do"
	}
	return res
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// managed wraps a package manager in the engine; wish says what its parameters ask for.
func managed[P any](info modules.Info, rules modules.Rules, m manager, wish func(P) want) modules.Module {
	info.Undo = modules.UndoPartial
	return modules.State[P, managedState]{
		Info:  info,
		Rules: rules,
		Validate: func(p *P) error {
			for _, n := range wish(*p).names {
				if strings.HasPrefix(n, "-") || strings.ContainsAny(n, "\n\x00") {
					return fmt.Errorf("%q is no package name", n)
				}
			}
			return nil
		},
		Prepare: func(ctx context.Context, s sys.System, p P) error { return refreshManaged(ctx, s, m, wish(p)) },
		Read: func(ctx context.Context, r sys.Reader, p P) (managedState, error) {
			return readManaged(ctx, r, m, wish(p))
		},
		Want: func(p P, now managedState) (managedState, error) { return wantManaged(wish(p), now), nil },
		Apply: func(ctx context.Context, s sys.System, p P, from, to managedState) error {
			return applyManaged(ctx, s, m, wish(p), from, to)
		},
		Report:  func(_ P, from, to managedState, changed bool) modules.Result { return reportManaged(from, to, changed) },
		Equal:   equalManaged,
		Settled: func(_ P, want, got managedState) bool { return settledManaged(want, got) },
		Same:    settledManaged,
	}.Module()
}
