package certificates

import (
	"context"
	"os"
	"path"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// fileParams are the parameters of all modules that keep one file.
type fileParams struct {
	Path          string `param:"path,required" type:"path" doc:"The file; links are followed."`
	State         string `param:"state" choices:"absent,present" default:"present" doc:"Whether the file should be there."`
	Force         bool   `param:"force" default:"false" doc:"Whether to make it anew in any case."`
	Backup        bool   `param:"backup" default:"false" doc:"Whether to keep the file as it was under a name with the date."`
	ReturnContent bool   `param:"return_content" default:"false" doc:"Whether the result holds the file's content."`
	tree.Attrs
}

// backendParams is what Ansible calls the library that does the work.
type backendParams struct {
	Backend string `param:"select_crypto_backend" choices:"auto,cryptography" default:"auto" doc:"Accepted for Ansible's sake."`
}

// madeFile is a file that is made anew when it is not as wanted. In is what was read beside it, from which it is made.
type madeFile[In any] struct {
	tree.State
	New  bool `json:",omitempty"` // of a wanted state: the content is to be made
	Kept bool `json:",omitempty"` // with New: the content is made of the present one
	in   In
}

// maker describes a module that keeps one file. What goes wrong with what a file is made of is an error of stale or
// make: a file that is not there yet needs nothing in check mode.
type maker[P, In any] struct {
	file   func(P) fileParams
	inputs func(ctx context.Context, r sys.Reader, p P) (In, error)
	// stale says what has to happen to a content.
	stale func(p P, in In, content []byte) (freshness, error)
	// make makes a content; now is the present one where it is to be converted, else nil.
	make   func(p P, in In, now []byte) ([]byte, error)
	show   func(p P, content []byte) map[string]any // for the difference; content is nil where there is no file
	report func(p P, in In, content []byte) modules.Result
}

// freshness is what stale says.
type freshness int

const (
	good    freshness = iota // it stays
	convert                  // it is written in another form
	remake                   // it is made anew
)

func (m maker[P, In]) module(info modules.Info, rules modules.Rules, validate func(*P) error) modules.Module {
	info.Undo = modules.UndoFull
	return modules.State[P, madeFile[In]]{
		Info:     info,
		Rules:    rules,
		Validate: validate,
		Read:     m.read,
		Want:     m.want,
		Apply:    m.apply,
		Report:   m.results,
		Diff: func(_ context.Context, _ sys.Reader, p P, from, to madeFile[In]) (any, error) {
			return m.diff(p, from, to), nil
		},
		Equal: func(a, b madeFile[In]) bool { return a.New == b.New && tree.Equal(a.State, b.State) },
		Settled: func(_ P, want, got madeFile[In]) bool {
			if want.New && len(got.Nodes) > 0 { // the content is known now only
				want.State = want.Clone()
				want.Nodes[0].SetContentOf(got.Nodes[0])
			}
			return tree.Settled(want.State, got.State)
		},
		Same: func(a, b madeFile[In]) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ P, from *madeFile[In], want madeFile[In], keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Beside: func(from, now madeFile[In]) bool { return tree.Beside(from.State, now.State) },
		Carry: func(ctx context.Context, r sys.Reader, known madeFile[In], got *madeFile[In]) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

func (m maker[P, In]) read(ctx context.Context, r sys.Reader, p P) (madeFile[In], error) {
	var s madeFile[In]
	f := m.file(p)
	if f.State == "present" && !modules.Undoing(ctx) {
		if err := checkFolder(r, f.Path); err != nil {
			return s, err
		}
		var err error
		if s.in, err = m.inputs(ctx, r, p); err != nil {
			return s, err
		}
	}
	begun, err := tree.Begin(ctx, r, f.Attrs, f.Path)
	if err != nil {
		return s, err
	}
	s.State = begun
	where := f.Path
	if f.State == "present" {
		if where, err = tree.RealPath(r, f.Path); err != nil {
			return s, err
		}
	}
	n, err := tree.ReadNode(ctx, r, where, tree.Look{Load: true}.For(f.Attrs))
	if err != nil {
		return s, err
	}
	if n.Kind != tree.Absent && n.Kind != tree.File && n.Kind != tree.Link {
		return s, modules.Fail(nil, "%s is not a regular file", f.Path)
	}
	s.Nodes = []tree.Node{n}
	return s, nil
}

// checkFolder refuses a file whose folder is not there.
func checkFolder(r sys.Reader, file string) error {
	dir := path.Dir(file)
	if st, err := r.Stat(dir); err != nil || !st.IsDir() {
		return modules.Fail(modules.Result{"name": dir}, "The directory %s does not exist or the file is not a directory", dir)
	}
	return nil
}

func (m maker[P, In]) want(p P, now madeFile[In]) (madeFile[In], error) {
	want := now
	want.State = now.Clone()
	f := m.file(p)
	n := &want.Nodes[0]
	if f.State == "absent" {
		if n.Exists() {
			n.Remove()
			want.backup(f, now)
		}
		return want, nil
	}
	what := remake
	if n.Exists() && !f.Force {
		var err error
		if what, err = m.stale(p, now.in, n.Data()); err != nil {
			return want, err
		}
	}
	if what != good {
		want.New, want.Kept = true, what == convert
		if n.Exists() {
			want.backup(f, now)
		}
		n.Make(tree.File)
		n.SetSource("", "to be made", 0)
		want.Rewrite(n)
	}
	want.Attributes(f.Attrs, n)
	return want, nil
}

func (s *madeFile[In]) backup(f fileParams, now madeFile[In]) {
	if f.Backup && now.Main().Kind == tree.File {
		s.Backup = tree.BackupName(now.Main().Path, os.Getpid(), now.Clock)
	}
}

func (m maker[P, In]) apply(ctx context.Context, s sys.System, p P, from, to madeFile[In]) error {
	change := tree.Change{Unsafe: m.file(p).UnsafeWrites}
	if !to.New || modules.Undoing(ctx) {
		return change.Apply(ctx, s, from.State, to.State)
	}
	var now []byte
	if to.Kept {
		now = from.Main().Data()
	}
	content, err := m.make(p, to.in, now)
	if err != nil {
		return err
	}
	filled := to.Clone()
	filled.Nodes[0].SetData(content)
	return change.Apply(ctx, s, from.State, filled)
}

// known is the content of a file that is there and not only wanted.
func (s madeFile[In]) known() []byte {
	if len(s.Nodes) == 0 || s.New || s.Nodes[0].Kind != tree.File {
		return nil
	}
	return s.Nodes[0].Data()
}

// diff describes what was there and what is to be there, without what is not known before it is made.
func (m maker[P, In]) diff(p P, from, to madeFile[In]) any {
	before := m.show(p, from.known())
	after := before
	switch {
	case !to.Main().Exists():
		after = m.show(p, nil)
	case to.New:
		after = map[string]any{"content": "made when the task runs"}
	}
	attrsBefore, attrsAfter := tree.AttributeDiff(from.Main(), to.Main())
	delete(attrsBefore, "path")
	delete(attrsAfter, "path")
	for k, v := range attrsBefore {
		before = with(before, k, v)
		after = with(after, k, attrsAfter[k])
	}
	return map[string]any{"before": before, "after": after}
}

func with(m map[string]any, key string, v any) map[string]any {
	out := map[string]any{key: v}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (m maker[P, In]) results(p P, from, to madeFile[In], _ bool) modules.Result {
	content := to.known()
	if to.New { // in check mode: what is there
		content = from.known()
	}
	res := m.report(p, to.in, content)
	f := m.file(p)
	res["filename"] = f.Path
	if to.Backup != "" && to.Backup != from.Backup && !to.New {
		res["backup_file"] = to.Backup
	}
	return res
}

// textOrNil is a content for a result; nil where there is none.
func textOrNil(content []byte) any {
	if content == nil {
		return nil
	}
	return string(content)
}
