package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages are what the targets expect on the machine that they run on.
const packages = "git acl file openssl lsb-release python3 python-is-python3 python3-pexpect python3-passlib python3-yaml python3-jinja2"

// labDir is where everything lies on the host of the lab.
const labDir = "/opt/conformance"

// inLab runs the targets on the first host of the lab, where they may change whatever they like, and returns their results.
// The host is booted when it is not running; `lab reset` gives it back its first state.
func inLab(ctx context.Context, o options, progress io.Writer) ([]result, error) {
	l := lab{script: o.lab, progress: progress}
	if err := l.prepare(ctx, o.src, o.muster); err != nil {
		return nil, err
	}
	args := []string{labDir + "/conformance", "-src", labDir + "/src", "-muster", labDir + "/muster", "-work", labDir + "/work" + letters, "-results", labDir + "/results.json",
		"-only", quoted(o.only), "-area", quoted(o.area), "-jobs", fmt.Sprint(o.jobs), "-limit", o.limit.String(), "-system"}
	c := exec.CommandContext(ctx, l.script, "run", "1", "rm -rf "+labDir+"/work"+letters+"; "+strings.Join(args, " "))
	c.Stdout, c.Stderr = io.Discard, progress
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("on the host of the lab: %w", err)
	}
	text, err := exec.CommandContext(ctx, l.script, "run", "1", "cat "+labDir+"/results.json").Output()
	if err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	var records []record
	if err := json.Unmarshal(text, &records); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	fmt.Fprintf(progress, "the output of each target: %s run 1 ls %s/work%s/logs\n", l.script, labDir, letters)
	return fromRecords(records)
}

func quoted(s string) string { return "'" + s + "'" }

// lab is the script that boots throw-away hosts.
type lab struct {
	script   string
	progress io.Writer
}

func (l lab) prepare(ctx context.Context, src, muster string) error {
	for _, args := range [][]string{{"up", "1"}, {"nat"}, {"run", "1", "mkdir -p " + labDir + "/src"}} {
		if err := command(ctx, l.progress, l.script, args...); err != nil {
			return fmt.Errorf("%s %s: %w", l.script, strings.Join(args, " "), err)
		}
	}
	install := "dpkg -s " + packages + " >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq " + packages + "; } >&2"
	key := "test -f .ssh/id_ed25519 || { ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519 && cat .ssh/id_ed25519.pub >>.ssh/authorized_keys; }"
	sources := "touch /etc/apt/sources.list" // targets edit it; where sources stand in files of their own, Debian has none
	for _, script := range []string{install, key, sources} {
		if err := command(ctx, io.Discard, l.script, "run", "1", script); err != nil {
			return fmt.Errorf("prepare the host of the lab: %w", err)
		}
	}
	if err := l.pushPrograms(ctx, muster); err != nil {
		return err
	}
	return l.copy(ctx, src, labDir+"/src", append([]string{"test/integration/targets"}, library...)...)
}

// library is what the targets' own scripts import of Ansible, and what says which version the sources are of.
var library = []string{
	"lib/ansible/release.py", "lib/ansible/__init__.py", "lib/ansible/_vendor", "lib/ansible/module_utils/__init__.py", "lib/ansible/module_utils/six",
}

// pushPrograms copies muster and this program to the host, built from the sources; another muster may be given.
func (l lab) pushPrograms(ctx context.Context, muster string) error {
	dir, err := os.MkdirTemp("", "muster-conformance-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	packages := map[string]string{"muster": "cmd/muster", "conformance": "internal/conformance"}
	if muster != "" {
		delete(packages, "muster")
		if err := command(ctx, l.progress, "cp", muster, filepath.Join(dir, "muster")); err != nil {
			return err
		}
	}
	for name, pkg := range packages {
		c := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "github.com/musterhq/muster/"+pkg)
		c.Env, c.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
	}
	return l.copy(ctx, dir, labDir, "muster", "conformance")
}

// copy brings files below dir to a folder of the host.
func (l lab) copy(ctx context.Context, dir, to string, names ...string) error {
	pack := exec.CommandContext(ctx, "tar", append([]string{"-C", dir, "-cf", "-"}, names...)...)
	unpack := exec.CommandContext(ctx, l.script, "run", "1", "tar -C "+to+" -xf - --no-same-owner")
	pipe, err := pack.StdoutPipe()
	if err != nil {
		return err
	}
	unpack.Stdin, pack.Stderr, unpack.Stderr = pipe, os.Stderr, os.Stderr
	if err := pack.Start(); err != nil {
		return err
	}
	if err := unpack.Run(); err != nil {
		return fmt.Errorf("copy to the host of the lab: %w", err)
	}
	return pack.Wait()
}

// record is a result on its way from the host of the lab.
type record struct {
	Target, Verdict, Why string
	Seconds              float64
}
