//go:build e2e || differential

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// top is the project's folder.
func top(t *testing.T) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source's place is unknown")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// lab runs the lab's script and returns its output.
func lab(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(top(t), "lab", "lab"), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lab %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// labOf makes the lab have at least so many hosts, whatever earlier tests left of it.
func labOf(t *testing.T, least int) {
	t.Helper()
	if have := len(strings.Split(strings.TrimSpace(lab(t, "addresses")), ",")); have < least {
		lab(t, "up", strconv.Itoa(least))
	}
}

var buildOnce = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(os.Getenv(buildFolder), "muster")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/musterhq/muster/cmd/muster").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return binary, nil
})

// muster builds the program once and returns its path.
func muster(t *testing.T) string {
	t.Helper()
	binary, err := buildOnce()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, binary)
	}
	return binary
}

// real returns the path of a program that muster is compared or works with; these tests mean nothing without it.
func real(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: apt-get install ansible-core chromium postgresql prometheus", name)
	}
	return path
}

// output is what a program left.
type output struct {
	stdout, stderr string
	code           int
}

// play runs a program in a folder.
func play(t *testing.T, dir string, env []string, program string, args ...string) output {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code := cmd.ProcessState.ExitCode()
	if err != nil && code < 0 {
		t.Fatalf("%s: %v\n%s", program, err, stderr.String())
	}
	return output{stdout.String(), stderr.String(), code}
}

var recapLine = regexp.MustCompile(`(?m)^(\S+)\s+: (ok=.*?)\s*$`)

// recap returns the counts of every host.
func recap(out string) map[string]string {
	counts := map[string]string{}
	for _, m := range recapLine.FindAllStringSubmatch(out, -1) {
		counts[m[1]] = strings.Join(strings.Fields(m[2]), " ")
	}
	return counts
}
