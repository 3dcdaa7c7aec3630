package docs

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Runnable reports whether the page's commands are for readers to type: those of the README, of docs and of examples.
func (p *Page) Runnable() bool {
	dir := path.Dir(p.Path)
	return p.Path == "README.md" || dir == "docs" || dir == "examples" || strings.HasPrefix(dir, "examples/")
}

// Prepare puts into a folder what a reader of the page has: the example that the page belongs to, or the inventory and
// playbooks that any page may speak of (testdata/stage), and over those what is for this page alone (testdata/NAME).
func (p *Page) Prepare(top, dir string, hosts map[int]Host) error {
	if strings.HasPrefix(p.Path, "examples/") {
		return CopyProject(dir, filepath.Join(top, path.Dir(p.Path)), hosts)
	}
	fixtures := filepath.Join(top, "internal", "docs", "testdata")
	if err := CopyProject(dir, filepath.Join(fixtures, "stage"), hosts); err != nil {
		return err
	}
	own := filepath.Join(fixtures, strings.TrimSuffix(path.Base(p.Path), ".md"))
	if _, err := os.Stat(own); err != nil {
		return nil
	}
	return CopyProject(dir, own, hosts)
}

// CopyProject copies a folder and puts hosts in the places of the addresses of documentation.
func CopyProject(to, from string, hosts map[int]Host) error {
	return filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if e.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, []byte(WithHosts(string(data), hosts)), st.Mode().Perm())
	})
}
