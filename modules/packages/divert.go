package packages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type divertParams struct {
	Path   string `param:"path,required" type:"path" alias:"name" doc:"The file that packages bring and that is diverted."`
	State  string `param:"state" choices:"absent,present" default:"present" doc:"Whether the file is diverted."`
	Holder string `param:"holder" default:"" doc:"The package whose copy of the file is not diverted; without it the machine's own copy is the one that stays (LOCAL)."`
	Divert string `param:"divert" type:"path" default:"" doc:"Where the packages' copy goes; by default the path with .distrib added."`
	Rename bool   `param:"rename" default:"false" doc:"Also moves the file aside, or back, when the diversion begins or ends."`
	Force  bool   `param:"force" default:"false" doc:"Lets rename overwrite a file that is where the file goes to."`
}

// diversionState is what dpkg knows of a path, and which of the two files are there.
type diversionState struct {
	Holder string `json:"holder,omitempty"` // "" when the path is not diverted
	Divert string `json:"divert,omitempty"`
	AtPath bool   `json:"at_path,omitempty"`
	Aside  bool   `json:"aside,omitempty"` // a file lies where the diversion leads to, or would lead to
	Ahead  bool   `json:"ahead,omitempty"` // a file lies where the parameters lead to
}

const (
	diversionsPath = "/var/lib/dpkg/diversions"
	localHolder    = "LOCAL"
)

// DpkgDivert is the module dpkg_divert.
func DpkgDivert() modules.Module {
	return modules.State[divertParams, diversionState]{
		Info: modules.Info{
			Name: "dpkg_divert", Summary: "Diverts a file of a Debian package to another place.", Undo: modules.UndoPartial,
			Notes:   "A file that force lets be overwritten is lost.",
			Aliases: []string{"community.general.dpkg_divert"},
			Examples: `- name: Packages leave our issue alone
  dpkg_divert:
    path: /etc/issue
- name: Moved aside, so that our own can take its place
  dpkg_divert:
    path: /usr/bin/busybox
    divert: /usr/bin/busybox.dpkg
    rename: true
`,
		},
		Validate: func(p *divertParams) error {
			if strings.ContainsRune(p.Path+p.Divert+p.Holder, '\n') {
				return modules.Fail(nil, "path, divert and holder are single lines")
			}
			return nil
		},
		Read:   readDiversion,
		Want:   wantDiversion,
		Apply:  applyDiversion,
		Equal:  sameDiversion,
		Same:   func(a, b diversionState) bool { return a == b },
		Whole:  func(p divertParams, from, want diversionState) bool { return !p.overwrites(from, want) },
		Diff:   diffDiversion,
		Report: reportDiversion,
	}.Module()
}

func sameDiversion(a, b diversionState) bool { return a.Holder == b.Holder && a.Divert == b.Divert }

// target is where the parameters let the path be diverted to.
func (p divertParams) target() string {
	if p.Divert != "" {
		return p.Divert
	}
	return p.Path + ".distrib"
}

// overwrites says whether the change moves a file over another one.
func (p divertParams) overwrites(from, want diversionState) bool {
	return p.Rename && from.AtPath && from.Aside && (from.Holder == "") != (want.Holder == "")
}

func readDiversion(_ context.Context, r sys.Reader, p divertParams) (diversionState, error) {
	var s diversionState
	text, err := r.ReadFile(diversionsPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	// Three lines each: the path, where it leads to, the package or a colon.
	lines := strings.Split(string(text), "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		if lines[i] != p.Path {
			continue
		}
		s.Divert, s.Holder = lines[i+1], lines[i+2]
		if s.Holder == ":" {
			s.Holder = localHolder
		}
	}
	there := func(name string) bool {
		_, err := r.Stat(name)
		return err == nil
	}
	aside := s.Divert
	if aside == "" {
		aside = p.target()
	}
	s.AtPath, s.Aside, s.Ahead = there(p.Path), there(aside), there(p.target())
	return s, nil
}

func wantDiversion(p divertParams, now diversionState) (diversionState, error) {
	want := now
	if p.State == "absent" {
		want.Holder, want.Divert = "", ""
	} else {
		want.Holder, want.Divert = localHolder, p.target()
		if p.Holder != "" {
			want.Holder = p.Holder
		}
	}
	if !p.Force && p.overwrites(now, want) {
		return want, modules.Fail(modules.Result{"cmd": p.said(now, want)[0], "diversion": p.describe(now)}, "Set 'force' param to True to force renaming of files.")
	}
	return want, nil
}

