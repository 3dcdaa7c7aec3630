package history

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"
)

// GitOf asks git about the tree that a folder is part of. Without git or a tree the answer is empty; a tree that takes
// more than two seconds to look through counts as dirty.
func GitOf(ctx context.Context, dir string) Git {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	commit, err := git(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return Git{}
	}
	branch, err := git(ctx, dir, "symbolic-ref", "--short", "-q", "HEAD")
	if err != nil {
		branch = "" // a commit was checked out
	}
	changes, err := git(ctx, dir, "status", "--porcelain")
	return Git{Commit: commit, Branch: branch, Dirty: err != nil || changes != ""}
}

// git runs git without letting the tree's configuration start programs or its index be written.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false", "-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
