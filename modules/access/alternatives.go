package access

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// AlternativesParams are the parameters of alternatives.
type AlternativesParams struct {
	Name        string       `param:"name,required" doc:"The generic name, such as editor."`
	Path        string       `param:"path,required" type:"path" doc:"The program that it should stand for."`
	Link        *string      `param:"link" type:"path" doc:"The link that leads to it; needed where the machine does not know the name yet."`
	Priority    *int         `param:"priority" doc:"The priority in automatic mode; a new one gets 50."`
	State       string       `param:"state" choices:"present,selected,auto,absent" default:"selected" doc:"present only makes the alternative known, selected also chooses it, auto leaves the choice to priorities, absent makes it unknown."`
	Subcommands []subcommand `param:"subcommands" alias:"slaves" doc:"Further links that follow the choice."`
}

// subcommand is a link that follows the choice of another one.
type subcommand struct {
	Name string `param:"name,required" json:"name" doc:"The generic name."`
	Path string `param:"path,required" json:"path" type:"path" doc:"What it leads to."`
	Link string `param:"link,required" json:"link" type:"path" doc:"The link."`
}

// alternative is one program that a name can stand for.
type alternative struct {
	Priority    int          `json:"priority"`
	Subcommands []subcommand `json:"subcommands"`
}

// AlternativesState is what a name can stand for, and stands for.
type AlternativesState struct {
	Manual  bool                   `json:"manual"`
	Current string                 `json:"current"` // what the link points to
	Link    string                 `json:"link"`
	Known   map[string]alternative `json:"known"` // by path
}

// Alternatives manages the symbolic links of update-alternatives.
func Alternatives() modules.Module {
	return modules.State[AlternativesParams, AlternativesState]{
		Info: modules.Info{
			Name: "alternatives", Summary: "Choose among programs that provide the same command.", Undo: modules.UndoFull,
			Aliases: []string{"community.general.alternatives"},
			Examples: `- name: vim is the editor
  alternatives:
    name: editor
    path: /usr/bin/vim.basic
- name: Known, but chosen by nobody
  alternatives:
    name: java
    link: /usr/bin/java
    path: /opt/jdk/bin/java
    priority: 10
    state: present
`,
		},
		Read:  readAlternatives,
		Want:  wantAlternatives,
		Apply: applyAlternatives,
		// In automatic mode the machine chooses.
		Settled: func(p AlternativesParams, want, got AlternativesState) bool {
			if want.Current == "" || p.State == "absent" {
				got.Current, got.Manual = want.Current, want.Manual
			}
			return sameAlternatives(want, got)
		},
		Equal:  sameAlternatives,
		Diff:   diffAlternatives,
		Report: reportAlternatives,
	}.Module()
}

func sameAlternatives(a, b AlternativesState) bool {
	return a.Manual == b.Manual && a.Current == b.Current && (a.Link == b.Link || a.Link == "" || b.Link == "") && maps.EqualFunc(a.Known, b.Known, func(x, y alternative) bool {
		return x.Priority == y.Priority && sameSubcommands(x.Subcommands, y.Subcommands)
	})
}

func sameSubcommands(a, b []subcommand) bool {
	in := func(list []subcommand) func(subcommand) bool {
		return func(s subcommand) bool { return !slices.Contains(list, s) }
	}
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}

var (
	alternativesMode  = regexp.MustCompile(`(?m)\s-\s(?:status\sis\s)?(\w*)(?:\smode|.)$`)
	alternativesNow   = regexp.MustCompile(`(?m)^\s*link currently points to (.*)$`)
	alternativesLink  = regexp.MustCompile(`(?m)^\s*link \w+ is (.*)$`)
	alternativesSub   = regexp.MustCompile(`(?m)^\s*(?:slave|follower) (\S+) is (.*)$`)
	alternativesKnown = regexp.MustCompile(`(?m)^(/.*)\s-\s(?:family\s\S+\s)?priority\s(\d+)((?:\s+(?:slave|follower).*)*)`)
	alternativesSlave = regexp.MustCompile(`(?m)^\s+(?:slave|follower) (.*): (.*)$`)
)

func readAlternatives(ctx context.Context, r sys.Reader, p AlternativesParams) (AlternativesState, error) {
	s := AlternativesState{Known: map[string]alternative{}}
	out, err := r.Query(ctx, sys.Command{Argv: []string{"update-alternatives", "--display", p.Name}, Env: map[string]string{"LC_ALL": "C"}})
	if err != nil {
		return s, err
	}
	if out.Code == 0 { // otherwise it does not know the name
		if err := s.parse(p, string(out.Stdout)); err != nil {
			return s, err
		}
	}
	if p.State == "absent" || !p.installs(s) {
		return s, nil
	}
	if _, err := r.Stat(p.Path); err != nil {
		return s, modules.Fail(nil, "Specified path %s does not exist", p.Path)
	}
	if p.Link == nil && s.Link == "" {
		return s, modules.Fail(nil, "Needed to install the alternative, but unable to do so as we are missing the link")
	}
	return s, nil
}

