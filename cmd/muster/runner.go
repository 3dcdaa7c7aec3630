package main

import (
	"context"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
)

// runnerCommand is the hidden command that makes this program a runner on a host. It bypasses the command line so that
// it starts as fast as the slim runner does.
func runnerCommand(ctx context.Context, words []string) (int, bool) {
	if len(words) == 0 || words[0] != "runner" {
		return 0, false
	}
	return runner.Main(ctx, words, runner.Options{Lookup: all.All().Get, System: sys.Real(), Version: buildVersion()}), true
}
