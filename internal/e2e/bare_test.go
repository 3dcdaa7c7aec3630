//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/docs"
)

// bareMachine is a host of the lab from which somebody without anything begins: no Go, no muster, no key that other hosts know.
type bareMachine struct {
	t       *testing.T
	address string
	key     string // lets the test in as root
	dir     string // where the reader of the page works
}

// ssh are the arguments with which a command runs on the machine.
func (b *bareMachine) ssh(more ...string) []string {
	return append([]string{"-q", "-i", b.key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "root@" + b.address}, more...)
}

// run runs commands on the machine, in the working folder.
func (b *bareMachine) run(script string) ([]byte, int, error) {
	cmd := exec.Command("ssh", b.ssh("mkdir -p "+b.dir+" && cd "+b.dir+" && exec bash -euo pipefail -s")...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return out, cmd.ProcessState.ExitCode(), err
}

// must runs commands that set the machine up.
func (b *bareMachine) must(script string) string {
	b.t.Helper()
	out, code, err := b.run(script)
	if err != nil || code != 0 {
		b.t.Fatalf("exit code %d, %v\n%s\n%s", code, err, script, out)
	}
	return string(out)
}

// send puts the files of a folder into the working folder.
func (b *bareMachine) send(folder string) {
	b.t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close()); err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command("ssh", b.ssh("mkdir -p "+b.dir+" && tar -x --no-same-owner -C "+b.dir)...)
	cmd.Stdin = &archive
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
}

// TestBareMachine follows the README and the pages about installing and getting started on a machine that has nothing, as somebody
// new would: what a release publishes is all there is, and keys are brought to hosts by answering questions.
func TestBareMachine(t *testing.T) {
	lab(t, "reset")
	hosts, _ := labHosts(t)
	if len(hosts) < 3 {
		t.Fatal("this needs three hosts")
	}
	last := len(hosts)
	b := &bareMachine{t: t, address: hosts[last].Address, key: labKey.FindStringSubmatch(lab(t, "inventory"))[1], dir: "/root/install"}
	b.send(publishedFiles(t))
	pages := map[string]*docs.Page{}
	all, err := docs.Pages(top(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		pages[p.Path] = p
	}
	b.must("! command -v muster && ! command -v go && ! command -v ansible")
	t.Run("install", func(t *testing.T) { b.follows(t, pages["docs/install.md"], hosts, docs.Bare) })
	b.must("man -w muster >/dev/null 2>&1 || test -s /usr/share/man/man1/muster.1 || test -s /usr/share/man/man1/muster.1.gz; test -s /usr/share/bash-completion/completions/muster; apt-get remove -y -q muster; ! test -e /usr/bin/muster; muster version")
	t.Run("let in", func(t *testing.T) { b.letIn(t, pages["docs/getting-started.md"], hosts) })
	t.Run("getting started", func(t *testing.T) { b.follows(t, pages["docs/getting-started.md"], hosts, docs.Lab) })
	for _, h := range hosts { // the playbook of the README wants root, and says nothing of how to become it
		other := &bareMachine{t: t, address: h.Address, key: b.key, dir: "/root"}
		other.must("cat /home/admin/.ssh/authorized_keys >> /root/.ssh/authorized_keys")
	}
	b.must("sed -i s/admin/root/ ~/.ssh/config")
	t.Run("README", func(t *testing.T) { b.follows(t, pages["README.md"], hosts, docs.Lab) })
}

// follows runs a page on the machine, with the files that its reader has.
func (b *bareMachine) follows(t *testing.T, p *docs.Page, hosts map[int]docs.Host, has ...docs.Need) {
	t.Helper()
	here := t.TempDir()
	if err := p.Prepare(top(t), here, hosts); err != nil {
		t.Fatal(err)
	}
	if has[0] == docs.Lab {
		b.dir = "/root/" + strings.ReplaceAll(p.Path, "/", "-")
	}
	sent := map[string]string{}
	shell := func(script string) ([]byte, int, error) {
		if now := contents(t, here); fmt.Sprint(now) != fmt.Sprint(sent) {
			sent = now
			b.send(here)
		}
		return b.run(script)
	}
	if err := p.Run(docs.Stage{Dir: here, Has: has, Hosts: hosts, Shell: shell}); err != nil {
		t.Error(err)
	}
}

// contents are the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// letIn types the commands that bring a key onto a host, and answers what they ask; then the same for the other hosts.
func (b *bareMachine) letIn(t *testing.T, p *docs.Page, hosts map[int]docs.Host) {
	const password = "first-time-in"
	for _, h := range hosts {
		other := &bareMachine{t: t, address: h.Address, key: b.key, dir: "/root"}
		other.must("useradd --create-home --shell /bin/bash admin && echo admin:" + password + " | chpasswd && echo 'admin ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin && " +
			"rm -f /etc/ssh/sshd_config.d/password.conf && echo 'PasswordAuthentication yes' > /etc/ssh/sshd_config.d/password.conf && systemctl reload ssh")
	}
	s := newScreen(t, t.TempDir(), 120, 50)
	s.types("ssh -tt " + strings.Join(b.ssh(), " "))
	s.waits("#")
	for _, block := range p.Blocks {
		if how, err := block.How(); err != nil || len(how.Needs) == 0 || how.Needs[0] != docs.Terminal {
			continue
		}
		for line := range strings.SplitSeq(strings.TrimSpace(block.Text), "\n") {
			switch program, _, _ := strings.Cut(line, " "); program {
			case "ssh-keygen":
				s.types(line)
				s.waits("Enter file in which to save the key")
				s.keys("Enter")
				s.waits("Enter passphrase")
				s.keys("Enter")
				s.waits("Enter same passphrase again")
				s.keys("Enter")
				s.waits("The key's randomart image is")
			case "ssh-copy-id":
				for n := range hosts {
					s.types("clear")
					s.loses("randomart", "Number of key(s)")
					s.types(strings.Replace(line, "192.0.2.11", hosts[n].Address, 1))
					s.waits("Are you sure you want to continue connecting")
					s.types("yes")
					s.waits("password:")
					s.types(password)
					s.waits("Number of key(s) added: 1")
				}
			default:
				t.Fatalf("%s: nobody answers %q", p.Path, line)
			}
		}
	}
	s.types("exit")
	b.must(`cat >> ~/.ssh/config <<END
Host *
  User admin
END`)
}

// publishedFiles is a folder with what a release publishes for the lab's hosts, as version 1.0.0, made from the last commit.
func publishedFiles(t *testing.T) string {
	t.Helper()
	source, dist := lastCommit(t), t.TempDir()
	build := func(script string) {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+git(t, "log", "-1", "--format=%ct"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	build("go run ./internal/runnerbin/mkembedded -platforms linux/" + runtime.GOARCH)
	build("go run ./internal/release -version v1.0.0 -platforms linux/" + runtime.GOARCH + " -out " + dist + " -nfpm " + nfpm(t))
	return dist
}

// nfpm is the module and version that the Makefile names.
func nfpm(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nNFPM = ")
	version, _, _ := strings.Cut(rest, "\n")
	return version
}
