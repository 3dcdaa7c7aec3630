//go:build onhost

package packages

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// build makes a tiny package and adds it to the index of a repository folder.
func build(t *testing.T, repo, name, version, extra string) {
	t.Helper()
	dir := t.TempDir()
	put := func(file, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: t <t@t>\n%sDescription: test\n", name, version, extra)
	put("DEBIAN/control", control)
	put("usr/share/"+name+"/version", version+"\n")
	file := fmt.Sprintf("%s_%s_all.deb", name, version)
	if out, err := exec.Command("dpkg-deb", "-b", dir, filepath.Join(repo, file)).CombinedOutput(); err != nil {
		t.Fatalf("dpkg-deb: %s", out)
	}
	deb, err := os.ReadFile(filepath.Join(repo, file))
	if err != nil {
		t.Fatal(err)
	}
	index, err := os.OpenFile(filepath.Join(repo, "Packages"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	fmt.Fprintf(index, "%sFilename: ./%s\nSize: %d\nSHA256: %x\n\n", control, file, len(deb), sha256.Sum256(deb))
}

func installedNow(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package} ${Version}\n", "muster-e2e-*").Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	auto, _ := exec.Command("apt-mark", "showauto").Output()
	marks := ""
	for _, n := range strings.Fields(string(auto)) {
		if strings.HasPrefix(n, "muster-e2e-") {
			marks += " " + n
		}
	}
	return strings.TrimSpace(string(out)) + " auto:" + marks
}

// On a real host a transaction is what check mode announced, and undo takes back exactly it.
func TestRealPackages(t *testing.T) {
	repo := filepath.Join(os.TempDir(), "muster-e2e-repo")
	const list = "/etc/apt/sources.list.d/muster-e2e.list"
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %s", name, args, out)
		}
	}
	if err := os.MkdirAll(repo, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("sh", "-c", "apt-get purge -y 'muster-e2e-*'").Run()
		_ = os.RemoveAll(repo)
		_ = os.Remove(list)
		_ = exec.Command("apt-get", "update").Run()
	})
	build(t, repo, "muster-e2e-a", "1.0", "")
	build(t, repo, "muster-e2e-a", "2.0", "")
	build(t, repo, "muster-e2e-b", "1.0", "Depends: muster-e2e-c\n")
	build(t, repo, "muster-e2e-c", "1.0", "")
	if err := os.WriteFile(list, []byte("deb [trusted=yes] file:"+repo+" ./\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run("apt-get", "update")
	run("apt-get", "install", "-y", "muster-e2e-a=1.0")
	m := Apt()
	for _, a := range []args{
		{"name": []any{"muster-e2e-b", "muster-e2e-a=2.0"}}, {"name": "muster-e2e-a", "state": "latest"}, {"name": "muster-e2e-a", "state": "absent", "purge": true},
	} {
		before := installedNow(t)
		if res := m.Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: a, Check: true}); res.Failed() || !res.Changed() || installedNow(t) != before {
			t.Fatalf("%v, check mode: %v", a, res)
		}
		j := modulestest.NewJournal()
		c := &modules.Call{Sys: sys.Real(), Args: a, Journal: j}
		if res := m.Run(t.Context(), c); res.Failed() || !res.Changed() {
			t.Fatalf("%v: %v", a, res["msg"])
		}
		if res := m.Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: a}); res.Failed() || res.Changed() {
			t.Errorf("%v, again: %v", a, res)
		}
		c.Content = j
		if res := m.(modules.Undoer).Undo(t.Context(), c, j.Entries[0], j.Posts[0], false); res.Failed() || installedNow(t) != before {
			t.Errorf("%v, undone: %v\nbefore %s\nnow    %s", a, res, before, installedNow(t))
		}
	}
}
