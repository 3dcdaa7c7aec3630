package files

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

type assembleParams struct {
	Src          string      `param:"src,required" type:"path" doc:"Folder with the fragments."`
	Dest         string      `param:"dest,required" type:"path" doc:"File that the fragments make, in the order of their names."`
	Delimiter    *string     `param:"delimiter" doc:"Text between fragments; it ends in a newline."`
	Backup       bool        `param:"backup" default:"false" doc:"Whether to keep the file that is replaced under a name with the date."`
	RemoteSrc    bool        `param:"remote_src" default:"true" doc:"Whether the fragments are on the host."`
	Regexp       *string     `param:"regexp" doc:"Pattern that names of fragments must contain."`
	IgnoreHidden bool        `param:"ignore_hidden" default:"false" doc:"Whether names that start with a dot are left out."`
	Validate     *string     `param:"validate" doc:"Command that checks the new file before it is put in place; %s stands for the file."`
	Decrypt      bool        `param:"decrypt" default:"true" doc:"Whether vault-encrypted fragments are decrypted on the controller."`
	Ref          *contentRef `param:"_content,hidden"` // the file that the controller made of its fragments
	tree.Attrs
}

func (p assembleParams) copy() copyParams {
	return copyParams{Src: &p.Src, copyCommon: copyCommon{Dest: p.Dest, Backup: p.Backup, Force: true, Validate: p.Validate, Attrs: p.Attrs}}
}

// Assemble makes a file of the fragments in a folder.
func Assemble() modules.Module {
	return modules.State[assembleParams, copyState]{
		Info: modules.Info{
			Name: "assemble", Summary: "Makes a file of the fragments in a folder.", Undo: modules.UndoFull, Private: true,
			Examples: `- name: A configuration of its parts
  assemble:
    src: /etc/app/conf.d
    dest: /etc/app/app.conf
    validate: /usr/bin/app --check %s
`,
		},
		Read: readAssemble,
		Want: func(p assembleParams, now copyState) (copyState, error) { return wantCopy(p.copy(), now) },
		Apply: func(ctx context.Context, s sys.System, p assembleParams, from, to copyState) error {
			c := tree.Change{Unsafe: p.UnsafeWrites}
			if p.Validate != nil && !modules.Undoing(ctx) {
				c.Validate = *p.Validate
			}
			err := c.Apply(ctx, s, from.State, to.State)
			var invalid *tree.InvalidError
			if errors.As(err, &invalid) {
				return modules.Fail(nil, "failed to validate: rc:%d error:%s", invalid.Code, invalid.Stderr)
			}
			return err
		},
		Report: reportAssemble,
		Diff: func(ctx context.Context, r sys.Reader, p assembleParams, from, to copyState) (any, error) {
			d, err := diffCopy(ctx, r, p.copy(), from, to)
			if list, ok := d.([]any); ok && len(list) == 1 {
				return list[0], err
			}
			return d, err
		},
		Equal:   func(a, b copyState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ assembleParams, want, got copyState) bool { return tree.Settled(want.State, got.State) },
		Same:    func(a, b copyState) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ assembleParams, from *copyState, want copyState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now copyState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known copyState, got *copyState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

func readAssemble(ctx context.Context, r sys.Reader, p assembleParams) (copyState, error) {
	begun, err := tree.Begin(ctx, r, p.Attrs, p.Dest)
	if err != nil {
		return copyState{}, err
	}
	st := copyState{State: begun, wants: map[string]tree.Node{}, modes: map[string]tree.Mode{}, single: true, dest: p.Dest}
	var want tree.Node
	switch {
	case modules.Undoing(ctx):
	case p.Ref != nil:
		want.SetRef(modules.ContentRef{SHA256: p.Ref.SHA256, Size: int64(p.Ref.Size)})
		st.source = sums{p.Ref.SHA1, p.Ref.MD5, true}
	default:
		whole, err := p.fragments(r)
		if err != nil {
			return st, err
		}
		want.SetData(whole)
		st.source = sumsOf(whole)
	}
	return st, st.readSingle(ctx, r, p.copy(), want)
}

// fragments joins the files of the folder; a newline stands between them where one lacks it at its end.
func (p assembleParams) fragments(r sys.Reader) ([]byte, error) {
	st, err := r.Stat(p.Src)
	if err != nil {
		return nil, modules.Fail(nil, "Source (%s) does not exist", p.Src)
	}
	if !st.IsDir() {
		return nil, modules.Fail(nil, "Source (%s) is not a directory", p.Src)
	}
	var re *pyregex.Regexp
	if p.Regexp != nil {
		if re, err = pyregex.Compile(*p.Regexp, pyregex.Flags{}); err != nil {
			return nil, modules.Fail(nil, "Invalid Regexp (%v) in %q", err, *p.Regexp)
		}
	}
	list, err := r.ReadDir(p.Src)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	first := true
	for _, e := range list {
		content, ok, err := p.fragment(r, e.Name(), re)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if !first {
			p.between(&out)
		}
		out.Write(content)
		first = false
	}
	return out.Bytes(), nil
}

func (p assembleParams) fragment(r sys.Reader, name string, re *pyregex.Regexp) ([]byte, bool, error) {
	if re != nil {
		if m, err := re.Search(name); err != nil || m == nil {
			return nil, false, err
		}
	}
	full := path.Join(p.Src, name)
	st, err := r.Stat(full)
	if err != nil || !st.IsRegular() || p.IgnoreHidden && strings.HasPrefix(name, ".") {
		return nil, false, nil
	}
	b, err := r.ReadFile(full)
	return b, true, err
}

func (p assembleParams) between(out *bytes.Buffer) {
	if b := out.Bytes(); len(b) > 0 && b[len(b)-1] != '\n' {
		out.WriteByte('\n')
	}
	if p.Delimiter == nil || *p.Delimiter == "" {
		return
	}
	text := unescapeDelimiter(*p.Delimiter)
	out.WriteString(text)
	if !strings.HasSuffix(text, "\n") {
		out.WriteByte('\n')
	}
}

// unescapeDelimiter reads backslash escapes, as a delimiter written in one line has them.
func unescapeDelimiter(s string) string {
	quoted := `"` + strings.ReplaceAll(strings.ReplaceAll(s, "\n", `\n`), `"`, `\"`) + `"`
	if text, err := strconv.Unquote(quoted); err == nil {
		return text
	}
	return s
}

func reportAssemble(p assembleParams, _, to copyState, _ bool) modules.Result {
	res := modules.Result{"src": p.Src, "dest": p.Dest, "checksum": to.source.sha1, "md5sum": to.source.md5, "msg": "OK"}
	if to.Backup != "" {
		res["backup_file"] = to.Backup
	}
	return to.AddInfo(res, to.Main())
}
