// Package layers holds the architecture as a test: which package may import which.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/musterhq/muster/"

// rules say which of our packages a package may import, by prefix. The first rule whose from matches counts; a package
// below a prefix may always import others below the same rule's own prefix when own is set.
var rules = []struct {
	from string
	may  []string
	why  string
}{
	{"internal/diag", nil, "diagnostics are a leaf"},
	{"internal/event", []string{"internal/diag"}, "events are a leaf: everything that watches a run stands on them"},
	{"internal/value", []string{"internal/diag", "internal/value"}, "values are a leaf"},
	{"internal/yaml11", []string{"internal/diag", "internal/value"}, "YAML knows values and nothing above"},
	{"internal/shlex", nil, "a leaf"},
	{"internal/factcache", []string{"internal/value"}, "a leaf over values"},
	{"internal/elsewhere", nil, "a leaf: what a slim runner lacks is noted by whoever asks for it"},
	{"internal/zst", []string{"internal/elsewhere"}, "a leaf"},
	{"internal/fetch", []string{"modules/sys", "internal/elsewhere"}, "one door to the web, which knows the machine and nobody else"},
	{"internal/secret", []string{"internal/event"}, "what masks secrets stands below everything that shows something"},
	{"internal/history", []string{"internal/database", "internal/hostorder", "internal/change", "internal/event", "internal/diag", "internal/history"}, "the store sees a run through events only"},
	{"internal/view", []string{"internal/event", "internal/diag", "internal/value", "internal/view"}, "views see a run through events only"},
	{"internal/database", []string{"internal/database"}, "a leaf"},
	{"internal/change", []string{"modules"}, "a leaf: what results say of changes"},
	{"internal/assess", []string{"internal/event", "modules"}, "what a check run tells is read from its events"},
	{"internal/plan", []string{"internal/assess", "internal/change", "internal/event", "internal/diag", "modules"}, "a plan is made of events"},
	{"internal/hostorder", nil, "a leaf"},
	{"internal/drift/guard", []string{"internal/hostorder"}, "guards know numbers and hours"},
	{"internal/drift/chart", nil, "a leaf"},
	{"internal/drift", []string{"internal/drift", "internal/hostorder", "internal/assess", "internal/database", "internal/history", "internal/change", "internal/event", "internal/diag", "modules"}, "drift sees a run through events and what went before through the run store"},
	{"internal/serve/schedule", nil, "a leaf"},
	{"internal/serve/password", nil, "a leaf"},
	{"internal/serve/watch", nil, "a leaf: what it watches is given to it"},
	{"internal/serve", []string{"internal/serve", "internal/hostorder", "internal/drift", "internal/database", "internal/history", "internal/event", "internal/diag", "internal/yaml11"}, "the daemon starts muster as others do, and knows no executor"},
	{"internal/schema", []string{"modules", "playbook", "internal/settings"}, "schemas are made of what the language and the modules declare"},
	{"modules/sys", []string{"modules/sys"}, "sys is the one door to a machine and knows no module"},
	{"modules/all", []string{"modules", "facts", "internal/runner"}, "the list of modules joins the families"},
	{"modules/modulestest", []string{"modules"}, "the laws know modules only"},
	{"modules", []string{"modules", "facts", "internal/shlex", "internal/diag", "internal/value/pyregex", "internal/fetch", "internal/elsewhere", "internal/zst"}, "modules never import transport, executor or the language"},
	{"facts", []string{"facts", "modules/sys", "internal/shlex"}, "facts run on the host"},
	{"transport/wire", []string{}, "frames are a leaf"},
	{"transport", []string{"transport", "internal/become", "internal/pty", "internal/shlex", "internal/diag", "internal/simhost"}, "transport knows no module and no playbook"},
	{"inventory", []string{"inventory", "internal/diag", "internal/value", "internal/yaml11", "internal/settings", "internal/vault", "internal/shlex", "playbook/jinja"}, "an inventory knows no playbook"},
	{"playbook", []string{"playbook", "internal/diag", "internal/value", "internal/yaml11", "internal/shlex", "internal/vault"}, "the language executes nothing"},
	{"internal/lint", []string{"playbook", "modules", "internal/diag", "internal/value", "internal/yaml11"}, "checking reads the language and runs nothing"},
	{"internal/differential", []string{"playbook", "internal/diag", "internal/value"}, "comparing templates needs the language only"},
	{"internal/journal/ops", []string{"transport/wire"}, "questions and answers stand below the store and the executor"},
	{"internal/journal", []string{"internal/journal", "modules", "transport/wire"}, "the journal knows modules by their contract only"},
	{"internal/runner", []string{"internal/journal", "modules", "facts", "transport/wire", "internal/become", "internal/pty", "internal/shlex", "internal/elsewhere"}, "the runner knows modules and the wire"},
	{"executor", []string{"executor", "internal/journal/ops", "playbook", "inventory", "modules", "transport", "internal/event", "internal/diag", "internal/value", "internal/yaml11", "internal/settings", "internal/shlex", "internal/secret"}, "the executor never imports views or commands"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// TestImportsRunDownwards fails with the reason when a package imports what is above it.
func TestImportsRunDownwards(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, r := range rules {
			if path != r.from && !strings.HasPrefix(path, r.from+"/") {
				continue
			}
			for _, imp := range p.Imports {
				short, ours := strings.CutPrefix(imp, module)
				if ours && !allowed(short, r.may) {
					t.Errorf("%s imports %s: %s", path, short, r.why)
				}
			}
			break
		}
	}
}

func allowed(path string, may []string) bool {
	return slices.ContainsFunc(may, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
}

// forbiddenInRunner are packages that must not reach the hosts, and why.
var forbiddenInRunner = map[string]string{
	"github.com/expr-lang/expr": "templates render on the controller",
	"github.com/spf13/cobra":    "the runner has no command line",
	"golang.org/x/crypto/ssh":   "the runner opens no connection to other hosts",
	"modernc.org/sqlite":        "history is kept on the controller",
	"gopkg.in/yaml.v3":          "playbooks are read on the controller",
	module + "playbook":         "the runner knows no playbook",
	module + "executor":         "the runner knows no executor",
	"text/template":             "it keeps the linker from dropping unused methods",
}

// TestRunnerStaysSlim keeps what hosts do not need out of the program that is pushed to them.
func TestRunnerStaysSlim(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}}", module+"cmd/muster-runner").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		for forbidden, why := range forbiddenInRunner {
			if dep == forbidden || strings.HasPrefix(dep, forbidden+"/") {
				t.Errorf("the runner depends on %s: %s", dep, why)
			}
		}
	}
}

// badNames are package names that say nothing.
var badNames = []string{"util", "utils", "common", "helpers", "helper", "misc"}

// TestPackageNames refuses packages whose name says nothing.
func TestPackageNames(t *testing.T) {
	for _, p := range packages(t) {
		name := p.ImportPath[strings.LastIndexByte(p.ImportPath, '/')+1:]
		if slices.Contains(badNames, name) {
			t.Errorf("%s: name the package after what it holds", p.ImportPath)
		}
	}
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(stdout); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}