// addition is dpkg-divert's command that diverts the path as a state says.
func (p divertParams) addition(to diversionState, rename string) []string {
	argv := []string{"dpkg-divert", rename}
	if to.Holder == localHolder {
		argv = append(argv, "--local")
	} else {
		argv = append(argv, "--package", to.Holder)
	}
	if to.Divert != p.Path+".distrib" {
		argv = append(argv, "--divert", to.Divert)
	}
	return append(argv, "--add", p.Path)
}

// steps are the commands that lead from one state to another; with none, the one that finds nothing to do.
func (p divertParams) steps(from, to diversionState) [][]string {
	rename := "--no-rename"
	if p.Rename {
		rename = "--rename"
	}
	switch {
	case to.Holder == "":
		return [][]string{{"dpkg-divert", rename, "--remove", p.Path}}
	case from.Holder == "" || sameDiversion(from, to):
		return [][]string{p.addition(to, rename)}
	}
	return [][]string{{"dpkg-divert", "--no-rename", "--remove", p.Path}, p.addition(to, "--no-rename")}
}

func applyDiversion(ctx context.Context, s sys.System, p divertParams, from, to diversionState) error {
	if p.Force && p.overwrites(from, to) {
		over := to.Divert
		if to.Holder == "" {
			over = p.Path
		}
		if err := s.Remove(over); err != nil {
			return modules.Fail(nil, "Failed to remove %s: %v", over, err)
		}
	}
	for _, argv := range p.steps(from, to) {
		out, err := s.Run(ctx, sys.Command{Argv: argv, Env: map[string]string{"LC_ALL": "C"}})
		if err != nil {
			return err
		}
		if out.Code != 0 {
			return failure(out, "Unexpected error while changing state of the diversion.")
		}
	}
	if from.Holder == "" || to.Holder == "" || from.Divert == to.Divert {
		return nil
	}
	// What was moved aside goes along, where nothing lies in its new place.
	if _, err := s.Stat(to.Divert); !errors.Is(err, fs.ErrNotExist) || !from.Aside {
		return nil
	}
	return s.Rename(from.Divert, to.Divert)
}

func (p divertParams) describe(s diversionState) map[string]any {
	d := map[string]any{"path": p.Path, "state": "absent", "divert": nil, "holder": nil}
	if s.Holder != "" {
		d["state"], d["divert"], d["holder"] = "present", s.Divert, s.Holder
	}
	return d
}

func diffDiversion(_ context.Context, _ sys.Reader, p divertParams, from, to diversionState) (any, error) {
	return map[string]any{"before": p.describe(from), "after": p.describe(to)}, nil
}

// inWords is dpkg-divert's description of a diversion.
func (p divertParams) inWords(s diversionState) string {
	switch s.Holder {
	case "":
		return fmt.Sprintf("'any diversion of %s'", p.Path)
	case localHolder:
		return fmt.Sprintf("'local diversion of %s to %s'", p.Path, s.Divert)
	}
	return fmt.Sprintf("'diversion of %s to %s by %s'", p.Path, s.Divert, s.Holder)
}

// said are the commands of a change as results show them.
func (p divertParams) said(from, to diversionState) []any {
	var commands []any
	for _, argv := range p.steps(from, to) {
		commands = append(commands, "/usr/bin/"+strings.Join(argv, " "))
	}
	return commands
}

func reportDiversion(p divertParams, from, to diversionState, _ bool) modules.Result {
	var messages []any
	switch {
	case from.Holder == "" && to.Holder == "":
		messages = append(messages, "No diversion "+p.inWords(to)+", none removed.")
	case sameDiversion(from, to):
		messages = append(messages, "Leaving "+p.inWords(to))
	default:
		if from.Holder != "" {
			messages = append(messages, "Removing "+p.inWords(from))
		}
		if to.Holder != "" {
			messages = append(messages, "Adding "+p.inWords(to))
		}
	}
	return modules.Result{"diversion": p.describe(to), "commands": p.said(from, to), "messages": messages}
}
