package layers

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the top folder of the sources.
const root = "../.."

// top are the names in the top folder. A new one is a decision that docs/architecture.md tells.
var top = []string{
	".ci", ".gitignore", ".golangci.yml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "bench", "cmd", "docs",
	"event", "examples", "executor", "facts", "go.mod", "go.sum", "internal", "inventory", "lab", "modules", "muster.go",
	"muster_test.go", "playbook", "transport",
}

// TestTopFolder fails for a name in the top folder that is not expected there, and for one that is missing.
func TestTopFolder(t *testing.T) {
	var names []string
	for _, file := range tracked(t) {
		name, _, _ := strings.Cut(file, "/")
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		if !slices.Contains(top, name) {
			t.Errorf("%s: the top folder holds what everybody looks for, and nothing else", name)
		}
	}
	for _, name := range top {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing in the top folder", name)
		}
	}
}

// tracked are the files that git keeps, or all files where the sources are no checkout.
func tracked(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		cmd := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z")
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// badNames are names that say nothing.
var badNames = []string{"util", "utils", "common", "helpers", "helper", "misc", "stuff", "shared", "base"}

// TestNames refuses packages and files whose name says nothing.
func TestNames(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(badNames, path.Base(p.ImportPath)) {
			t.Errorf("%s: name the package after what it holds", p.ImportPath)
		}
	}
	for _, file := range tracked(t) {
		name, isGo := strings.CutSuffix(path.Base(file), ".go")
		if isGo && slices.Contains(badNames, strings.TrimSuffix(name, "_test")) {
			t.Errorf("%s: name the file after what it holds", file)
		}
	}
}

// TestEveryRoomIsOnThePlan compares the packages with the table of docs/architecture.md, which may name a package by one above
// it.
func TestEveryRoomIsOnThePlan(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var table string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "|") {
			table += families.ReplaceAllStringFunc(line, expand)
		}
	}
	for _, p := range packages(t) {
		room := short(p.ImportPath)
		if room == "" {
			continue
		}
		known := false
		for at := room; at != "." && !known; at = path.Dir(at) {
			known = (at == room || at != "internal" && at != "modules") && strings.Contains(table, "`"+at+"`")
		}
		if !known {
			t.Errorf("%s is not in the table of docs/architecture.md", room)
		}
	}
}

// families are several rooms in one: `above/{a,b}`.
var families = regexp.MustCompile("`[a-z/]+/\\{[a-z,]+\\}`")

func expand(families string) (each string) {
	above, names, _ := strings.Cut(strings.Trim(families, "`}"), "{")
	for name := range strings.SplitSeq(names, ",") {
		each += "`" + above + name + "` "
	}
	return each
}
