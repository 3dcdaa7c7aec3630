package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

// printFacts makes the test binary print this machine's facts: the end-to-end test copies it to a host.
const printFacts = "MUSTER_FACTS_PRINT"

func TestMain(m *testing.M) {
	if os.Getenv(printFacts) == "" {
		os.Exit(m.Run())
	}
	_ = os.Unsetenv(printFacts)
	facts, warnings, err := Gather(context.Background(), sys.Real(), Options{})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{"ansible_facts": facts, "warnings": warnings})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
