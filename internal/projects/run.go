package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/overlay"
)

// outcome is what two runs of one program on one fresh host left.
type outcome struct {
	check story
	runs  [2]story
	disk  overlay.Changes
	left  overlay.Changes // what a rollback of both runs left; muster's alone
}

// compareProject runs a project through both programs.
func compareProject(ctx context.Context, o options, p project, progress io.Writer) (result, error) {
	r := result{project: p}
	dir, err := p.stage(o)
	if err != nil {
		return r, err
	}
	for _, s := range p.Sources {
		commit, err := exec.CommandContext(ctx, "git", "-C", filepath.Join(o.src, s.folder()), "rev-parse", "--short=10", "HEAD").Output()
		if err != nil {
			return r, fmt.Errorf("%s: %w", s.Repo, err)
		}
		r.commits = append(r.commits, strings.TrimSpace(string(commit)))
	}
	programs := []struct {
		name string
		argv []string
		into *outcome
	}{
		{"ansible", []string{"ansible-playbook"}, &r.ansible},
		{"muster", []string{o.muster, "run"}, &r.muster},
	}
	for _, program := range programs {
		if *program.into, err = twice(ctx, o, p, dir, program.name, program.argv, progress); err != nil {
			return r, fmt.Errorf("%s: %w", program.name, err)
		}
	}
	r.compare()
	return r, nil
}

// twice runs a program two times on a fresh host and reads the host's disk after the second.
func twice(ctx context.Context, o options, p project, dir, name string, argv []string, progress io.Writer) (outcome, error) {
	var out outcome
	for _, args := range [][]string{{"down"}, {"up", "1"}, {"nat"}} {
		if err := command(ctx, progress, o.lab, args...); err != nil {
			return out, err
		}
	}
	inventory, err := exec.CommandContext(ctx, o.lab, "inventory").Output()
	if err != nil {
		return out, fmt.Errorf("%s inventory: %w", o.lab, err)
	}
	// People log in as themselves and become root; roles that harden sshd shut root out.
	inventory = bytes.ReplaceAll(inventory, []byte("ansible_user=root"), []byte("ansible_user=deploy\nansible_become=true"))
	hosts := filepath.Join(o.work, "hosts.ini")
	if err := os.WriteFile(hosts, inventory, 0o600); err != nil {
		return out, err
	}
	if o.check {
		if out.check, err = play(ctx, o, p, dir, name+".check", append(argv, "-i", hosts, "--check", "--diff", "site.yml"), progress); err != nil {
			return out, err
		}
	}
	for i := range out.runs {
		if out.runs[i], err = play(ctx, o, p, dir, fmt.Sprintf("%s.%d", name, i+1), append(argv, "-i", hosts, "site.yml"), progress); err != nil {
			return out, err
		}
	}
	if out.disk, err = disk(ctx, o, p); err != nil || !o.rollback || name != "muster" {
		return out, err
	}
	return out, undo(ctx, o, p, dir, hosts, &out)
}

// play runs a program once and keeps what it printed under a name of its own.
func play(ctx context.Context, o options, p project, dir, name string, argv []string, progress io.Writer) (story, error) {
	sockets := filepath.Join(o.work, "ssh") // of its own for every run, so that each of them logs in
	if err := os.RemoveAll(sockets); err != nil {
		return story{}, err
	}
	text, err := playOnce(ctx, o, dir, argv, "ANSIBLE_SSH_CONTROL_PATH_DIR="+sockets)
	if err != nil {
		return story{}, err
	}
	file := filepath.Join(o.work, p.Name+"."+name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return story{}, err
	}
	s := readStory(string(text))
	if s.recap == "" {
		return s, fmt.Errorf("the run has no recap; see %s", file)
	}
	fmt.Fprintf(progress, "  %-14s %s\n", name, s.recap)
	return s, nil
}

// undo takes muster's two runs back, the second one first, and reads what is left on the host's disk.
func undo(ctx context.Context, o options, p project, dir, hosts string, out *outcome) error {
	var said []byte
	for range out.runs {
		text, err := playOnce(ctx, o, dir, []string{o.muster, "rollback", "last", "-i", hosts})
		if err != nil {
			return err
		}
		said = append(said, text...)
	}
	if err := os.WriteFile(filepath.Join(o.work, p.Name+".muster.rollback"), said, 0o600); err != nil {
		return err
	}
	var err error
	out.left, err = disk(ctx, o, p)
	return err
}

// disk reads what the host has changed on its disk.
func disk(ctx context.Context, o options, p project) (overlay.Changes, error) {
	var folders [2]string
	for i, args := range [][]string{{"upper", "1"}, {"lower"}} {
		out, err := exec.CommandContext(ctx, o.lab, args...).Output()
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.lab, args[0], err)
		}
		folders[i] = strings.TrimSpace(string(out))
	}
	return overlay.Read(folders[0], folders[1], append(overlay.Machine(), p.Differs...))
}

// playOnce runs a program in a folder and returns all that it printed; hosts that failed are no error.
func playOnce(ctx context.Context, o options, dir string, argv []string, env ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "ANSIBLE_NOCOLOR=1", "ANSIBLE_HOST_KEY_CHECKING=false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS=true",
		"XDG_STATE_HOME="+filepath.Join(o.work, "state"))
	c.Env = append(c.Env, env...)
	if o.collections != "" {
		c.Env = append(c.Env, "ANSIBLE_COLLECTIONS_PATH="+filepath.Join(dir, "collections")+":"+o.collections)
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		err = nil
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%s did not end within %s", argv[0], o.limit)
	}
	return out.Bytes(), err
}

func command(ctx context.Context, progress io.Writer, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = progress, progress
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}
