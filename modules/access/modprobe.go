package access

import (
	"context"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// ModprobeParams are the parameters of modprobe.
type ModprobeParams struct {
	Name       string `param:"name,required" doc:"The kernel module."`
	State      string `param:"state" choices:"absent,present" default:"present" doc:"Whether it should be loaded."`
	Params     string `param:"params" default:"" doc:"Its parameters."`
	Persistent string `param:"persistent" choices:"disabled,present,absent" default:"disabled" doc:"Whether it is to be loaded at the next start; disabled leaves the files alone."`
}

// ModprobeState is whether a kernel module is loaded, and the files that load it at the start.
type ModprobeState struct {
	Loaded bool                `json:"loaded"`
	Files  map[string]keptFile `json:"files"` // those that mention the module
}

const (
	loadFolder    = "/etc/modules-load.d"
	optionsFolder = "/etc/modprobe.d"
)

// Modprobe loads and unloads kernel modules.
func Modprobe() modules.Module {
	return modules.State[ModprobeParams, ModprobeState]{
		Info: modules.Info{
			Name: "modprobe", Summary: "Load and unload kernel modules, now and at the start.", Undo: modules.UndoFull,
			Aliases: []string{"community.general.modprobe"},
			Examples: `- name: Bridges go through the firewall, after the next start too
  modprobe:
    name: br_netfilter
    persistent: present
`,
		},
		Validate: func(p *ModprobeParams) error {
			if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(p.Name) || p.Name[0] == '-' {
				return fmt.Errorf("%q is no name of a kernel module", p.Name)
			}
			return nil
		},
		Read: readModprobe,
		Want: wantModprobe,
		Apply: func(ctx context.Context, s sys.System, p ModprobeParams, from, to ModprobeState) error {
			if from.Loaded != to.Loaded {
				if err := p.load(ctx, s, to.Loaded); err != nil {
					return err
				}
			}
			return applyModprobeFiles(s, from, to)
		},
		Report: func(p ModprobeParams, _, _ ModprobeState, _ bool) modules.Result {
			return modules.Result{"name": p.Name, "params": p.Params, "state": p.State}
		},
	}.Module()
}

func (p ModprobeParams) load(ctx context.Context, s sys.System, load bool) error {
	argv := []string{"modprobe", "-r", p.Name}
	if load {
		argv = append([]string{"modprobe", p.Name}, strings.Fields(p.Params)...)
	}
	return program(ctx, s, modules.Result{"rc": 0, "name": p.Name, "params": p.Params, "state": p.State}, nil, sys.Command{Argv: argv})
}

func readModprobe(_ context.Context, r sys.Reader, p ModprobeParams) (ModprobeState, error) {
	s := ModprobeState{Files: map[string]keptFile{}}
	loaded, err := p.loaded(r)
	if err != nil {
		return s, err
	}
	s.Loaded = loaded
	if p.Persistent == "disabled" {
		return s, nil
	}
	for _, folder := range []string{loadFolder, optionsFolder} {
		entries, err := r.ReadDir(folder)
		if err != nil {
			return s, err
		}
		for _, e := range entries {
			file := path.Join(folder, e.Name())
			if st, err := r.Stat(file); err != nil || !st.IsRegular() {
				continue
			}
			kept, err := optionalFile(r, file)
			if err != nil {
				return s, err
			}
			if strings.Contains(kept.Text, p.Name) || e.Name() == p.Name+".conf" {
				s.Files[file] = *kept
			}
		}
	}
	return s, nil
}

// loaded says whether the kernel has the module, loaded or built in.
func (p ModprobeParams) loaded(r sys.Reader) (bool, error) {
	list, err := r.ReadFile("/proc/modules")
	if err != nil {
		return false, err
	}
	name := strings.ReplaceAll(p.Name, "-", "_") + " "
	for l := range strings.SplitSeq(string(list), "\n") {
		if strings.HasPrefix(l, name) {
			return true, nil
		}
	}
	release, err := r.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return false, err
	}
	builtin, err := r.ReadFile("/lib/modules/" + strings.TrimSpace(string(release)) + "/modules.builtin")
	if err != nil { // containers have no modules of their own
		return false, nil
	}
	return strings.Contains(string(builtin), "/"+p.Name+".ko\n"), nil
}

func wantModprobe(p ModprobeParams, now ModprobeState) (ModprobeState, error) {
	want := ModprobeState{Loaded: p.State == "present", Files: maps.Clone(now.Files)}
	wantLine := regexp.MustCompile(`^ *` + p.Name + ` *(?:[#;].*)?$`)
	option := regexp.MustCompile(`^options ` + p.Name + ` (\w+=\S+) *(?:[#;].*)?$`)
	loads, params := false, map[string]bool{}
	for file, f := range now.Files {
		for l := range strings.SplitSeq(f.Text, "\n") {
			loads = loads || path.Dir(file) == loadFolder && wantLine.MatchString(l)
			if m := option.FindStringSubmatch(l); m != nil && path.Dir(file) == optionsFolder {
				params[m[1]] = true
			}
		}
	}
	switch p.Persistent {
	case "absent":
		want.comment(loadFolder, wantLine)
		want.comment(optionsFolder, option)
	case "present":
		if !loads {
			want.put(path.Join(loadFolder, p.Name+".conf"), p.Name+"\n")
		}
		wanted := strings.Fields(p.Params)
		if !sameWords(wanted, params) {
			want.comment(optionsFolder, option)
			text := "\n"
			if len(wanted) > 0 {
				text = "options " + p.Name + " " + strings.Join(wanted, "\noptions "+p.Name+" ") + "\n"
			}
			want.put(path.Join(optionsFolder, p.Name+".conf"), text)
		}
	}
	return want, nil
}

func sameWords(words []string, set map[string]bool) bool {
	slices.Sort(words)
	return slices.Equal(slices.Compact(slices.Clone(words)), slices.Sorted(maps.Keys(set)))
}

// comment puts a # in front of the lines of a folder's files that match.
func (s *ModprobeState) comment(folder string, match *regexp.Regexp) {
	for file, f := range s.Files {
		if path.Dir(file) != folder {
			continue
		}
		lines := strings.Split(f.Text, "\n")
		for i, l := range lines {
			if match.MatchString(l) {
				lines[i] = "#" + l
			}
		}
		f.Text = strings.Join(lines, "\n")
		s.Files[file] = f
	}
}

// put gives a file a content; a new one is readable for everybody.
func (s *ModprobeState) put(file, text string) {
	f, had := s.Files[file]
	if !had {
		f.Perm = 0o644
	}
	f.Text = text
	s.Files[file] = f
}

func applyModprobeFiles(s sys.System, from, to ModprobeState) error {
	for _, file := range slices.Sorted(maps.Keys(to.Files)) {
		f := to.Files[file]
		was, had := from.Files[file]
		switch {
		case had && was == f:
		case had:
			if err := restoreFile(s, file, &f); err != nil {
				return err
			}
		default:
			if err := s.WriteFile(file, strings.NewReader(f.Text), sys.WriteOptions{Perm: f.Perm, UID: -1, GID: -1}); err != nil {
				return err
			}
		}
	}
	for file := range from.Files {
		if _, stays := to.Files[file]; !stays {
			if err := s.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}
