package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes a remote with a branch main, and a clone of it.
func repository(t *testing.T) (remote, clone string) {
	t.Helper()
	remote, clone = filepath.Join(t.TempDir(), "remote"), filepath.Join(t.TempDir(), "clone")
	if err := os.Mkdir(remote, 0o700); err != nil {
		t.Fatal(err)
	}
	git(t, remote, "init", "-q", "-b", "main")
	commit(t, remote, "one")
	git(t, t.TempDir(), "clone", "-q", remote, clone)
	return remote, clone
}

func commit(t *testing.T, repository, text string) string {
	t.Helper()
	write(t, filepath.Join(repository, "site.yml"), text)
	git(t, repository, "add", ".")
	git(t, repository, "commit", "-q", "-m", text)
	return git(t, repository, "rev-parse", "HEAD")
}

func content(t *testing.T, clone string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(clone, "site.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGit: a new commit is an event, once; the clone follows when the run is prepared, and goes forward only.
func TestGit(t *testing.T) {
	remote, clone := repository(t)
	hook := filepath.Join(clone, ".git/hooks/post-merge")
	write(t, hook, "#!/bin/sh\ntouch ran\n")
	if err := os.Chmod(hook, 0o700); err != nil {
		t.Fatal(err)
	}
	first := git(t, remote, "rev-parse", "HEAD")
	l := watchOf(t, &Git{Dir: clone, Remote: "origin", Branch: "main", Pull: true, Env: os.Environ()})
	l.after(0, "the first look", "")
	second := commit(t, remote, "two")
	want := "map[before:" + first + " branch:main commit:" + second + "]"
	l.refused(0, "a new commit", want)
	if got := content(t, clone); got != "one" {
		t.Errorf("the clone has %q before the event is taken", got)
	}
	e := l.after(0, "the same", want)
	if err := e.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := content(t, clone); got != "two" {
		t.Errorf("the clone has %q", got)
	}
	if _, err := os.Stat(filepath.Join(clone, "ran")); err == nil {
		t.Error("a hook ran")
	}
	l.after(0, "told once", "")

	git(t, remote, "checkout", "-q", "-b", "other")
	commit(t, remote, "elsewhere")
	l.after(0, "another branch", "")
	git(t, remote, "checkout", "-q", "main")

	write(t, filepath.Join(clone, "site.yml"), "by hand")
	third := commit(t, remote, "three")
	e = l.after(0, "with changes in the clone", "map[before:"+second+" branch:main commit:"+third+"]")
	if err := e.Prepare(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "git merge: ") || content(t, clone) != "by hand" {
		t.Errorf("what was changed in the clone: %v, %q", err, content(t, clone))
	}
}

// TestGitBehind: a clone that is behind when it is looked at first is brought forward.
func TestGitBehind(t *testing.T) {
	remote, clone := repository(t)
	first := git(t, remote, "rev-parse", "HEAD")
	second := commit(t, remote, "two")
	l := watchOf(t, &Git{Dir: clone, Remote: "origin", Branch: "main", Pull: true, Env: os.Environ()})
	l.after(0, "behind", "map[before:"+first+" branch:main commit:"+second+"]")
	l = watchOf(t, &Git{Dir: clone, Remote: "origin", Branch: "main", Env: os.Environ()})
	l.after(0, "without pulling it does not matter", "")
}

func TestGitTrouble(t *testing.T) {
	remote, clone := repository(t)
	l := watchOf(t, &Git{Dir: clone, Remote: "origin", Branch: "gone", Env: os.Environ()})
	l.after(0, "no branch", "error: git ls-remote: origin has no branch gone")
	if err := os.RemoveAll(remote); err != nil {
		t.Fatal(err)
	}
	l.w = &Git{Dir: clone, Remote: "origin", Branch: "main", Env: os.Environ()}
	if _, err := l.w.Look(t.Context(), noon, nil); err == nil || !strings.Contains(err.Error(), "does not appear to be a git repository") {
		t.Errorf("no remote: %v", err)
	}
}
