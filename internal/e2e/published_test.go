//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

const modulePath = "github.com/musterhq/muster"

// publish puts the project's last commit where Go looks for modules, and returns the environment in which `go install` finds it
// there and puts the program into a folder. All other modules come from where they came before.
func publish(t *testing.T, programs string) []string {
	t.Helper()
	// a version is for ever the same content, as caches of modules expect
	m := module.Version{Path: modulePath, Version: "v1.0.0-test.g" + git(t, "rev-parse", "--short=12", "HEAD")}
	proxy := t.TempDir()
	dir := filepath.Join(proxy, filepath.FromSlash(m.Path), "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := modzip.CreateFromDir(&archive, m, lastCommit(t)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": m.Version + "\n", m.Version + ".info": `{"Version":"` + m.Version + `"}`,
		m.Version + ".mod": git(t, "show", "HEAD:go.mod") + "\n", m.Version + ".zip": archive.String(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	modules := goEnv(t, "GOMODCACHE")
	t.Cleanup(func() {
		kept, _ := filepath.Glob(filepath.Join(modules, "cache", "download", filepath.FromSlash(m.Path), "@v", m.Version+".*"))
		for _, path := range append(kept, filepath.Join(modules, filepath.FromSlash(m.Path)+"@"+m.Version)) {
			if err := os.RemoveAll(path); err != nil {
				t.Error(err)
			}
		}
	})
	return []string{"GOPROXY=file://" + proxy + "," + goEnv(t, "GOPROXY"), "GONOSUMDB=" + m.Path, "GOFLAGS=-modcacherw",
		"GOMODCACHE=" + modules, "GOBIN=" + programs, "GOCACHE=" + goEnv(t, "GOCACHE")}
}

// lastCommit is a folder with the project's files as they were committed last.
func lastCommit(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("bash", "-euo", "pipefail", "-c", "git -C "+top(t)+" archive HEAD | tar -x -C "+dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", top(t)}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
