package files

import (
	"context"
	"errors"
	"io/fs"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type unarchiveParams struct {
	Src           string      `param:"src,required" type:"path" doc:"Archive on the controller, or on the host or at an address with remote_src."`
	Dest          string      `param:"dest,required" type:"path" doc:"Existing folder on the host to unpack in."`
	RemoteSrc     bool        `param:"remote_src" default:"false" doc:"Whether src is on the host already, or an address to download from."`
	Copy          bool        `param:"copy" default:"true" doc:"Whether src is on the controller; an older word for the opposite of remote_src."`
	Creates       *string     `param:"creates" type:"path" doc:"Path that makes the task unnecessary when it exists."`
	ListFiles     bool        `param:"list_files" default:"false" doc:"Whether the result lists the files of the archive."`
	KeepNewer     bool        `param:"keep_newer" default:"false" doc:"Whether files that are newer than the archive's are left alone."`
	Include       []string    `param:"include" default:"[]" doc:"Members to unpack; the others are left out."`
	Exclude       []string    `param:"exclude" default:"[]" doc:"Members to leave out."`
	ExtraOpts     []string    `param:"extra_opts" default:"[]" doc:"Options of tar or unzip, such as --strip-components=1."`
	ValidateCerts bool        `param:"validate_certs" default:"true" doc:"Whether the certificate of an https address is checked."`
	BufferSize    int         `param:"io_buffer_size" default:"65536" doc:"Accepted for compatibility."`
	Decrypt       bool        `param:"decrypt" default:"true" doc:"Whether a vault-encrypted archive is decrypted on the controller."`
	Ref           *contentRef `param:"_content,hidden"`
	tree.Attrs
}

// unarchiveState is what stands where the members of the archive go.
type unarchiveState struct {
	tree.State
	root    tree.Node // the destination
	handler string
	names   []string // of the members, as list_files shows them
	goals   map[string]goal
}

// goal is what the archive wants at a path.
type goal struct {
	member
	path    string // below the destination
	sum     string // digest of a file\'s content, where what is there has the same size
	uid     int    // -1: whatever the process gives
	gid     int
	hold    bool // leave what is there alone
	implied bool // a folder that the archive does not list
	late    bool // files get the present time, so that theirs says nothing
}

// Unarchive unpacks an archive.
func Unarchive() modules.Module {
	return modules.State[unarchiveParams, unarchiveState]{
		Info: modules.Info{
			Name: "unarchive", Summary: "Unpacks zip and tar archives (plain, gzip, bzip2, xz, zstd) into a folder.", Undo: modules.UndoFull, Private: true,
			Notes: "Archives are read by muster itself: tar, unzip and the decompressors need not be on the host. A member whose size, time, mode and owner are there already is left alone.",
			Examples: `- name: A release from the controller
  unarchive:
    src: app-7.tar.gz
    dest: /srv/app
    owner: app
    extra_opts: [--strip-components=1]
- name: One that is on the host
  unarchive:
    src: /root/app.zip
    dest: /srv/app
    remote_src: true
    creates: /srv/app/bin/app
`,
		},
		Rules: modules.Rules{Exclusive: [][]string{{"include", "exclude"}, {"copy", "remote_src"}}},
		Skip: func(_ context.Context, r sys.Reader, p unarchiveParams) (modules.Result, error) {
			if p.Creates == nil {
				return nil, nil
			}
			if _, err := r.Lstat(*p.Creates); errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
			return modules.Result{"skipped": true, "msg": "skipped, since " + *p.Creates + " exists"}, nil
		},
		Read: readUnarchive,
		Want: wantUnarchive,
		Apply: func(ctx context.Context, s sys.System, p unarchiveParams, from, to unarchiveState) error {
			c := tree.Change{Unsafe: p.UnsafeWrites}
			if !modules.Undoing(ctx) {
				c.Stream = p.stream
			}
			return c.Apply(ctx, s, from.State, to.State)
		},
		Report: reportUnarchive,
		Diff: func(_ context.Context, _ sys.Reader, _ unarchiveParams, from, to unarchiveState) (any, error) {
			return map[string]any{"prepared": itemized(from, to)}, nil
		},
		Equal:   func(a, b unarchiveState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ unarchiveParams, want, got unarchiveState) bool { return tree.Settled(want.State, got.State) },
		Same:    func(a, b unarchiveState) bool { return tree.Same(a.State, b.State) },
		Stands:  func(post, now unarchiveState) bool { return tree.Stands(post.State, now.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ unarchiveParams, from *unarchiveState, want unarchiveState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now unarchiveState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known unarchiveState, got *unarchiveState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

func reportUnarchive(p unarchiveParams, from, to unarchiveState, changed bool) modules.Result {
	res := modules.Result{"handler": to.handler, "dest": p.Dest, "src": p.Src}
	if p.ListFiles {
		files := make([]any, len(to.names))
		for i, n := range to.names {
			files[i] = n
		}
		res["files"] = files
	}
	if changed {
		res["extract_results"] = map[string]any{"rc": 0, "out": itemized(from, to), "err": "", "cmd": []any{}}
	}
	return to.AddInfo(res, to.root)
}
