package executor_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCopyFollowsLinks copies folders with links in them, and through one: links to files and folders are copied as what they lead to,
// those that lead back to where they are, or nowhere, stay links.
func TestCopyFollowsLinks(t *testing.T) {
	l := newLab(t, map[string]string{"tree/sub/file": "one", "elsewhere/deep/file": "two"})
	for link, target := range map[string]string{
		"tree/folder": "../elsewhere", "tree/sub/up": "..", "tree/sub/self": ".", "tree/sub/again": "file", "tree/nowhere": "none",
		"elsewhere/deep/around": "..", "current": "tree",
	} {
		if err := os.Symlink(target, filepath.Join(l.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	rec, code, err := l.run(`
- hosts: a1
  gather_facts: false
  tasks:
    - copy: {src: "{{ playbook_dir }}/tree/", dest: /dst}
    - copy: {src: "{{ playbook_dir }}/current", dest: /through}
    - copy: {src: "{{ playbook_dir }}/tree/", dest: /kept, local_follow: false}
`)
	if err != nil || code != 0 {
		t.Fatal(code, err, rec.story())
	}
	for _, dir := range []string{"/dst", "/through/current"} {
		l.expect("a1", map[string]string{dir + "/sub/file": "one", dir + "/sub/again": "one", dir + "/folder/deep/file": "two"})
		for link, want := range map[string]string{"sub/up": "..", "sub/self": ".", "nowhere": "none", "folder/deep/around": ".."} {
			if got, err := os.Readlink(filepath.Join(l.root("a1"), dir, link)); got != want {
				t.Errorf("%s/%s leads to %q (%v), want %q", dir, link, got, err, want)
			}
		}
	}
	if got, err := os.Readlink(filepath.Join(l.root("a1"), "kept/folder")); got != "../elsewhere" {
		t.Errorf("kept/folder leads to %q, %v", got, err)
	}
}
