package files

import (
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

func wantFile(p fileParams, now fileState) (fileState, error) {
	want := now
	want.State = now.Clone()
	if p.Peek != nil {
		return want, nil
	}
	times, err := fileTimes(p, now)
	if err != nil {
		return want, err
	}
	n := &want.Nodes[0]
	switch now.Do {
	case "absent":
		n.Remove()
		return want, nil
	case "file":
		if n.Kind != tree.File {
			return want, modules.Fail(modules.Result{"path": n.Path, "state": n.StateWord()}, "file (%s) is %s, cannot continue", n.Path, n.StateWord())
		}
	case "directory":
		return wantDirectory(p, want, times)
	case "link":
		return wantLink(p, want, times)
	case "hard":
		if err := wantHard(p, &want); err != nil {
			return want, err
		}
	case "touch":
		n.Make(touchedKind(*n))
	}
	want.Attributes(p.Attrs, n)
	times.set(n)
	return want, nil
}

func touchedKind(n tree.Node) tree.Kind {
	if n.Exists() {
		return n.Kind
	}
	return tree.File
}

func wantDirectory(p fileParams, want fileState, times fileTimestamps) (fileState, error) {
	n := &want.Nodes[0]
	if n.Exists() && n.Kind != tree.Directory {
		return want, modules.Fail(modules.Result{"path": n.Path}, "%s already exists as a %s", n.Path, n.StateWord())
	}
	for _, dir := range want.Missing {
		dir.Make(tree.Directory)
		want.Attributes(p.Attrs, &dir)
		want.Made = append(want.Made, dir)
	}
	n.Make(tree.Directory)
	for i := range want.Nodes {
		want.Attributes(p.Attrs, &want.Nodes[i])
		times.set(&want.Nodes[i])
	}
	return want, nil
}

func wantLink(p fileParams, want fileState, times fileTimestamps) (fileState, error) {
	n := &want.Nodes[0]
	src := want.linkSource(p)
	if src == "" && n.Kind != tree.Link {
		return want, modules.Fail(nil, "src is required for creating new symlinks")
	}
	if want.dangles && !p.Force {
		return want, modules.Fail(modules.Result{"path": n.Path, "src": src}, `src file does not exist, use "force=yes" if you really want to create the link: %s`, want.source.Path)
	}
	if err := refuseLink(p, want); err != nil {
		return want, err
	}
	if src != "" && !(n.Kind == tree.Link && n.Target == src) {
		n.Remove()
		n.Make(tree.Link)
		n.Target = src
	}
	switch {
	case want.behind:
		n = &want.Nodes[1]
	case p.Follow:
		return want, nil
	}
	want.Attributes(p.Attrs, n)
	times.set(n)
	return want, nil
}

// refuseLink names what a link does not replace.
func refuseLink(p fileParams, want fileState) error {
	n := want.Main()
	fields := modules.Result{"path": n.Path}
	switch {
	case n.Kind == tree.Absent || n.Kind == tree.Link:
		return nil
	case !p.Force:
		return modules.Fail(fields, "refusing to convert from %s to symlink for %s", n.StateWord(), n.Path)
	case n.Kind == tree.Directory && want.filled:
		return modules.Fail(fields, "the directory %s is not empty, refusing to convert it", n.Path)
	default:
		return nil
	}
}

func wantHard(p fileParams, want *fileState) error {
	n := &want.Nodes[0]
	src := ""
	if p.Src != nil {
		src = *p.Src
	}
	fields := modules.Result{"dest": n.Path, "src": src}
	if src == "" && n.StateWord() != "hard" {
		return modules.Fail(nil, "src is required for creating new hardlinks")
	}
	if src != "" && !want.source.Exists() {
		return modules.Fail(fields, "src does not exist")
	}
	if src == "" || want.sameSrc || n.Kind == tree.Link && n.Target == src {
		return nil
	}
	switch {
	case n.Kind == tree.Absent || n.Kind == tree.Link:
	case n.Kind == tree.Directory && !p.Force:
		return modules.Fail(fields, "Cannot link: different hard link exists at destination")
	case n.Kind == tree.Directory:
		return modules.Fail(modules.Result{"path": n.Path}, "Error while replacing: %s is a directory", n.Path)
	case n.StateWord() == "hard" && !p.Force:
		return modules.Fail(fields, "Cannot link, different hard link exists at destination")
	case !p.Force:
		return modules.Fail(fields, "Cannot link, %s exists at destination", n.StateWord())
	}
	path, source := n.Path, want.source
	*n = source
	n.Path, n.HardOf = path, src
	return nil
}
