package inventory

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
)

// varsFiles finds and reads group_vars and host_vars. Every folder is listed once and every file read once, when it is
// first needed. It is safe for concurrent use.
type varsFiles struct {
	extensions []string
	duplicates string
	open       func(text string) (string, error)

	mu      sync.Mutex
	folders map[string]map[string]bool // folder -> names in it
	found   map[string][]*varsFile     // folder and entity -> its files
	files   map[string]*varsFile
}

// varsFile is a file of variables; when it cannot be used, problem says why and vars is empty.
type varsFile struct {
	path    string
	vars    *value.Dict
	problem *diag.Diagnostic
	notes   diag.List // what is odd about a file that is used
	sealed  bool      // the problem is only that it is a vault that does not open
}

// The folders of variables.
const (
	groupVars = "group_vars"
	hostVars  = "host_vars"
)

func (f *varsFiles) init(o Options) {
	f.extensions, f.duplicates, f.open = o.VarsExtensions, o.DuplicateKeys, o.Decrypt
	f.folders = map[string]map[string]bool{}
	f.found = map[string][]*varsFile{}
	f.files = map[string]*varsFile{}
}

// of returns the files of a group or host beside a base folder, lowest precedence first.
func (f *varsFiles) of(base, subdir, name string) []*varsFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	folder := filepath.Join(base, subdir)
	key := folder + "\x00" + name
	if files, ok := f.found[key]; ok {
		return files
	}
	if strings.HasPrefix(name, "/") || !filepath.IsLocal(name) {
		return nil // names such as chroots and ../x are no names of files here
	}
	var files []*varsFile
	for _, path := range f.paths(folder, name) {
		files = append(files, f.load(path))
	}
	if len(files) > 0 || !strings.Contains(name, "/") {
		f.found[key] = files
	}
	return files
}

// paths returns the file or the files of the folder that is named as the entity; of several spellings, without
// extension or with one of the known, the first that exists counts.
func (f *varsFiles) paths(folder, name string) []string {
	if !f.lists(folder, name) {
		return nil
	}
	for _, ext := range append([]string{""}, f.extensions...) {
		path := filepath.Join(folder, name+ext)
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if !info.IsDir() {
			return []string{path}
		}
		return f.folderFiles(path, 0)
	}
	return nil
}

// lists reports whether the folder may hold files of that name; it reads the folder once.
func (f *varsFiles) lists(folder, name string) bool {
	if strings.Contains(name, "/") {
		return true
	}
	names, ok := f.folders[folder]
	if !ok {
		names = map[string]bool{}
		entries, _ := os.ReadDir(folder)
		for _, e := range entries {
			names[e.Name()] = true
		}
		f.folders[folder] = names
	}
	if len(names) == 0 {
		return false
	}
	return names[name] || slices.ContainsFunc(f.extensions, func(ext string) bool { return names[name+ext] })
}

const maxFolderDepth = 50

// folderFiles returns the files of a folder and the folders in it, sorted; hidden files, backups and files with other
// extensions are left out.
func (f *varsFiles) folderFiles(folder string, depth int) []string {
	entries, err := os.ReadDir(folder)
	if err != nil || depth > maxFolderDepth {
		return nil
	}
	var paths []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
			continue
		}
		path, ext := filepath.Join(folder, name), filepath.Ext(name)
		info, err := os.Stat(path)
		switch {
		case err != nil:
		case info.IsDir():
			if ext == "" {
				paths = append(paths, f.folderFiles(path, depth+1)...)
			}
		case info.Mode().IsRegular() && (ext == "" || slices.Contains(f.extensions, ext)):
			paths = append(paths, path)
		}
	}
	return paths
}

func (f *varsFiles) load(path string) *varsFile {
	if file, ok := f.files[path]; ok {
		return file
	}
	file := &varsFile{path: path}
	if err := f.read(file); err != nil {
		file.sealed = errors.Is(err, errSealed)
		if !errors.As(err, &file.problem) {
			file.problem = diag.Errorf(diag.Pos{File: path}, "%v", err)
		}
	}
	f.files[path] = file
	return file
}

func (f *varsFiles) read(file *varsFile) error {
	src, err := os.ReadFile(file.path)
	if err != nil {
		return diag.Errorf(diag.Pos{File: file.path}, "the file of variables cannot be read: %v", err)
	}
	if src, err = f.decrypt(file.path, src); err != nil {
		return err
	}
	doc, err := readDocument(file.path, src)
	if err != nil {
		return err
	}
	vars, ok := doc.value.(*value.Dict)
	if !ok && value.Truth(doc.value) {
		return diag.Errorf(doc.pos(), "a file of variables must be a mapping, but this is a %s", kindOf(doc.value)).
			WithHint("write name: value")
	}
	file.vars, file.notes = vars, doc.duplicates(f.duplicates)
	return nil
}

// errSealed is part of errors about vaults that do not open.
var errSealed = errors.New("sealed")

type sealedError struct{ *diag.Diagnostic }

func (e sealedError) Unwrap() []error { return []error{e.Diagnostic, errSealed} }

// decrypt opens src when it is a vault.
func (f *varsFiles) decrypt(path string, src []byte) ([]byte, error) {
	if !vault.IsEncrypted(src) {
		return src, nil
	}
	err := vault.ErrNoSecrets
	if f.open != nil {
		var plain string
		if plain, err = f.open(string(src)); err == nil {
			return []byte(plain), nil
		}
	}
	d := diag.Errorf(diag.Pos{File: path}, "the file cannot be decrypted: %v", err)
	if !errors.Is(err, vault.ErrFormat) {
		d = d.WithHint("give the password with --vault-password-file, --vault-id or --ask-vault-pass")
	}
	return nil, sealedError{d}
}

// problems returns what was wrong with the given files, each once, sorted by place.
func problems(files []*varsFile) diag.List {
	var found diag.List
	seen := map[*varsFile]bool{}
	for _, f := range files {
		if seen[f] {
			continue
		}
		seen[f] = true
		found = append(found, f.notes...)
		if f.problem != nil {
			found.Add(f.problem)
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Pos.File < found[j].Pos.File })
	return found
}
