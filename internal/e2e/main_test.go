//go:build e2e || differential

package e2e

import (
	"fmt"
	"os"
	"testing"
)

// buildFolder names the variable that holds the folder of the program that the tests build.
const buildFolder = "MUSTER_E2E_BUILD"

// TestMain makes and removes the folder of the program that the tests build.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "muster-e2e-")
	if err == nil {
		err = os.Setenv(buildFolder, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // what is left there is only in the way
	os.Exit(code)
}