// parse reads what --display prints.
func (s *AlternativesState) parse(p AlternativesParams, text string) error {
	first := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	s.Manual, s.Current, s.Link = first(alternativesMode) == "manual", first(alternativesNow), first(alternativesLink)
	links := map[string]string{}
	for _, m := range alternativesSub.FindAllStringSubmatch(text, -1) {
		links[m[1]] = m[2]
	}
	if len(links) == 0 && p.Subcommands != nil {
		for _, sub := range p.Subcommands {
			links[sub.Name] = sub.Link
		}
	}
	for _, m := range alternativesKnown.FindAllStringSubmatch(text, -1) {
		priority, err := strconv.Atoi(m[2])
		if err != nil {
			return fmt.Errorf("update-alternatives: priority %q: %w", m[2], err)
		}
		a := alternative{Priority: priority}
		for _, sub := range alternativesSlave.FindAllStringSubmatch(m[3], -1) {
			if sub[2] != "(null)" {
				a.Subcommands = append(a.Subcommands, subcommand{Name: sub[1], Path: sub[2], Link: links[sub[1]]})
			}
		}
		s.Known[m[1]] = a
	}
	return nil
}

// installs says whether the alternative is new or has to change.
func (p AlternativesParams) installs(now AlternativesState) bool {
	a, known := now.Known[p.Path]
	return !known || p.Priority != nil && *p.Priority != a.Priority || p.Subcommands != nil && !sameSubcommands(p.Subcommands, a.Subcommands)
}

func wantAlternatives(p AlternativesParams, now AlternativesState) (AlternativesState, error) {
	want := now
	want.Known = maps.Clone(now.Known)
	if p.State == "absent" {
		delete(want.Known, p.Path)
		return want, nil
	}
	if p.installs(now) {
		a, known := now.Known[p.Path]
		if !known {
			a.Priority = 50
		}
		if p.Priority != nil {
			a.Priority = *p.Priority
		}
		if p.Subcommands != nil {
			a.Subcommands = p.Subcommands
		}
		want.Known[p.Path] = a
		if p.Link != nil {
			want.Link = *p.Link
		}
		if !now.Manual {
			want.Current = ""
		}
	}
	switch {
	case p.State == "selected" && now.Current != p.Path:
		want.Manual, want.Current = true, p.Path
	case p.State == "auto" && now.Manual:
		want.Manual, want.Current = false, ""
	}
	return want, nil
}

func applyAlternatives(ctx context.Context, s sys.System, p AlternativesParams, from, to AlternativesState) error {
	run := func(args ...string) error {
		return program(ctx, s, modules.Result{"rc": 0}, nil, sys.Command{Argv: append([]string{"update-alternatives"}, args...), Env: map[string]string{"LC_ALL": "C"}})
	}
	for _, file := range slices.Sorted(maps.Keys(to.Known)) {
		a, was := to.Known[file], from.Known[file]
		if _, known := from.Known[file]; known && a.Priority == was.Priority && sameSubcommands(a.Subcommands, was.Subcommands) {
			continue
		}
		args := []string{"--install", to.Link, p.Name, file, strconv.Itoa(a.Priority)}
		for _, sub := range a.Subcommands {
			args = append(args, "--slave", sub.Link, sub.Name, sub.Path)
		}
		if err := run(args...); err != nil {
			return err
		}
	}
	for _, file := range slices.Sorted(maps.Keys(from.Known)) {
		if _, stays := to.Known[file]; !stays {
			if err := run("--remove", p.Name, file); err != nil {
				return err
			}
		}
	}
	switch {
	case len(to.Known) == 0:
		return nil
	case to.Manual && (to.Current != from.Current || !from.Manual):
		return run("--set", p.Name, to.Current)
	case !to.Manual && from.Manual && p.State != "absent":
		return run("--auto", p.Name)
	}
	return nil
}

func (p AlternativesParams) describe(s AlternativesState, state string) map[string]any {
	d := map[string]any{"state": state, "path": p.Path, "priority": s.Known[p.Path].Priority, "link": s.Link}
	var subs []any
	for _, sub := range s.Known[p.Path].Subcommands {
		subs = append(subs, map[string]any{"name": sub.Name, "path": sub.Path, "link": sub.Link})
	}
	if subs != nil {
		d["subcommands"] = subs
	}
	return d
}

// diffAlternatives is Ansible's pair: what the alternative was, and what of it changes.
func diffAlternatives(_ context.Context, _ sys.Reader, p AlternativesParams, from, to AlternativesState) (any, error) {
	before, after := map[string]any{"state": "absent"}, map[string]any{}
	_, was := from.Known[p.Path]
	if was {
		before = p.describe(from, "present")
		if from.Manual && from.Current != p.Path {
			before["state"] = "selected"
		}
	}
	switch _, is := to.Known[p.Path]; {
	case was && !is:
		after["state"] = "absent"
	case is && p.State != "absent" && p.installs(from):
		after = p.describe(to, "present")
	}
	switch {
	case p.State == "selected" && from.Current != p.Path:
		after["state"] = "selected"
	case p.State == "auto" && from.Manual:
		after["state"] = "present"
	}
	return map[string]any{"before": before, "after": after}, nil
}

func reportAlternatives(p AlternativesParams, from, _ AlternativesState, _ bool) modules.Result {
	var said []string
	_, was := from.Known[p.Path]
	switch {
	case p.State == "absent" && was:
		said = append(said, fmt.Sprintf("Remove alternative '%s' from '%s'.", p.Path, p.Name))
	case p.State == "absent":
	case p.installs(from):
		said = append(said, fmt.Sprintf("Install alternative '%s' for '%s'.", p.Path, p.Name))
	}
	switch {
	case p.State == "selected" && from.Current != p.Path:
		said = append(said, fmt.Sprintf("Set alternative '%s' for '%s'.", p.Path, p.Name))
	case p.State == "auto" && from.Manual:
		said = append(said, fmt.Sprintf("Set alternative to auto for '%s'.", p.Name))
	}
	return modules.Result{"msg": strings.Join(said, " ")}
}
