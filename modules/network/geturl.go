package network

import (
	"context"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type getURLParams struct {
	Dest        string  `param:"dest,required" type:"path" doc:"The file, or a folder that gets a file of the server's or the URL's name."`
	Backup      bool    `param:"backup" default:"false" doc:"Whether to keep the file that is replaced under a name with the date."`
	Checksum    string  `param:"checksum" default:"" doc:"What the file must be: an algorithm and a sum, or the URL of a list of sums, such as sha256:https://example.com/SHA256SUMS."`
	Timeout     int     `param:"timeout" default:"10" doc:"Seconds that the server may be silent."`
	TmpDest     *string `param:"tmp_dest" type:"path" doc:"The folder that downloads go to first."`
	URLUsername string  `param:"url_username" alias:"username" doc:"The user to log in as."`
	URLPassword string  `param:"url_password,secret" alias:"password" doc:"The password to log in with."`
	webParams
	tree.Attrs
}

// getState is the file with what became of the request.
type getState struct {
	tree.State
	got *download
}

// GetURL is the module get_url.
func GetURL() modules.Module {
	return modules.State[getURLParams, getState]{
		Info: modules.Info{
			Name:    "get_url",
			Summary: "Downloads a file to the host.",
			Notes: "A file that is there is asked for with If-Modified-Since, unless force is set; with a checksum that it has, " +
				"nothing is asked at all. Check mode makes the same request and compares, but keeps nothing. What does not " +
				"have its checksum never replaces a file.",
			Undo: modules.UndoFull,
			Examples: `- name: Download a release
  get_url:
    url: https://example.com/app.tar.gz
    dest: /usr/local/src/app.tar.gz
    checksum: sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c
    mode: '0644'
`,
		},
		Validate: func(p *getURLParams) error { return p.check() },
		Prepare: func(ctx context.Context, s sys.System, p getURLParams) error {
			return downloadOf(ctx).fetch(ctx, s, p, s)
		},
		Read: readGetURL,
		Want: wantGetURL,
		Apply: func(ctx context.Context, s sys.System, p getURLParams, from, to getState) error {
			return tree.Change{Unsafe: p.UnsafeWrites}.Apply(ctx, s, from.State, to.State)
		},
		Report:  reportGetURL,
		Equal:   func(a, b getState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ getURLParams, want, got getState) bool { return tree.Settled(want.State, got.State) },
		Same:    func(a, b getState) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ getURLParams, from *getState, want getState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now getState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known getState, got *getState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
		Within: func(ctx context.Context, s sys.System) (context.Context, func()) {
			ctx, d := withDownload(ctx)
			return ctx, func() { d.cleanup(s) }
		},
	}.Module()
}

func readGetURL(ctx context.Context, r sys.Reader, p getURLParams) (getState, error) {
	d := downloadOf(ctx)
	if modules.CheckMode(ctx) && !modules.Undoing(ctx) {
		if err := d.fetch(ctx, r, p, nil); err != nil {
			return getState{}, err
		}
	}
	dest := p.Dest
	if d.dest != "" {
		dest = d.dest
	}
	begun, err := tree.Begin(ctx, r, p.Attrs, dest)
	if err != nil {
		return getState{}, err
	}
	n, err := tree.ReadNode(ctx, r, dest, tree.Look{Digest: true, IfSize: -1}.For(p.Attrs))
	if err != nil {
		return getState{}, err
	}
	s := getState{State: begun, got: d}
	if n.Kind == tree.Directory && d.dest == "" {
		return s, nil // the download never named its file
	}
	s.Nodes = []tree.Node{n}
	return s, nil
}

func wantGetURL(p getURLParams, now getState) (getState, error) {
	want := now
	want.State = now.State.Clone()
	if len(want.Nodes) == 0 || now.got.notModified {
		return want, nil
	}
	n := &want.Nodes[0]
	if now.got.arrived && !(n.Kind == tree.File && n.SHA256 == now.got.sums.sha256) {
		existed := n.Kind == tree.File
		if !existed {
			n.Make(tree.File)
		} else {
			want.Rewrite(n)
		}
		if n.SetSource(now.got.temp, now.got.sums.sha256, now.got.sums.size); now.got.data != nil {
			n.SetData(now.got.data)
		}
		if p.Backup && existed {
			want.Backup = tree.BackupName(n.Path, now.got.pid, now.Clock)
		}
	}
	want.Attributes(p.Attrs, n)
	return want, nil
}

func reportGetURL(p getURLParams, from, to getState, changed bool) modules.Result {
	d := from.got
	res := modules.Result{"url": p.URL, "dest": d.destOr(p.Dest), "elapsed": d.elapsed}
	if len(to.Nodes) > 0 {
		to.AddInfo(res, to.Main())
	}
	if d.notModified {
		res["msg"], res["status_code"] = d.message, d.status
		return res
	}
	res["checksum_src"], res["checksum_dest"] = nil, nil
	if !d.arrived {
		res["msg"] = "file already exists"
		if changed {
			res["msg"] = "file already exists but file attributes changed"
		}
		return res
	}
	res["msg"] = d.message
	if d.temp != "" {
		res["src"] = d.temp
	}
	res["checksum_src"] = d.sums.sha1
	if d.before != "" {
		res["checksum_dest"] = d.before
	}
	if res["status_code"] = any(d.status); d.status == 0 {
		res["status_code"] = nil
	}
	res["md5sum"] = d.sums.md5
	if to.Backup != "" {
		res["backup_file"] = to.Backup
	}
	return res
}
