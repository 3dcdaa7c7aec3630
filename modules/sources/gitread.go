package sources

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// command is a call of git in a folder.
func (p GitParams) command(dir string, args ...string) sys.Command {
	git := "git"
	if p.Executable != nil {
		git = *p.Executable
	}
	return sys.Command{Argv: append([]string{git}, args...), Dir: dir, Env: p.env()}
}

// env makes git speak English and never ask for anything.
func (p GitParams) env() map[string]string {
	ssh := "ssh"
	add := func(option string) {
		if !strings.Contains(ssh, option) {
			ssh += " " + option
		}
	}
	if p.SSHOpts != nil {
		add(*p.SSHOpts)
	}
	trusting := strings.Contains(ssh, "StrictHostKeyChecking=no") || strings.Contains(ssh, "StrictHostKeyChecking=accept-new")
	switch {
	case trusting:
	case p.AcceptHostkey:
		add("-o StrictHostKeyChecking=no")
	case p.AcceptNewHostkey:
		add("-o StrictHostKeyChecking=accept-new")
	}
	add("-o BatchMode=yes")
	if p.KeyFile != nil {
		add("-i '" + strings.ReplaceAll(*p.KeyFile, "'", `'\''`) + "'")
		add("-o IdentitiesOnly=yes")
	}
	return map[string]string{"LANG": "C", "LC_ALL": "C", "LC_MESSAGES": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": ssh}
}

// query runs a git that only looks.
func (p GitParams) query(ctx context.Context, r sys.Reader, dir string, args ...string) (sys.Output, error) {
	c := p.command(dir, args...)
	c.Env = maps.Clone(c.Env)
	c.Env["GIT_OPTIONAL_LOCKS"] = "0"
	return r.Query(ctx, c)
}

// line is what a git that only looks prints, without its last newline; "" when it fails.
func (p GitParams) line(ctx context.Context, r sys.Reader, args ...string) (string, error) {
	out, err := p.query(ctx, r, *p.Dest, args...)
	if err != nil || out.Code != 0 {
		return "", err
	}
	return strings.TrimSuffix(string(out.Stdout), "\n"), nil
}

// cloned says whether there is a repository.
func (p GitParams) cloned(r sys.Reader) bool {
	repo := *p.Dest
	if !p.Bare {
		repo = path.Join(repo, ".git")
	}
	st, err := r.Stat(repo)
	if err == nil && st.IsRegular() { // "gitdir: " and a path
		return true
	}
	_, err = r.Stat(path.Join(repo, "config"))
	return err == nil
}

func readGit(ctx context.Context, r sys.Reader, p GitParams) (GitState, error) {
	var st GitState
	if _, err := r.Stat(*p.Dest); err == nil {
		st.Existed = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return st, err
	}
	if !p.cloned(r) {
		for dir := path.Dir(*p.Dest); dir != "/"; dir = path.Dir(dir) {
			if _, err := r.Stat(dir); err == nil {
				break
			}
			st.Missing = append([]string{dir}, st.Missing...)
		}
		if modules.Undoing(ctx) {
			return st, nil
		}
		t, err := p.ask(ctx, r, "", "")
		st.Target = t
		return st, err
	}
	st.Cloned = true
	if err := p.look(ctx, r, &st); err != nil || !p.Update || modules.Undoing(ctx) {
		return st, err
	}
	t, err := p.ask(ctx, r, *p.Dest, st.Branch)
	st.Target = t
	return st, err
}

// look reads a repository that is there.
func (p GitParams) look(ctx context.Context, r sys.Reader, st *GitState) (err error) {
	if st.Head, err = p.line(ctx, r, "rev-parse", "--verify", "--quiet", "HEAD"); err != nil {
		return err
	}
	if st.Branch, err = p.line(ctx, r, "symbolic-ref", "--quiet", "--short", "HEAD"); err != nil {
		return err
	}
	if st.URL, err = p.line(ctx, r, "ls-remote", "--get-url", p.Remote); err != nil || p.Bare {
		return err
	}
	status, err := p.line(ctx, r, "status", "--porcelain")
	if err != nil {
		return err
	}
	for l := range strings.SplitSeq(status, "\n") {
		switch {
		case strings.HasPrefix(l, "??"):
			st.Unknown = true
		case l != "":
			st.Modified = true
		}
	}
	if !p.Recursive {
		return nil
	}
	if _, err := r.Stat(path.Join(*p.Dest, ".gitmodules")); err != nil {
		return nil
	}
	modules, err := p.line(ctx, r, "submodule", "status")
	for l := range strings.SplitSeq(modules, "\n") {
		st.Behind = st.Behind || l != "" && l[0] != ' '
	}
	return err
}

var (
	fullCommit  = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
	shortCommit = regexp.MustCompile(`^[0-9a-f]{4,64}$`)
)

// ask asks the remote what the version is, once. dest and branch say what is checked out; "" for nothing.
func (p GitParams) ask(ctx context.Context, r sys.Reader, dest, branch string) (target, error) {
	if shortCommit.MatchString(p.Version) && dest != "" {
		if commit, err := p.line(ctx, r, "rev-parse", "--verify", "--quiet", p.Version+"^{commit}"); err != nil || commit != "" {
			return target{Commit: commit, Kind: "commit"}, err
		}
	}
	names := []string{"refs/heads/" + p.Version, "refs/tags/" + p.Version, "refs/tags/" + p.Version + "^{}"}
	if p.Version == "HEAD" {
		if names = []string{"HEAD"}; dest != "" {
			if branch == "" {
				branch, _ = p.line(ctx, r, "symbolic-ref", "--quiet", "--short", "refs/remotes/"+p.Remote+"/HEAD")
				branch = strings.TrimPrefix(branch, p.Remote+"/")
			}
			names = []string{"refs/heads/" + branch}
		}
	}
	out, err := p.query(ctx, r, "", append([]string{"ls-remote", "--", p.Repo}, names...)...)
	if err != nil {
		return target{}, err
	}
	if out.Code != 0 {
		return target{}, modules.Fail(modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr)}, "%s", out.Stderr)
	}
	return p.choose(string(out.Stdout), names, branch)
}

// choose picks the version from the answer of ls-remote: a branch before a tag before a commit.
func (p GitParams) choose(answer string, names []string, branch string) (target, error) {
	found := map[string]string{}
	for l := range strings.SplitSeq(answer, "\n") {
		if commit, name, ok := strings.Cut(l, "\t"); ok {
			found[name] = commit
		}
	}
	if p.Version == "HEAD" {
		if found[names[0]] == "" {
			return target{}, modules.Fail(nil, "Could not determine remote revision for %s", p.Version)
		}
		return target{Commit: found[names[0]], Kind: "branch", Branch: branch}, nil
	}
	switch {
	case found[names[0]] != "":
		return target{Commit: found[names[0]], Kind: "branch", Branch: p.Version}, nil
	case found[names[2]] != "":
		return target{Commit: found[names[2]], Kind: "tag"}, nil
	case found[names[1]] != "":
		return target{Commit: found[names[1]], Kind: "tag"}, nil
	case fullCommit.MatchString(p.Version):
		return target{Commit: p.Version, Kind: "commit"}, nil
	}
	return target{Kind: "commit"}, nil
}
