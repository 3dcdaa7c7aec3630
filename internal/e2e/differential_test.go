//go:build e2e || differential

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"

	"github.com/musterhq/muster/internal/shlex"
)

// TestDifferential runs small playbooks, each with a trap of the language, through the ansible-playbook of this machine and
// through muster, and compares what they print, the recap with it, and their exit codes. A playbook says in lines `# args:`
// with which arguments it runs, once for each; without such a line it runs once.
func TestDifferential(t *testing.T) {
	dir := filepath.Join(top(t), "internal", "e2e", "testdata", "differential")
	books, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	ansible, program, runs := real(t, "ansible-playbook"), muster(t), 0
	for _, book := range books {
		src, err := os.ReadFile(book)
		if err != nil {
			t.Fatal(err)
		}
		if !playbookFile.Match(src) {
			continue // tasks and variables of the playbooks beside it
		}
		for _, args := range argumentsOf(t, string(src)) {
			runs++
			t.Run(strings.Join(append([]string{filepath.Base(book)}, args...), " "), func(t *testing.T) {
				args := append([]string{"-i", "inventory.ini", filepath.Base(book)}, args...)
				theirs := play(t, dir, differentialEnv, ansible, args...)
				ours := play(t, dir, differentialEnv, program, append([]string{"run"}, args...)...)
				compareOutputs(t, theirs, ours)
			})
		}
	}
	if runs < 40 {
		t.Errorf("only %d runs", runs)
	}
}

// differentialEnv makes Ansible's output depend on nothing but the playbook.
var differentialEnv = []string{
	"MUSTER_HISTORY=off",
	"ANSIBLE_FORKS=1", "ANSIBLE_NOCOLOR=1", "ANSIBLE_RETRY_FILES_ENABLED=0", "ANSIBLE_LOCALHOST_WARNING=0",
	"ANSIBLE_DEPRECATION_WARNINGS=0", "ANSIBLE_HOST_KEY_CHECKING=0",
}

func compareOutputs(t *testing.T, theirs, ours output) {
	t.Helper()
	if want, got := normal(theirs.stdout), normal(ours.stdout); want != got {
		t.Errorf("the output differs:\n%s", udiff.Unified("ansible-playbook", "muster run", want, got))
	}
	if theirs.code != ours.code {
		t.Errorf("the exit code is %d, Ansible's is %d\n%s", ours.code, theirs.code, ours.stderr)
	}
}

var playbookFile = regexp.MustCompile(`(?m)^(- |  )(hosts|import_playbook):`)

var argsLine = regexp.MustCompile(`(?m)^# args:(.*)$`)

// argumentsOf returns the arguments of each run that a playbook asks for.
func argumentsOf(t *testing.T, src string) [][]string {
	t.Helper()
	var runs [][]string
	for _, m := range argsLine.FindAllStringSubmatch(src, -1) {
		args, err := shlex.Split(m[1])
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, args)
	}
	if len(runs) == 0 {
		runs = [][]string{nil}
	}
	return runs
}

// volatile is what differs from run to run, or where muster says the same in its own words.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(` +(\n|$)`), "$1"},
	{regexp.MustCompile(`(?m)^(Paus|\(ctrl\+C).*\n`), ""},
	{regexp.MustCompile(`(?m)^An exception occurred during task execution\..*\n`), ""},
	{regexp.MustCompile(`"(start|end|delta|stop)": "[^"]*"`), `"$1": "T"`},
	{regexp.MustCompile(`j?\d{6,}\.\d+`), "JOB"},
	{regexp.MustCompile(`\\n\\nThe error appears to be in .*?\\n"`), `"`},
	{regexp.MustCompile(`\\nSearched in:[^"]*"`), `"`},
	{regexp.MustCompile(`(UNREACHABLE! => .*?"msg": )"[^"]*"`), "$1\"M\""},
}

func normal(out string) string {
	for _, v := range volatile {
		out = v.pattern.ReplaceAllString(out, v.instead)
	}
	lines := strings.Split(out, "\n")
	for i, line := range lines {
		lines[i] = once(line)
	}
	return strings.Join(lines, "\n")
}

// once removes a sentence that Ansible says twice in a row: `'x' is undefined. 'x' is undefined`.
func once(line string) string {
	for i := range line {
		if !strings.HasPrefix(line[i:], ". ") {
			continue
		}
		end := strings.IndexAny(line[i:], `"\`)
		if end < 0 {
			return line
		}
		if said := line[i+2 : i+end]; said != "" && strings.HasSuffix(line[:i], said) {
			return line[:i] + line[i+end:]
		}
	}
	return line
}
