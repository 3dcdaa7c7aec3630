// Command muster-runner is the program that muster pushes to hosts; people never start it themselves.
package main

import (
	"context"
	"os"

	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
)

func main() {
	os.Exit(runner.Main(context.Background(), os.Args[1:], runner.Options{Lookup: runner.Lazily(all.All), System: sys.Real(), Slim: all.Slim}))
}
