package executor

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// copyTree lists a folder for a recursive copy: the host compares digests and pulls what differs.
func (c *call) copyTree(root string, contentsOnly bool) (*prepared, *itemResult) {
	w := &treeWalk{c: c, follow: c.bool("local_follow", true), list: value.NewList()}
	st, err := os.Stat(root)
	if err == nil {
		err = w.folder(root, "", []fs.FileInfo{st})
	}
	if err != nil {
		return nil, failedResult("%s", err)
	}
	args := without(c.args, "decrypt", "content")
	args.Set("src", root)
	args.Set("_tree", w.list)
	if contentsOnly {
		args.Set("src", strings.TrimSuffix(root, "/")+"/")
	} else {
		args.Set("_tree_name", filepath.Base(root))
	}
	return &prepared{module: "copy", args: args, content: w.contents}, nil
}

// treeWalk lists what is in a folder of the controller, folders before what is in them.
type treeWalk struct {
	c        *call
	follow   bool // links are copied as what they lead to
	list     *value.List
	contents []content
}

// folder lists what is in a folder. around are the folders that it is in, itself included: a link that leads to one of them stays
// a link, as there would be no end to it.
func (w *treeWalk) folder(path, rel string, around []fs.FileInfo) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.entry(filepath.Join(path, e.Name()), filepath.Join(rel, e.Name()), e, around); err != nil {
			return err
		}
	}
	return nil
}

func (w *treeWalk) entry(path, rel string, e fs.DirEntry, around []fs.FileInfo) error {
	info, err := e.Info()
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		led := w.behind(path, around)
		if led == nil {
			w.add("path", rel, "type", "link", "target", target)
			return nil
		}
		info = led
	}
	mode := int(info.Mode().Perm())
	switch {
	case info.IsDir():
		w.add("path", rel, "type", "directory", "mode", mode)
		return w.folder(path, rel, append(around[:len(around):len(around)], info))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is neither a file nor a folder nor a link, so it cannot be copied", path)
	}
	k, d, err := w.c.t.x.files.file(path, w.c.decryptFor())
	if err != nil {
		return err
	}
	w.add("path", rel, "type", "file", "mode", mode, "content", d.ref())
	w.contents = append(w.contents, k)
	return nil
}

// behind is what a link leads to, where that is copied in place of the link; else nil.
func (w *treeWalk) behind(path string, around []fs.FileInfo) fs.FileInfo {
	st, err := os.Stat(path)
	if !w.follow || err != nil || !st.IsDir() && !st.Mode().IsRegular() {
		return nil
	}
	for _, folder := range around {
		if os.SameFile(folder, st) {
			return nil
		}
	}
	return st
}

func (w *treeWalk) add(pairs ...any) { w.list.Items = append(w.list.Items, value.DictOf(pairs...)) }
