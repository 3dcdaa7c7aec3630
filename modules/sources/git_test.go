package sources_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sources"
	"github.com/musterhq/muster/modules/sys"
)

// run runs the real git in a folder of this machine.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2024-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// origin is a repository with two commits on main, a tag on the first and a branch beside.
func origin(t *testing.T) (dir, first, second string) {
	t.Helper()
	dir = t.TempDir()
	run(t, dir, "init", "-q", "-b", "main")
	commit := func(text string) string {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "add", "-A")
		run(t, dir, "commit", "-q", "-m", text)
		return run(t, dir, "rev-parse", "HEAD")
	}
	first = commit("one\n")
	run(t, dir, "tag", "-a", "-m", "v1", "v1")
	run(t, dir, "branch", "side")
	return dir, first, commit("two\n")
}

// inRoot runs the real git for a machine in a folder: its working folder is inside, its arguments name no path there.
func inRoot(*testing.T) ([]sys.RootedOption, func() string) {
	return []sys.RootedOption{sys.WithRealPrograms()}, nil
}

func cloneFrom(dir, version string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		run(t, s.Root(), "clone", "-q", "file://"+dir, "srv")
		run(t, filepath.Join(s.Root(), "srv"), "checkout", "-q", version)
	}
}

func TestGit(t *testing.T) {
	dir, first, second := origin(t)
	args := func(more map[string]any) map[string]any {
		a := map[string]any{"repo": dir, "dest": "/srv"}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	edited := func(t *testing.T, s sys.System) {
		cloneFrom(dir, "main")(t, s)
		modulestest.Write(t, s, "/srv/file", "mine\n", 0o644)
	}
	meddle := func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/srv/own", "x", 0o644) }
	file := func(text string) map[string]string { return map[string]string{"/srv/file": text} }
	cases := []modulestest.Case{
		{Name: "clone", Args: args(nil), Files: file("two\n"), Result: map[string]any{"before": nil, "after": second}, Meddle: meddle},
		{Name: "clone below new folders", Args: args(map[string]any{"dest": "/srv/a/b"}), Files: map[string]string{"/srv/a/b/file": "two\n"}},
		{Name: "clone into an empty folder", Setup: func(t *testing.T, s sys.System) { modulestest.Dir(t, s, "/srv") }, Args: args(nil), Files: file("two\n")},
		{Name: "tag", Args: args(map[string]any{"version": "v1"}), Files: file("one\n"), Result: map[string]any{"after": first}},
		{Name: "branch", Args: args(map[string]any{"version": "side"}), Files: file("one\n"), Result: map[string]any{"after": first}},
		{Name: "commit", Args: args(map[string]any{"version": first}), Files: file("one\n"), Result: map[string]any{"after": first}},
		{Name: "shallow", Args: args(map[string]any{"version": "v1", "depth": 1, "single_branch": true}), Files: file("one\n")},
		{Name: "current", Setup: cloneFrom(dir, "main"), Args: args(nil), Unchanged: true, Result: map[string]any{"before": second, "after": second, "remote_url_changed": false}},
		{Name: "short commit, current", Setup: cloneFrom(dir, first), Args: args(map[string]any{"version": first[:9]}), Unchanged: true},
		{Name: "no update", Setup: cloneFrom(dir, "v1"), Args: args(map[string]any{"update": false}), Unchanged: true, Result: map[string]any{"before": first, "after": first}},
		{Name: "to the branch", Setup: cloneFrom(dir, "v1"), Args: args(map[string]any{"version": "main"}), Files: file("two\n"), Result: map[string]any{"before": first, "after": second}, NoUndo: true},
		{Name: "changed files", Setup: edited, Args: args(nil), Failed: "Local modifications exist in the destination: /srv (force=no)."},
		{Name: "changed files thrown away", Setup: edited, Args: args(map[string]any{"force": true}), Files: file("two\n"), NoUndo: true,
			Result: map[string]any{"msg": "Local modifications exist in the destination: /srv"}},
		{Name: "not cloned", Args: args(map[string]any{"clone": false}), Result: map[string]any{"before": nil, "after": second}, Repeats: true, NoUndo: true},
		{Name: "no such repository", Args: args(map[string]any{"repo": "/no/such"}), Failed: "/no/such"},
		{Name: "no such version", Args: args(map[string]any{"version": "nowhere"}), Failed: "Failed to checkout nowhere"},
		{Name: "umask", Args: args(map[string]any{"umask": "9"}), Failed: "umask must be an octal integer"},
		{Name: "no dest", Args: map[string]any{"repo": dir}, Failed: "the destination directory must be specified unless clone=no"},
		{Name: "an option as version", Args: args(map[string]any{"version": "--upload-pack=x"}), Failed: "must not start with a dash"},
	}
	for i := range cases {
		cases[i].Machine = inRoot
	}
	modulestest.Run(t, sources.Git(), cases)
}

// An update is taken back to the commit and branch before, unless somebody has changed files since.
func TestGitUndo(t *testing.T) {
	dir, first, second := origin(t)
	other, _, _ := origin(t)
	for name, c := range map[string]struct {
		version, meddled string
		args             map[string]any
		head, branch     string
	}{
		"commit":  {version: "v1", args: map[string]any{"version": "main"}, head: first},
		"branch":  {version: "main", args: map[string]any{"version": "side"}, head: second, branch: "main"},
		"address": {version: "main", args: map[string]any{"repo": other}, head: second, branch: "main"},
		"meddled": {version: "main", args: map[string]any{"version": "side"}, meddled: "mine\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := modulestest.NewMachine(t, sys.WithRealPrograms())
			cloneFrom(dir, c.version)(t, s)
			a := map[string]any{"repo": dir, "dest": "/srv"}
			for k, v := range c.args {
				a[k] = v
			}
			j := modulestest.NewJournal()
			if res := sources.Git().Run(t.Context(), &modules.Call{Sys: s, Args: a, Journal: j}); res.Failed() || !res.Changed() {
				t.Fatal(res)
			}
			if c.meddled != "" {
				modulestest.Write(t, s, "/srv/file", c.meddled, 0o644)
			}
			res := sources.Git().(modules.Undoer).Undo(t.Context(), &modules.Call{Sys: s, Content: j}, j.Entries[0], j.Posts[0], false)
			if conflict, _ := res["conflict"].(bool); conflict != (c.meddled != "") {
				t.Fatal(res)
			}
			if c.meddled != "" {
				return
			}
			srv := filepath.Join(s.Root(), "srv")
			branch := run(t, srv, "branch", "--show-current")
			url := run(t, srv, "remote", "get-url", "origin")
			if head := run(t, srv, "rev-parse", "HEAD"); res.Failed() || head != c.head || branch != c.branch || url != "file://"+dir {
				t.Errorf("head %s, branch %q, address %s, %v", head, branch, url, res)
			}
		})
	}
}
