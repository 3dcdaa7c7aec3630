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

const module = "github.com/musterhq/muster"

// rules say which of our packages a package may import. from and may hold for the packages below them, too, but for =NAME,
// which is that package alone; the first rule whose from matches counts.
var rules = []rule{
	{"internal/diag", nil, "diagnostics are a leaf"},
	{"internal/event", []string{"internal/diag"}, "events are a leaf: everything that watches a run stands on them"},
	{"internal/value", []string{"internal/diag", "internal/value"}, "values are a leaf"},
	{"internal/yaml11", []string{"internal/diag", "internal/value"}, "YAML knows values and nothing above"},
	{"internal/shlex", nil, "a leaf"},
	{"internal/pty", nil, "a leaf"},
	{"internal/vault", nil, "a leaf"},
	{"internal/settings", []string{"internal/diag", "internal/value"}, "settings are read before anything else"},
	{"internal/become", []string{"internal/shlex", "transport/wire"}, "becoming another user is words and frames"},
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
	{"modules/all", []string{"modules"}, "the list of modules joins the families"},
	{"modules/modulestest", []string{"=modules", "modules/sys"}, "the laws know the contract only"},
	{"modules/tree", []string{"=modules", "modules/sys"}, "what families share of files knows the contract only"},
	{"modules/access", family("facts", "internal/fetch", "internal/shlex", "modules/tree"), lonely},
	{"modules/certificates", family("modules/tree"), lonely},
	{"modules/commands", family("facts", "internal/shlex"), lonely},
	{"modules/databases", family("internal/shlex"), lonely},
	{"modules/files", family("internal/elsewhere", "internal/fetch", "internal/shlex", "internal/value/pyregex", "internal/zst", "modules/tree"), lonely},
	{"modules/network", family("internal/fetch", "internal/value/pyregex", "modules/tree"), lonely},
	{"modules/packages/dpkg", []string{"internal/zst", "modules/sys"}, "a reader of files"},
	{"modules/packages", family("internal/elsewhere", "internal/fetch", "modules/packages", "modules/tree"), lonely},
	{"modules/services/dbus", nil, "a leaf"},
	{"modules/services", family("modules/services"), lonely},
	{"modules/sources", family("internal/shlex"), lonely},
	{"modules", []string{"modules/sys", "internal/diag"}, "the contract knows the machine and no module"},
	{"facts", []string{"facts", "modules/sys", "internal/shlex"}, "facts run on the host"},
	{"transport/wire", []string{}, "frames are a leaf"},
	{"transport", []string{"transport", "internal/become", "internal/pty", "internal/shlex", "internal/diag", "internal/simhost"}, "transport knows no module and no playbook"},
	{"inventory", []string{"inventory", "internal/diag", "internal/value", "internal/yaml11", "internal/settings", "internal/vault", "internal/shlex", "playbook/jinja"}, "an inventory knows no playbook"},
	{"playbook", []string{"playbook", "internal/diag", "internal/value", "internal/yaml11", "internal/shlex", "internal/vault"}, "the language executes nothing"},
	{"internal/runnerbin", []string{"internal/runnerbin", "transport"}, "finds and builds what the pool pushes"},
	{"internal/lint", []string{"playbook", "modules", "internal/diag", "internal/value", "internal/yaml11"}, "checking reads the language and runs nothing"},
	{"internal/differential", []string{"playbook", "internal/diag", "internal/value"}, "comparing templates needs the language only"},
	{"internal/journal/ops", []string{"transport/wire"}, "questions and answers stand below the store and the executor"},
	{"internal/journal", []string{"internal/journal", "modules", "transport/wire", "internal/elsewhere"}, "the journal knows modules by their contract only"},
	{"internal/runner", []string{"internal/journal", "modules", "facts", "transport/wire", "internal/become", "internal/pty", "internal/shlex", "internal/elsewhere"}, "the runner knows modules and the wire"},
	{"executor", []string{"executor", "internal/journal/ops", "playbook", "inventory", "modules", "transport", "internal/event", "internal/diag", "internal/value", "internal/yaml11", "internal/settings", "internal/shlex", "internal/secret"}, "the executor never imports views or commands"},
}

