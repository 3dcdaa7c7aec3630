package files

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// contentRef is content of the controller that a parameter names.
type contentRef struct {
	SHA256 string `param:"sha256,required" doc:"Digest of the content."`
	SHA1   string `param:"sha1" doc:"Ansible's checksum of the content."`
	MD5    string `param:"md5" doc:"Another digest."`
	Size   int    `param:"size" doc:"Bytes."`
}

// treeEntry is one path of a recursive copy from the controller.
type treeEntry struct {
	Path    string      `param:"path,required" doc:"Path below the destination."`
	Type    string      `param:"type" choices:"file,directory,link" default:"file" doc:"What it is."`
	Mode    int         `param:"mode" doc:"Permission bits of the source."`
	Target  string      `param:"target" doc:"Where a link points."`
	Content *contentRef `param:"content" doc:"What a file holds."`
}

// copyCommon are the parameters that copy and template share.
type copyCommon struct {
	Dest     string      `param:"dest,required" type:"path" doc:"Where to put the file."`
	Backup   bool        `param:"backup" default:"false" doc:"Whether to keep the file that is replaced under a name with the date."`
	Force    bool        `param:"force" default:"true" doc:"Whether to replace a file that differs; otherwise only a missing one is made."`
	Validate *string     `param:"validate" doc:"Command that checks the new file before it is put in place; %s stands for the file."`
	Follow   bool        `param:"follow" default:"false" doc:"Whether a link at the destination is followed instead of replaced."`
	Ref      *contentRef `param:"_content,hidden"`
	Basename *string     `param:"_original_basename,hidden"`
	tree.Attrs
}

type copyParams struct {
	Src         *string   `param:"src" type:"path" doc:"File or folder on the controller, or on the host with remote_src; of a folder that ends in a slash only what is in it is copied."`
	Content     *string   `param:"content" doc:"What the file shall hold, instead of src."`
	RemoteSrc   bool      `param:"remote_src" default:"false" doc:"Whether src is on the host already."`
	LocalFollow *bool     `param:"local_follow" doc:"Whether links in the source are followed."`
	DirMode     tree.Mode `param:"directory_mode" doc:"Mode of folders that are made."`
	Checksum    *string   `param:"checksum" doc:"SHA-1 that the source must have."`
	Decrypt     bool      `param:"decrypt" default:"true" doc:"Whether vault-encrypted sources are decrypted on the controller."`
	copyCommon
	Tree     []treeEntry `param:"_tree,hidden"`
	TreeName *string     `param:"_tree_name,hidden"`
}

// copyState is the destination with what is in it.
type copyState struct {
	tree.State

	exists   bool // force: no and something is there
	single   bool // one file is copied, not a folder
	source   sums
	modes    map[string]tree.Mode // of the nodes, where they differ from the parameter
	wants    map[string]tree.Node // what each node shall hold
	listed   []string             // files that were named, in order
	below    map[string]string    // where in the source folder nodes come from
	dest     string               // as it is reported
	preserve uint32
	folder   tree.Node // what stands at dest, where a folder is put inside of it; reported, not managed
}

// sums are what results say of a source.
type sums struct {
	sha1, md5 string
	ok        bool
}

// Copy puts files and folders on a host, from the controller or from elsewhere on the host.
func Copy() modules.Module {
	info := modules.Info{
		Name: "copy", Summary: "Copies files to the host, or from one place of the host to another.", Undo: modules.UndoFull, Private: true,
		Notes: "A folder is copied in one step: the host compares digests and asks for the files that differ.",
		Examples: `- name: A file from the controller
  copy:
    src: files/motd
    dest: /etc/motd
    owner: root
    group: root
    mode: '0644'
- name: Text
  copy:
    content: "hello\n"
    dest: /srv/hello
- name: From one place of the host to another, checked before it is put there
  copy:
    src: /etc/sudoers
    dest: /etc/sudoers.edit
    remote_src: true
    validate: /usr/sbin/visudo -csf %s
`,
	}
	rules := modules.Rules{Exclusive: [][]string{{"src", "content"}}}
	return copyModule(info, rules, func(p copyParams) copyParams { return p })
}

// copyModule makes a module whose parameters mean a copy.
func copyModule[P any](info modules.Info, rules modules.Rules, as func(P) copyParams) modules.Module {
	return modules.State[P, copyState]{
		Info:  info,
		Rules: rules,
		Read: func(ctx context.Context, r sys.Reader, p P) (copyState, error) {
			return readCopy(ctx, r, as(p))
		},
		Want: func(p P, now copyState) (copyState, error) { return wantCopy(as(p), now) },
		Apply: func(ctx context.Context, s sys.System, p P, from, to copyState) error {
			return applyCopy(ctx, s, as(p), from, to)
		},
		Report: func(p P, from, to copyState, changed bool) modules.Result {
			return reportCopy(as(p), from, to, changed)
		},
		Diff: func(ctx context.Context, r sys.Reader, p P, from, to copyState) (any, error) {
			return diffCopy(ctx, r, as(p), from, to)
		},
		Equal:   func(a, b copyState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ P, want, got copyState) bool { return tree.Settled(want.State, got.State) },
		Same:    func(a, b copyState) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ P, from *copyState, want copyState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now copyState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known copyState, got *copyState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

func applyCopy(ctx context.Context, s sys.System, p copyParams, from, to copyState) error {
	c := tree.Change{Unsafe: p.UnsafeWrites}
	if p.Validate != nil && !modules.Undoing(ctx) {
		c.Validate = *p.Validate
	}
	return invalidFields(c.Apply(ctx, s, from.State, to.State))
}
