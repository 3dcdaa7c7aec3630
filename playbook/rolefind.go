package playbook

import (
	"os"
	"path/filepath"
	"strings"
)

// FindRole returns the folder of a role and, when there is none, where it was looked for.
func (l *Loader) FindRole(ref RoleRef, parent *Block, by *Role) (string, []string) {
	dir := ref.FromDir
	playDir := dir
	if parent.Play != nil {
		playDir = parent.Play.Dir
	}
	if parts := strings.Split(ref.Name, "."); len(parts) == 3 && !strings.ContainsRune(ref.Name, '/') {
		if root, ok := l.collectionRoot(parts[0], parts[1], playDir); ok {
			if p := filepath.Join(root, "roles", parts[2]); exists(p) {
				return p, nil
			}
		}
	}
	var searched []string
	for _, base := range l.roleDirs(parent, by, playDir, dir) {
		p := absolute(filepath.Join(base, ref.Name))
		if filepath.IsAbs(ref.Name) {
			p = filepath.Clean(ref.Name)
		}
		if st, err := os.Stat(p); err == nil && st.IsDir() {
			return p, nil
		}
		if dir := absolute(base); !contains(searched, dir) {
			searched = append(searched, dir)
		}
	}
	return "", searched
}

func (l *Loader) roleDirs(parent *Block, by *Role, playDir, dir string) []string {
	dirs := []string{filepath.Join(playDir, "roles")}
	for _, name := range collectionNames(parent) {
		if parts := strings.Split(name, "."); len(parts) == 2 {
			if root, ok := l.collectionRoot(parts[0], parts[1], playDir); ok {
				dirs = append([]string{filepath.Join(root, "roles")}, dirs...)
			}
		}
	}
	dirs = append(dirs, l.o.RolesPath...)
	if by == nil && parent.Role != nil {
		by = parent.Role
	}
	if by != nil {
		dirs = append(dirs, filepath.Dir(by.Path))
	}
	return append(dirs, playDir, dir)
}

// collectionNames are the collections: in force at a block.
func collectionNames(b *Block) []string {
	a, ok := b.Inherit("collections")
	if !ok {
		return nil
	}
	var names []string
	for _, v := range listOf(a.Value) {
		names = append(names, text(v))
	}
	return names
}

// collectionRoot returns the folder of a collection: beside the playbook, then in the collections path.
func (l *Loader) collectionRoot(namespace, name, playDir string) (string, bool) {
	bases := append([]string{filepath.Join(playDir, "collections")}, l.o.CollectionsPath...)
	for _, base := range bases {
		p := filepath.Join(base, "ansible_collections", namespace, name)
		if exists(p) {
			return p, true
		}
	}
	return "", false
}

// CollectionFile is the file of a collection's plugin, by the folder of its kind and its name, whatever its ending; "" when there
// is none.
func (l *Loader) CollectionFile(collection, kind, name, playDir string) string {
	parts := strings.SplitN(collection, ".", 2)
	if len(parts) != 2 {
		return ""
	}
	root, ok := l.collectionRoot(parts[0], parts[1], playDir)
	if !ok {
		return ""
	}
	files, err := filepath.Glob(filepath.Join(root, kind, name) + "*")
	if err != nil {
		return ""
	}
	for _, file := range files {
		if base := filepath.Base(file); strings.TrimSuffix(base, filepath.Ext(base)) == filepath.Base(name) && isFile(file) {
			return file
		}
	}
	return ""
}
