package files

import (
	"context"
	"errors"
	"os"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// editCommon are the parameters of all modules that edit one text file.
type editCommon struct {
	Path     string  `param:"path,required" alias:"dest,destfile,name" type:"path" doc:"File to edit; links are followed."`
	Backup   bool    `param:"backup" default:"false" doc:"Whether to keep the file as it was under a name with the date."`
	Validate *string `param:"validate" doc:"Command that checks the new file before it is put in place; %s stands for the file."`
	tree.Attrs
}

// editState is the file with its content and, when the path is a link, the link.
type editState struct {
	tree.State
	done edited
}

// edited is what an edit made of a content.
type edited struct {
	content []byte
	exists  bool           // the file exists afterwards
	msg     string         // what the result says of the content
	extra   modules.Result // further keys
	bare    bool           // the result has nothing but the message: there was no file to edit
	known   bool
	plain   tree.Node // a new file before the parameters' attributes
}

// editor describes a module that edits one file.
type editor[P any] struct {
	common func(P) editCommon
	create func(P) bool
	// edit is pure. exists says whether there is a file; content is empty where there is none.
	edit func(p P, content []byte, exists bool) (edited, error)
	// warn, if any, gives a warning about the parameters.
	warn func(P) string
	// diff, if any, stands in for editDiff.
	diff func(p editCommon, from, to editState) any
	// report gives the result's own keys.
	report func(p P, st editState, backup string) modules.Result
}

func (e editor[P]) module(info modules.Info, rules modules.Rules) modules.Module {
	info.Undo = modules.UndoFull
	return modules.State[P, editState]{
		Info:  info,
		Rules: rules,
		Read: func(ctx context.Context, r sys.Reader, p P) (editState, error) {
			if e.warn != nil && e.warn(p) != "" {
				modules.Warn(ctx, "%s", e.warn(p))
			}
			return readEdit(ctx, r, e.common(p), e.create(p))
		},
		Want:   e.want,
		Apply:  e.apply,
		Report: e.results,
		Diff: func(_ context.Context, _ sys.Reader, p P, from, to editState) (any, error) {
			if e.diff != nil {
				return e.diff(e.common(p), from, to), nil
			}
			return editDiff(e.common(p), from, to), nil
		},
		Equal:   func(a, b editState) bool { return tree.Equal(a.State, b.State) },
		Settled: func(_ P, want, got editState) bool { return tree.Settled(want.State, got.State) },
		Same:    func(a, b editState) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ P, from *editState, want editState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now editState) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known editState, got *editState) error {
			if known.done.known {
				got.done = known.done
			}
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

func readEdit(ctx context.Context, r sys.Reader, p editCommon, create bool) (editState, error) {
	begun, err := tree.Begin(ctx, r, p.Attrs, p.Path)
	if err != nil {
		return editState{}, err
	}
	st := editState{State: begun}
	if got, err := r.Stat(p.Path); err == nil && got.IsDir() {
		return st, modules.Fail(modules.Result{"rc": 256}, "Path %s is a directory !", p.Path)
	}
	look := tree.Look{Load: true}.For(p.Attrs)
	own, err := tree.ReadNode(ctx, r, p.Path, look)
	if err != nil {
		return st, err
	}
	if own.Kind != tree.Link {
		st.Nodes = []tree.Node{own}
	} else {
		real, err := tree.RealPath(r, p.Path)
		if err != nil {
			return st, err
		}
		target, err := tree.ReadNode(ctx, r, real, look)
		if err != nil {
			return st, err
		}
		st.Nodes = []tree.Node{target, own}
	}
	if main := st.Main(); !main.Exists() && create {
		st.Missing = tree.MissingParents(r, main.Path)
	}
	return st, nil
}

func (e editor[P]) want(p P, now editState) (editState, error) {
	want := now
	want.State = now.Clone()
	was := now.Main()
	out, err := e.edit(p, was.Data(), was.Exists())
	if err != nil {
		return want, err
	}
	out.known = true
	want.done = out
	n := &want.Nodes[0]
	if !out.exists {
		return want, nil
	}
	if !was.Exists() {
		for _, dir := range now.Missing {
			dir.Make(tree.Directory)
			want.Made = append(want.Made, dir)
		}
		n.Make(tree.File)
		n.SetData(out.content)
		want.done.plain = *n
		if now.Self == 0 {
			want.done.plain.UID, want.done.plain.GID = 0, 0
		}
	} else if string(out.content) != string(was.Data()) {
		n.SetData(out.content)
		want.Rewrite(n)
		if e.common(p).Backup {
			want.Backup = tree.BackupName(n.Path, os.Getpid(), now.Clock)
		}
	}
	want.Attributes(e.common(p).Attrs, &want.Nodes[len(want.Nodes)-1])
	return want, nil
}

func (e editor[P]) apply(ctx context.Context, s sys.System, p P, from, to editState) error {
	common := e.common(p)
	c := tree.Change{Unsafe: common.UnsafeWrites}
	if common.Validate != nil && !modules.Undoing(ctx) {
		c.Validate = *common.Validate
	}
	err := c.Apply(ctx, s, from.State, to.State)
	var invalid *tree.InvalidError
	if errors.As(err, &invalid) {
		return modules.Fail(nil, "failed to validate: rc:%d error:%s", invalid.Code, invalid.Stderr)
	}
	return err
}

const attributesChanged = "ownership, perms or SE linux context changed"

func (e editor[P]) results(p P, from, to editState, changed bool) modules.Result {
	if to.done.bare {
		return e.report(p, editState{done: edited{msg: to.done.msg, bare: true}}, "")
	}
	if changed && attributesDiffer(from, to) {
		if to.done.msg != "" {
			to.done.msg += " and "
		}
		to.done.msg += attributesChanged
	}
	return e.report(p, to, to.Backup)
}

// attributesDiffer compares the attributes before and after; those of a new file with what it got by itself.
func attributesDiffer(from, to editState) bool {
	a, b := from.attributed(to), to.Nodes[len(to.Nodes)-1]
	b.SetContentOf(a)
	return a.Exists() && b.Exists() && !tree.EqualNode(a, b)
}

func (s editState) attributed(to editState) tree.Node {
	if n := s.Nodes[len(s.Nodes)-1]; n.Exists() {
		return n
	}
	return to.done.plain
}

// editDiff is Ansible's pair: the content, then the attributes.
func editDiff(p editCommon, from, to editState) any {
	before, after := from.Main(), to.Main()
	content := map[string]any{"before": string(before.Data()), "after": string(after.Data()),
		"before_header": p.Path + " (content)", "after_header": p.Path + " (content)"}
	attrs := map[string]any{"before_header": p.Path + " (file attributes)", "after_header": p.Path + " (file attributes)"}
	if attributesDiffer(from, to) {
		was, is := tree.AttributeDiff(from.attributed(to), to.Nodes[len(to.Nodes)-1])
		delete(was, "path")
		delete(is, "path")
		attrs["before"], attrs["after"] = was, is
	}
	return []any{content, attrs}
}

// contentDiff is the diff of replace: the content alone, if it changes.
func contentDiff(p editCommon, from, to editState) any {
	before, after := string(from.Main().Data()), string(to.Main().Data())
	if before == after {
		return nil
	}
	return map[string]any{"before": before, "after": after, "before_header": p.Path, "after_header": p.Path}
}
