package layers

import (
	"os/exec"
	"strings"
	"testing"
)

// forbiddenInRunner are packages that must not reach the hosts, and why.
var forbiddenInRunner = map[string]string{
	"github.com/expr-lang/expr": "templates render on the controller",
	"github.com/spf13/cobra":    "the runner has no command line",
	"golang.org/x/crypto/ssh":   "the runner opens no connection to other hosts",
	"modernc.org/sqlite":        "history is kept on the controller",
	"gopkg.in/yaml.v3":          "playbooks are read on the controller",
	module + "/playbook":        "the runner knows no playbook",
	module + "/executor":        "the runner knows no executor",
	"text/template":             "it keeps the linker from dropping unused methods",
}

// TestRunnerStaysSlim keeps what hosts do not need out of the program that is pushed to them.
func TestRunnerStaysSlim(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}}", module+"/cmd/muster-runner").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 10 {
		t.Fatalf("go list found %d packages only", len(deps))
	}
	for _, dep := range deps {
		for forbidden, why := range forbiddenInRunner {
			if within(dep, forbidden) {
				t.Errorf("the runner depends on %s: %s", dep, why)
			}
		}
	}
}
