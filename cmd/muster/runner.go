package main

import (
	"context"
	"slices"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
)

// startsRunner reports whether a command line is that of a runner. Under the name of one of Ansible's programs, runner
// could be a pattern or a file as well, but never alone or before one of these words.
func startsRunner(words []string) bool {
	if len(words) == 0 || words[0] != "runner" {
		return false
	}
	return len(words) == 1 || slices.Contains([]string{"serve", "async", "digest", "version"}, words[1])
}

// runnerCommand is the hidden command that makes this program a runner on a host. It bypasses the command line so that
// it starts as fast as the slim runner does.
func runnerCommand(ctx context.Context, words []string) (int, bool) {
	if !startsRunner(words) {
		return 0, false
	}
	return runner.Main(ctx, words, runner.Options{Lookup: all.All().Get, System: sys.Real(), Version: buildVersion()}), true
}
