package files

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type fileParams struct {
	Path     string  `param:"path,required" alias:"dest,name" type:"path" doc:"Path of the file to manage."`
	State    *string `param:"state" choices:"absent,directory,file,hard,link,touch" doc:"What should stand at the path; by default what already stands there, else a file."`
	Recurse  bool    `param:"recurse" default:"false" doc:"Whether to set the attributes on everything in the folder."`
	Force    bool    `param:"force" default:"false" doc:"Whether to make links to missing targets and to replace files by links."`
	Follow   bool    `param:"follow" default:"true" doc:"Whether to set the attributes on a link's target instead of the link."`
	Src      *string `param:"src" type:"path" doc:"What a link points to, relative to the link's folder, or the file of a hard link."`
	ModTime  *string `param:"modification_time" doc:"Time of the last change: preserve, now or a time in the format."`
	ModForm  string  `param:"modification_time_format" default:"%Y%m%d%H%M.%S" doc:"Format of modification_time as strptime takes it."`
	AccTime  *string `param:"access_time" doc:"Time of the last access: preserve, now or a time in the format."`
	AccForm  string  `param:"access_time_format" default:"%Y%m%d%H%M.%S" doc:"Format of access_time as strptime takes it."`
	Basename *string `param:"_original_basename,hidden"`
	Peek     *bool   `param:"_diff_peek,hidden"`
	tree.Attrs
}

// fileState is what stands at the path and, below or behind it, what else is managed.
type fileState struct {
	tree.State
	Do   string // the state that the task means
	Path string // where links were followed to

	source  tree.Node // what src names
	behind  bool      // the second node is the link's target
	dangles bool
	binary  bool
	inside  map[string]any // names in a folder that is to go, for the diff
	filled  bool           // the folder has something in it
	sameSrc bool           // path and src are one inode
}

// File manages files, folders, links and their attributes.
func File() modules.Module {
	return modules.State[fileParams, fileState]{
		Info: modules.Info{
			Name:    "file",
			Summary: "Manages files, folders, links and their attributes.",
			Undo:    modules.UndoFull,
			Examples: `- name: A folder with its parents
  file:
    path: /srv/app/releases
    state: directory
    owner: alice
    mode: u=rwx,g=rx,o=
- name: A link
  file:
    src: /srv/app/releases/7
    dest: /srv/app/current
    state: link
- name: Nothing at all
  file:
    path: /etc/motd
    state: absent
`,
		},
		Read:  readFile,
		Want:  wantFile,
		Apply: applyFile,
		Equal: func(a, b fileState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ fileParams, want, got fileState) bool {
			return tree.Settled(want.State, got.State)
		},
		Same:   func(a, b fileState) bool { return tree.Same(a.State, b.State) },
		Stands: func(post, now fileState) bool { return tree.Stands(post.State, now.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ fileParams, from *fileState, want fileState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now fileState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known fileState, got *fileState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
		Report: reportFile,
	}.Module()
}

func applyFile(ctx context.Context, s sys.System, p fileParams, from, to fileState) error {
	return tree.Change{Unsafe: p.UnsafeWrites}.Apply(ctx, s, from.State, to.State)
}
