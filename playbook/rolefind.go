package playbook

import (
	"os"
	"path/filepath"
	"strings"
)

// FoundRole is where a role is and what it is called.
type FoundRole struct {
	Path       string
	Name       string // as written; namespace.collection.name where it was found in a collection
	Collection string // namespace.collection that it belongs to; "" outside of collections
}

// FindRole finds a role and, when there is none, says where it was looked for: Path is "" then. A role of a collection
// finds the others of its collection first, then come the collections in force, in their order. As with Ansible,
// a link to a role outside of collections is followed: role_path is where the role really is.
func (l *Loader) FindRole(ref RoleRef, parent *Block, by *Role) (FoundRole, []string) {
	dir := ref.FromDir
	playDir := dir
	if parent.Play != nil {
		playDir = parent.Play.Dir
	}
	if by == nil {
		by = parent.Role
	}
	collections, name := collectionNames(parent), ref.Name
	if by != nil && by.Collection != "" {
		collections = append([]string{by.Collection}, collections...)
	}
	if parts := strings.Split(name, "."); len(parts) == 3 && !strings.ContainsRune(name, '/') {
		collections, name = []string{parts[0] + "." + parts[1]}, parts[2]
	}
	var searched []string
	for _, collection := range collections {
		base := l.rolesOf(collection, playDir)
		if p := filepath.Join(base, name); base != "" && !filepath.IsAbs(name) && isFolder(p) {
			return FoundRole{Path: p, Name: collection + "." + name, Collection: collection}, nil
		}
		if base != "" && name == ref.Name {
			searched = append(searched, absolute(base))
		}
	}
	for _, base := range l.roleDirs(by, playDir, dir) {
		p := absolute(filepath.Join(base, ref.Name))
		if filepath.IsAbs(ref.Name) {
			p = filepath.Clean(ref.Name)
		}
		if isFolder(p) {
			return FoundRole{Path: followed(p), Name: ref.Name}, nil
		}
		if dir := absolute(base); !contains(searched, dir) {
			searched = append(searched, dir)
		}
	}
	return FoundRole{}, searched
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

func followed(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// rolesOf is the folder of a collection's roles, "" where the collection is not there.
func (l *Loader) rolesOf(collection, playDir string) string {
	namespace, name, ok := strings.Cut(collection, ".")
	if !ok || strings.ContainsRune(name, '.') {
		return ""
	}
	root, ok := l.collectionRoot(namespace, name, playDir)
	if !ok {
		return ""
	}
	return filepath.Join(root, "roles")
}

// roleDirs are the folders outside of collections where roles are looked for.
func (l *Loader) roleDirs(by *Role, playDir, dir string) []string {
	dirs := append([]string{filepath.Join(playDir, "roles")}, l.o.RolesPath...)
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
