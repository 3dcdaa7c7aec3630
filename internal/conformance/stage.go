package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// stage is the folder in which targets run: links named after Ansible's programs, a copy of the targets, the inventory,
// and for each target a home, an output folder and a log.
type stage struct {
	dir    string
	limit  time.Duration
	jobs   int
	system bool
	parts  []part
	python string // Ansible's library, of which scripts of the targets import helpers
}

// inventory is what every target's hosts are: this machine.
const inventory = "[testgroup]\ntesthost ansible_connection=local ansible_python_interpreter=\"{{ ansible_playbook_python }}\"\n"

// The targets install Python packages for Ansible with these; muster needs none, and what a target's own scripts need is
// installed on the machine.
const (
	virtualEnv = "# no virtual environment is needed\n"
	pip        = "#!/bin/sh\nexit 0\n"
)

// newStage builds muster and lays the folder out.
func newStage(ctx context.Context, o options, progress io.Writer) (*stage, error) {
	targets := filepath.Join(o.src, "test", "integration", "targets")
	if st, err := os.Stat(targets); err != nil || !st.IsDir() {
		return nil, fmt.Errorf("%s is no checkout of Ansible's sources: %s is missing", o.src, targets)
	}
	parts, err := readParts(partList)
	if err != nil {
		return nil, err
	}
	src, err := filepath.Abs(o.src)
	if err != nil {
		return nil, err
	}
	s := &stage{limit: o.limit, jobs: max(1, o.jobs), system: o.system, parts: parts, python: filepath.Join(src, "lib")}
	if err := s.makeDir(o.work); err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "working in %s\n", s.dir)
	if err := s.links(ctx, o.muster, progress); err != nil {
		return nil, err
	}
	if err := os.CopyFS(s.integration("targets"), os.DirFS(targets)); err != nil {
		return nil, fmt.Errorf("copy the targets: %w", err)
	}
	files := map[string]string{
		s.integration("inventory"): inventory, filepath.Join(s.dir, "ansible.cfg"): "",
		filepath.Join(s.bin(), "virtualenv.sh"): virtualEnv, filepath.Join(s.bin(), "pip"): pip,
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			return nil, err
		}
	}
	return s, os.MkdirAll(filepath.Join(s.dir, "logs"), 0o755)
}

// letters end the name of the folder, as they do under Ansible's own test runner: targets rely on a path that needs quotes.
const letters = "-ÅÑŚÌβŁÈ"

func (s *stage) makeDir(wanted string) error {
	if wanted == "" {
		dir, err := os.MkdirTemp("", "muster-conformance-*"+letters)
		if err != nil {
			return err
		}
		s.dir = dir
		return os.Chmod(dir, 0o755)
	}
	dir, err := filepath.Abs(wanted)
	if err != nil {
		return err
	}
	s.dir = dir
	return os.Mkdir(dir, 0o755)
}

// integration is a path below what is test/integration in Ansible's sources.
func (s *stage) integration(elem ...string) string {
	return filepath.Join(append([]string{s.dir, "test", "integration"}, elem...)...)
}

func (s *stage) bin() string { return filepath.Join(s.dir, "bin") }

// links puts muster into the stage, built from the sources unless a program is given, and links to it.
func (s *stage) links(ctx context.Context, program string, progress io.Writer) error {
	if program == "" {
		program = filepath.Join(s.dir, "muster")
		if err := command(ctx, progress, "go", "build", "-o", program, "github.com/musterhq/muster/cmd/muster"); err != nil {
			return fmt.Errorf("build muster: %w", err)
		}
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	return command(ctx, io.Discard, program, "links", s.bin())
}

func command(ctx context.Context, out io.Writer, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = out, os.Stderr
	return c.Run()
}

// environment is what Ansible's own test runner sets, with the links first on PATH.
func (s *stage) environment(outputDir, home string) []string {
	var env []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !strings.HasPrefix(name, "ANSIBLE_") && name != "PATH" && name != "HOME" {
			env = append(env, kv)
		}
	}
	return append(env,
		"PATH="+s.bin()+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home, "PYTHONPATH="+s.python,
		"OUTPUT_DIR="+outputDir, "INVENTORY_PATH="+s.integration("inventory"), "JUNIT_OUTPUT_DIR="+outputDir,
		"ANSIBLE_CONFIG="+filepath.Join(s.dir, "ansible.cfg"), "ANSIBLE_INVENTORY=/dev/null", "ANSIBLE_LIBRARY=/dev/null",
		"ANSIBLE_FORCE_HANDLERS=true", "ANSIBLE_FORCE_COLOR=false", "ANSIBLE_HOST_PATTERN_MISMATCH=error",
		"ANSIBLE_HOST_KEY_CHECKING=false", "ANSIBLE_RETRY_FILES_ENABLED=false", "ANSIBLE_DEPRECATION_WARNINGS=false",
		"ANSIBLE_DEVEL_WARNING=false", "PAGER=/bin/cat", "LC_ALL=C.UTF-8",
	)
}
