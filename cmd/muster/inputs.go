package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/plan"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// largeFile is the size from which a file's size and time stand for its content, in bytes.
const largeFile = 16 << 20

// inputs are digests of everything on the controller that a run of the playbooks is made from.
func (w *workbench) inputs(books []*playbook.Playbook) (plan.Inputs, error) {
	in := plan.Inputs{Files: map[string]string{}, Hosts: map[string]string{}, Vars: map[string]string{}}
	var errs []error
	for _, path := range w.inputFiles(books) {
		digest, err := fileDigest(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		in.Files[nearer(w.io.dir, path)] = digest
	}
	hosts, err := w.selectHosts("all")
	if err != nil {
		errs = append(errs, err)
	}
	dir := w.io.dir
	if len(books) > 0 && len(books[0].Plays) > 0 {
		dir = books[0].Plays[0].Dir
	}
	for _, h := range hosts {
		layers := w.inv.VarLayers(h, dir)
		all := make([]any, len(layers))
		for i, l := range layers {
			all[i] = value.ToGo(l)
		}
		in.Hosts[h.Name] = dataDigest(all)
	}
	for k, v := range w.extra.All() {
		name := value.KeyText(k)
		in.Vars[name] = dataDigest(value.ToGo(v))[:4] // too little to guess a secret by
	}
	return in, errors.Join(errs...)
}

// playFolders are the folders beside a playbook or an inventory of which all files count.
var playFolders = []string{"group_vars", "host_vars", "vars", "tasks", "handlers", "templates", "files", "roles"}

// inputFiles lists the files that the playbooks may read, each once.
func (w *workbench) inputFiles(books []*playbook.Playbook) []string {
	seen := map[string]bool{}
	var dirs, out []string
	add := func(path string) {
		if abs, err := filepath.Abs(path); err == nil && !seen[abs] {
			seen[abs] = true
			out = append(out, abs)
		}
	}
	for _, b := range books {
		add(b.File)
		for _, p := range b.Plays {
			add(p.File)
			dirs = append(dirs, p.Dir)
			for _, role := range p.Roles {
				for _, r := range role.Flatten() {
					walk(r.Path, add)
				}
			}
		}
	}
	for _, s := range w.sources() {
		if st, err := os.Stat(s); err == nil {
			walk(s, add)
			if !st.IsDir() {
				walk(filepath.Join(filepath.Dir(s), "group_vars"), add)
				walk(filepath.Join(filepath.Dir(s), "host_vars"), add)
			}
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		beside(dir, add)
		for _, sub := range playFolders {
			walk(filepath.Join(dir, sub), add)
		}
	}
	return out
}

// beside visits the YAML files and templates that lie directly in a folder.
func beside(dir string, add func(string)) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".yml", ".yaml", ".json", ".j2":
			if e.Type().IsRegular() {
				add(filepath.Join(dir, e.Name()))
			}
		}
	}
}

// walk visits the regular files below a path, hidden folders left out; a path that is not there has none.
func walk(root string, add func(string)) {
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error { // what cannot be read fails when it is needed
		switch {
		case err != nil:
			return nil
		case e.IsDir() && path != root && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case e.Type().IsRegular():
			add(path)
		}
		return nil
	})
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if st.Size() > largeFile {
		return fmt.Sprintf("%d@%d", st.Size(), st.ModTime().UnixNano()), nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func dataDigest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Append(nil, v)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// nearer names a file from a folder that it lies below.
func nearer(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