// lonely is the reason for the rules of families of modules.
const lonely = "modules never import each other's families, transport, the executor or the language"

// family is what a family of modules may import: the contract, the machine, and more.
func family(more ...string) []string { return append([]string{"=modules", "modules/sys"}, more...) }

// free are the packages without a rule, below which everything is: programs, what other programs import, and tools for tests.
var free = map[string]string{
	"":                     "the library joins the rooms for other programs",
	"event":                "the library's events",
	"cmd/muster":           "the command line joins all rooms",
	"cmd/muster-runner":    "what it may import is TestRunnerStaysSlim's business",
	"examples/library":     "a program that uses the library",
	"lab/delay":            "a tool of the lab",
	"internal/conformance": "a tool: Ansible's integration targets",
	"internal/projects":    "a tool: public projects",
	"internal/release":     "a tool: archives and packages",
	"internal/picture":     "a tool: pictures of the documentation",
	"internal/overlay":     "a tool: what a host of the lab has changed",
	"internal/demo":        "joins hosts and runners in one process",
	"internal/simhost":     "hosts for tests and the demo",
	"internal/scale":       "tests only",
	"internal/docs":        "tests only",
	"internal/layers":      "tests only",
}

type rule struct {
	from string
	may  []string
	why  string
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// TestImportsRunDownwards fails with the reason when a package imports what is above it, or when no rule is about it.
func TestImportsRunDownwards(t *testing.T) {
	for _, p := range packages(t) {
		path := short(p.ImportPath)
		i := slices.IndexFunc(rules, func(r rule) bool { return within(path, r.from) })
		if i < 0 {
			if _, ok := free[path]; !ok {
				t.Errorf("%s: no rule says what it may import", path)
			}
			continue
		}
		for _, imp := range p.Imports {
			if ours(imp) && !rules[i].allows(short(imp)) {
				t.Errorf("%s imports %s: %s", path, short(imp), rules[i].why)
			}
		}
	}
}

// TestRulesAreAboutPackages fails for a rule, or a part of one, that says nothing about any package.
func TestRulesAreAboutPackages(t *testing.T) {
	all := packages(t)
	exists := func(match func(string) bool) bool {
		return slices.ContainsFunc(all, func(p pkg) bool { return match(short(p.ImportPath)) })
	}
	for i, r := range rules {
		first := func(path string) bool {
			return slices.IndexFunc(rules, func(r rule) bool { return within(path, r.from) }) == i
		}
		if !exists(first) {
			t.Errorf("the rule for %s is about no package", r.from)
		}
		for _, m := range r.may {
			if !exists(func(path string) bool { return rule{may: []string{m}}.allows(path) }) {
				t.Errorf("the rule for %s allows %s, which does not exist", r.from, m)
			}
		}
	}
	for path := range free {
		if !exists(func(p string) bool { return p == path }) {
			t.Errorf("free names %q, which does not exist", path)
		}
	}
}

// TestRulesRefuse shows that the rules hold what they are for.
func TestRulesRefuse(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"modules/files", "modules/access"}, {"modules/files", "executor"}, {"modules", "modules/files"}, {"modules/sys", "modules"},
		{"executor", "internal/view"}, {"executor", "cmd/muster"}, {"internal/view/tui", "executor"}, {"inventory", "playbook"},
		{"playbook/jinja", "executor"}, {"transport/ssh", "modules"}, {"internal/runner", "playbook"}, {"facts", "modules/files"},
		{"transport/wire", "internal/diag"}, {"internal/event", "internal/value"},
	} {
		i := slices.IndexFunc(rules, func(r rule) bool { return within(c.from, r.from) })
		if i < 0 || rules[i].allows(c.to) {
			t.Errorf("%s may import %s", c.from, c.to)
		}
	}
}

func (r rule) allows(path string) bool {
	return slices.ContainsFunc(r.may, func(m string) bool {
		if alone, ok := strings.CutPrefix(m, "="); ok {
			return path == alone
		}
		return within(path, m)
	})
}

// within reports whether a package is that one or below it.
func within(path, above string) bool { return path == above || strings.HasPrefix(path, above+"/") }

func ours(importPath string) bool { return within(importPath, module) }

// short is a path within this module; the top package's is "".
func short(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
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
