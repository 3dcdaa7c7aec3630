package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// Git watches a branch of a remote repository of which a folder holds a clone.
type Git struct {
	Dir    string
	Remote string
	Branch string
	Period time.Duration
	Pull   bool     // bring the clone to the new commit before the run
	Env    []string // of git
}

// gitState is what a look leaves.
type gitState struct {
	Commit string `json:"commit"`
}

// Every is the time between two looks.
func (g *Git) Every() time.Duration { return g.Period }

// Look compares the remote branch with the commit of the last event; with Pull, first with that of the clone.
func (g *Git) Look(ctx context.Context, _ time.Time, state []byte) (Finding, error) {
	var st gitState
	if err := restore(state, &st); err != nil {
		return Finding{}, err
	}
	now, err := g.remote(ctx)
	if err != nil {
		return Finding{}, err
	}
	if st.Commit == "" {
		st.Commit = now
		if g.Pull {
			if st.Commit, err = g.git(ctx, "rev-parse", "--verify", "HEAD"); err != nil {
				return Finding{}, err
			}
		}
	}
	if st.Commit == now {
		return found(st, nil)
	}
	e := &Event{ID: now, Data: map[string]any{"commit": now, "before": st.Commit, "branch": g.Branch}}
	if g.Pull {
		e.Prepare = func(ctx context.Context) error { return g.pull(ctx, now) }
	}
	return found(gitState{now}, e)
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// remote is the commit that the remote branch is at.
func (g *Git) remote(ctx context.Context) (string, error) {
	out, err := g.git(ctx, "ls-remote", "--exit-code", g.Remote, "refs/heads/"+g.Branch)
	if err != nil {
		return "", err
	}
	commit, _, _ := strings.Cut(out, "\t")
	if !commitID.MatchString(commit) {
		return "", fmt.Errorf("git ls-remote %s: %q is no commit", g.Remote, commit)
	}
	return commit, nil
}

// pull brings the clone to a commit of the branch. It only goes forward: what was changed in the clone is an error.
func (g *Git) pull(ctx context.Context, commit string) error {
	if _, err := g.git(ctx, "fetch", "--quiet", g.Remote, "refs/heads/"+g.Branch); err != nil {
		return err
	}
	_, err := g.git(ctx, "merge", "--quiet", "--ff-only", commit)
	return err
}

// git runs git in the clone: it asks nobody for a password, and runs no hook.
func (g *Git) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", g.Dir, "-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Env = append(append([]string{}, g.Env...), "GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=ssh -o BatchMode=yes", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("git %s: %w", args[0], context.Cause(ctx))
		}
		text := strings.TrimSpace(stderr.String())
		if text == "" && args[0] == "ls-remote" {
			text = fmt.Sprintf("%s has no branch %s", g.Remote, g.Branch)
		}
		var status *exec.ExitError
		if !errors.As(err, &status) || text == "" {
			text = err.Error()
		}
		return "", fmt.Errorf("git %s: %s", args[0], text[:min(len(text), 500)])
	}
	return strings.TrimSpace(stdout.String()), nil
}
