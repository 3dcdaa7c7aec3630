package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: contents count, not times; a change counts once nothing changes any more; another watcher goes on where the
// first one ended.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	a, b, deep := filepath.Join(dir, "a.conf"), filepath.Join(dir, "b.conf"), filepath.Join(dir, "roles/x/tasks/main.yml")
	write(t, a, "1")
	write(t, deep, "- debug:")
	write(t, filepath.Join(dir, "roles/.git/HEAD"), "x")
	paths := []string{filepath.Join(dir, "*.conf"), filepath.Join(dir, "roles")}
	l := watchOf(t, &Files{Paths: paths, Period: time.Second, Settle: 3 * time.Second})
	l.after(0, "the first look", "")
	l.after(time.Second, "nothing", "")
	if err := os.Chtimes(a, noon, noon); err != nil {
		t.Fatal(err)
	}
	l.after(time.Second, "touched", "")
	l.after(9*time.Second, "still only touched", "")

	write(t, a, "22")
	l.after(time.Second, "just changed", "")
	write(t, b, "new")
	l.after(2*time.Second, "goes on changing", "")
	l.after(2*time.Second, "two seconds after", "")
	want := fmt.Sprintf("map[changed:[%s %s] count:2]", a, b)
	l.refused(time.Second, "settled", want)
	l.refused(time.Second, "asked again", want)
	l.after(time.Second, "taken", want)
	l.after(time.Second, "told once", "")

	write(t, filepath.Join(dir, "roles/.git/HEAD"), "other")
	l.after(time.Second, "version control", "")
	l.after(9*time.Second, "version control", "")

	if err := os.Remove(deep); err != nil {
		t.Fatal(err)
	}
	l.w = &Files{Paths: paths, Period: time.Second} // after a restart, and without waiting
	l.after(time.Hour, "removed while nobody looked", fmt.Sprintf("map[changed:[%s] count:1]", deep))
}

// TestFilesThatChangeBack are no event.
func TestFilesThatChangeBack(t *testing.T) {
	a := filepath.Join(t.TempDir(), "a")
	write(t, a, "1")
	l := watchOf(t, &Files{Paths: []string{a}, Settle: time.Minute})
	l.after(0, "the first look", "")
	write(t, a, "22")
	l.after(time.Second, "changed", "")
	write(t, a, "1")
	l.after(time.Hour, "as before", "")
	l.after(time.Hour, "as before", "")
}

// TestLinkedFolder: a link to a folder is watched as that folder, and leading somewhere else is a change.
func TestLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "v1/site.yml"), "1")
	write(t, filepath.Join(dir, "v2/site.yml"), "1")
	current := filepath.Join(dir, "current")
	lead := func(to string) {
		t.Helper()
		_ = os.Remove(current)
		if err := os.Symlink(to, current); err != nil {
			t.Fatal(err)
		}
	}
	lead("v1")
	l := watchOf(t, &Files{Paths: []string{current}})
	l.after(0, "the first look", "")
	write(t, filepath.Join(dir, "v1/site.yml"), "22")
	l.after(time.Second, "a file behind the link", fmt.Sprintf("map[changed:[%s/v1/site.yml] count:1]", dir))
	lead("v2")
	l.after(time.Second, "the link", fmt.Sprintf("map[changed:[%[1]s/v1/site.yml %[1]s/v2/site.yml] count:2]", dir))
	lead("gone")
	l.after(time.Second, "nowhere", fmt.Sprintf("map[changed:[%s/v2/site.yml] count:1]", dir))
}
