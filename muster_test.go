package muster_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/event"
	"github.com/musterhq/muster/internal/runner"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/modules/sys"
)

// TestMain makes the test binary the program that serves local connections.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "runner" {
		os.Exit(runner.Main(context.Background(), os.Args[1:], runner.Options{Lookup: all.All().Get, System: sys.Real(), Version: "library"}))
	}
	os.Exit(m.Run())
}

func options(t *testing.T, book string) muster.Options {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"site.yml": book, "hosts.ini": "here ansible_connection=local\n", "ansible.cfg": "[defaults]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return muster.Options{Playbooks: []string{filepath.Join(dir, "site.yml")}, Inventory: []string{filepath.Join(dir, "hosts.ini")}, Dir: dir, Program: self}
}

// TestRun runs a playbook and reads its events.
func TestRun(t *testing.T) {
	o := options(t, `
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: "{{ playbook_dir }}/out", content: "{{ greeting }}\n"}
    - fail: {msg: "no {{ greeting }}"}
`)
	o.ExtraVars = map[string]any{"greeting": "hello {{ 1 + 1 }}"}
	var said []string
	o.Events = func(e event.Event) {
		if r, ok := e.(event.TaskResult); ok {
			msg, _ := r.Result["msg"].(string)
			said = append(said, strings.TrimSpace(string(r.Status)+" "+msg))
		}
	}
	code, err := muster.Run(t.Context(), o)
	if err != nil || code != muster.ExitFailed {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if got := strings.Join(said, ", "); got != "changed, failed no hello 2" {
		t.Errorf("events: %s", got)
	}
	if text, err := os.ReadFile(filepath.Join(o.Dir, "out")); err != nil || string(text) != "hello 2\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestMistakes are found before anything runs, with their place.
func TestMistakes(t *testing.T) {
	_, err := muster.Run(t.Context(), options(t, "- hosts: all\n  tusks: []\n"))
	if err == nil || !strings.Contains(err.Error(), "site.yml:2:3") {
		t.Errorf("%v", err)
	}
	if _, err := muster.Run(t.Context(), muster.Options{}); err == nil {
		t.Error("no playbook is no mistake")
	}
}
