// Command muster runs Ansible-style playbooks over SSH.
package main

import (
	"context"
	"os"
)

// version is set by the release build.
var version = "" //nolint:gochecknoglobals // the linker writes it

func main() {
	os.Exit(execute(context.Background(), processIO(os.Exit), os.Args))
}
