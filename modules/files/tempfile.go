package files

import (
	"context"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type tempParams struct {
	State  string  `param:"state" choices:"file,directory" default:"file" doc:"What to make."`
	Path   *string `param:"path" type:"path" doc:"Folder to make it in; by default the machine's folder for temporary files."`
	Prefix string  `param:"prefix" default:"ansible." doc:"What the name starts with."`
	Suffix string  `param:"suffix" default:"" doc:"What the name ends with."`
}

// tempState is the file that was made. Reading finds none, so that every run makes another.
type tempState struct {
	Path string `json:",omitempty"`
	Size int64  `json:",omitempty"` // entries of a folder

	made *string // where Apply leaves the name, which it alone knows
	tree.State
}

// TempFile makes an empty private file or folder of a new name.
func TempFile() modules.Module {
	return modules.State[tempParams, tempState]{
		Info: modules.Info{
			Name: "tempfile", Summary: "Makes an empty private file or folder with a new name.", Undo: modules.UndoFull, NoCheck: true,
			Examples: `- name: A folder for the build
  tempfile:
    state: directory
    suffix: build
  register: work
`,
		},
		Validate: validateTemp,
		Read: func(ctx context.Context, r sys.Reader, _ tempParams) (tempState, error) {
			begun, err := tree.Begin(ctx, r, tree.Attrs{}, "")
			return tempState{State: begun}, err
		},
		Want: func(_ tempParams, now tempState) (tempState, error) {
			now.Path, now.made = "a new path", new(string)
			return now, nil
		},
		Apply:   applyTemp,
		Equal:   func(a, b tempState) bool { return a.Path == b.Path },
		Settled: func(_ tempParams, _, got tempState) bool { return got.Path != "" },
		Same:    func(a, b tempState) bool { return a.Path == b.Path && a.Size == b.Size },
		Carry:   carryTemp,
		Report: func(_ tempParams, _, to tempState, _ bool) modules.Result {
			return to.AddInfo(modules.Result{"path": to.Path}, to.Main())
		},
	}.Module()
}

func validateTemp(p *tempParams) error {
	for _, part := range []string{p.Prefix, p.Suffix} {
		if strings.ContainsAny(part, "/*\x00") {
			return modules.Fail(nil, "prefix and suffix are parts of a name: %q is none", part)
		}
	}
	return nil
}

func applyTemp(_ context.Context, s sys.System, p tempParams, from, to tempState) error {
	if to.made == nil {
		return s.Remove(from.Path)
	}
	dir := ""
	if p.Path != nil {
		dir = *p.Path
	}
	create := s.TempFile
	if p.State == "directory" {
		create = s.TempDir
	}
	name, err := create(dir, p.Prefix+"*"+p.Suffix)
	if err != nil {
		return modules.Fail(nil, "%v", err)
	}
	*to.made = name
	return nil
}

// carryTemp looks at the file that a known state names.
func carryTemp(ctx context.Context, r sys.Reader, known tempState, got *tempState) error {
	name := known.Path
	if known.made != nil {
		name = *known.made
	}
	if name == "" {
		return nil
	}
	n, err := tree.ReadNode(ctx, r, name, tree.Look{})
	if err != nil || !n.Exists() {
		return err
	}
	got.Path, got.Size, got.Nodes = name, n.Size, []tree.Node{n}
	if n.Kind == tree.Directory {
		list, err := r.ReadDir(name)
		got.Size = int64(len(list))
		return err
	}
	return nil
}
