//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/docs"
)

// TestPages runs the commands of those pages that need machines, on the lab's hosts.
func TestPages(t *testing.T) {
	pages, err := docs.Pages(top(t))
	if err != nil {
		t.Fatal(err)
	}
	hosts, env := labHosts(t)
	env = append(env, "MUSTER="+muster(t)) // that benchmarks would build
	for _, p := range pages {
		if !p.Runnable() || !p.Needs(docs.Lab) {
			continue
		}
		t.Run(p.Path, func(t *testing.T) {
			runPage(t, p, docs.Stage{Env: onPath(env, filepath.Dir(muster(t))), Has: []docs.Need{docs.Lab, docs.Checkout}, Checkout: top(t), Hosts: hosts})
		})
	}
}

// TestPagesWithGoInstall runs the pages that begin with `go install` from there: with the program that it makes, which has no
// runners inside and builds them from the module's source.
func TestPagesWithGoInstall(t *testing.T) {
	pages, err := docs.Pages(top(t))
	if err != nil {
		t.Fatal(err)
	}
	hosts, env := labHosts(t)
	programs := t.TempDir()
	env = append(env, publish(t, programs)...)
	env = onPath(append(env, "XDG_CACHE_HOME="+t.TempDir()), programs)
	for _, p := range pages {
		if !p.Runnable() || !p.Needs(docs.Published) {
			continue
		}
		t.Run(p.Path, func(t *testing.T) {
			runPage(t, p, docs.Stage{Env: env, Has: []docs.Need{docs.Lab, docs.Published}, Hosts: hosts})
		})
	}
}

// runPage prepares a folder for a page and runs it there.
func runPage(t *testing.T, p *docs.Page, s docs.Stage) {
	t.Helper()
	s.Dir = t.TempDir()
	if err := p.Prepare(top(t), s.Dir, s.Hosts); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(s); err != nil {
		t.Error(err)
	}
}

// onPath puts a folder before those in which programs are looked for.
func onPath(env []string, dir string) []string {
	return append(env[:len(env):len(env)], "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

var labKey = regexp.MustCompile(`ansible_ssh_private_key_file=(\S+)`)

// labHosts returns where the lab's hosts are, counted from 1, and the environment of a user whom they let in as root.
func labHosts(t *testing.T) (map[int]docs.Host, []string) {
	t.Helper()
	hosts := map[int]docs.Host{}
	for i, address := range strings.Split(strings.TrimSpace(lab(t, "addresses")), ",") {
		hosts[i+1] = docs.Host{Address: address}
	}
	key := labKey.FindStringSubmatch(lab(t, "inventory"))
	if key == nil {
		t.Fatal("the lab's inventory names no key")
	}
	return hosts, append(newUser(t), "ANSIBLE_REMOTE_USER=root", "ANSIBLE_PRIVATE_KEY_FILE="+key[1],
		"ANSIBLE_SSH_COMMON_ARGS=-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null")
}

// newUser is the environment of somebody with nothing at home. Go's caches stay, so that runners need not be built anew.
func newUser(t *testing.T) []string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOPATH", "GOENV").Output()
	if err != nil {
		t.Fatal(err)
	}
	goEnv := strings.Split(string(out), "\n")
	return append(os.Environ(), "HOME="+t.TempDir(), "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "XDG_CACHE_HOME="+cache,
		"GOPATH="+goEnv[0], "GOENV="+goEnv[1], "ANSIBLE_CONFIG=")
}
