package main

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/runnerbin"
)

// The size budget of the runner: it crosses every first connection.
const (
	maxSize   = 9 << 20
	maxPacked = 3584 << 10
)

func goTool(t *testing.T) string {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

func TestSizeBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the runner")
	}
	program := filepath.Join(t.TempDir(), "runner")
	if err := runnerbin.Compile(t.Context(), goTool(t), "../..", "linux", "amd64", program, runnerbin.Slim); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var packed count
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	size, err := io.Copy(z, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d KiB, packed %d KiB", size>>10, packed>>10)
	if size > maxSize {
		t.Errorf("the runner has %d bytes, the budget is %d", size, maxSize)
	}
	if packed > maxPacked {
		t.Errorf("the packed runner has %d bytes, the budget is %d", packed, maxPacked)
	}
}

type count int64

func (c *count) Write(p []byte) (int, error) {
	*c += count(len(p))
	return len(p), nil
}

func TestDependencies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), goTool(t), "list", "-tags", "slim", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	unwanted := map[string]string{
		"github.com/expr-lang/expr":                      "templates are rendered on the controller",
		"github.com/spf13/cobra":                         "the runner has no command line for people",
		"golang.org/x/crypto/ssh":                        "the runner opens no connections to hosts",
		"github.com/pkg/sftp":                            "the runner opens no connections to hosts",
		"net/http":                                       "web requests belong to the full runner",
		"crypto/tls":                                     "web requests belong to the full runner",
		"text/template":                                  "it keeps the linker from dropping methods",
		"html/template":                                  "it keeps the linker from dropping methods",
		"testing":                                        "it is for tests",
		"gopkg.in/yaml.v3":                               "playbooks are read on the controller",
		"github.com/musterhq/muster/playbook":            "playbooks are read on the controller",
		"github.com/musterhq/muster/executor":            "the controller executes",
		"github.com/musterhq/muster/inventory":           "inventories are read on the controller",
		"github.com/musterhq/muster/internal/view":       "the controller shows",
		"github.com/musterhq/muster/internal/history":    "the controller remembers",
		"github.com/musterhq/muster/transport/ssh":       "the runner opens no connections to hosts",
		"github.com/musterhq/muster/internal/runnerbin":  "a runner does not carry runners",
		"github.com/musterhq/muster/modules/modulestest": "it is for tests",
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for path, why := range unwanted {
			if dep == path || strings.HasPrefix(dep, path+"/") {
				t.Errorf("the runner depends on %s: %s", dep, why)
			}
		}
		if dep == "github.com/musterhq/muster/transport" {
			t.Errorf("the runner depends on %s: only its leaf wire is shared", dep)
		}
	}
}
