//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/overlay"
)

// TestResultsEqualAnsible runs the tasks of testdata/results on twin hosts of the lab, one with muster and one with the
// ansible-playbook of this machine, and compares what every task returns, key by key, and then everything that the hosts
// have changed on their disks. A file runs three times, always with --diff: in check mode, for good, and once more when
// little is left to do. A task that fails does not end its file. The keys that a task names in `vars: {differs: [...]}` are
// left out; what differs everywhere is in volatileKeys and volatileTexts.
func TestResultsEqualAnsible(t *testing.T) {
	ansible, program := real(t, "ansible-playbook"), muster(t)
	labOf(t, 2)
	lab(t, "reset")
	inventory := lab(t, "inventory")
	hosts := regexp.MustCompile(`(?m)^(\S+) ansible_host=`).FindAllStringSubmatch(inventory, 2)
	source := filepath.Join(top(t), "internal", "e2e", "testdata", "results")
	files, err := filepath.Glob(filepath.Join(source, "*.yml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			tasks := readTasks(t, file)
			ours := &twin{argv: []string{program, "run"}, host: hosts[0][1], dir: stage(t, source, inventory, tasks.play(t, hosts[0][1]))}
			theirs := &twin{argv: []string{ansible}, host: hosts[1][1], dir: stage(t, source, inventory, tasks.play(t, hosts[1][1]))}
			oursChecked, theirsChecked := ours.run(t, "--check"), theirs.run(t, "--check")
			oursFirst, theirsFirst := ours.run(t), theirs.run(t)
			tasks.compare(t, "check", oursChecked, theirsChecked, theirsFirst)
			tasks.compare(t, "first", oursFirst, theirsFirst, nil)
			tasks.compare(t, "second", ours.run(t), theirs.run(t), nil)
		})
	}
	ours, theirs := changes(t, 1), changes(t, 2)
	delete(ours, "etc/hosts") // names the host
	delete(theirs, "etc/hosts")
	for _, difference := range overlay.Compare(ours, theirs, "muster", "ansible") {
		t.Error(difference)
	}
}

// task is one task of a file.
type task struct {
	node     yaml.Node
	register string
	differs  map[string]bool
	foresees bool // what check mode foresees beyond what Ansible's does is welcome
}

type taskList []task

func readTasks(t *testing.T, file string) taskList {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []yaml.Node
	if err := yaml.Unmarshal(src, &nodes); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	tasks := make(taskList, len(nodes))
	for i, node := range nodes {
		var said struct {
			Register string
			Vars     struct{ Differs []string }
		}
		if err := node.Decode(&said); err != nil {
			t.Fatalf("%s:%d: %v", file, node.Line, err)
		}
		if said.Register == "" {
			said.Register = fmt.Sprintf("r%d", i)
			set(&node, "register", said.Register)
		}
		set(&node, "ignore_errors", "true")
		tasks[i] = task{node: node, register: said.Register, differs: map[string]bool{}}
		for _, key := range said.Vars.Differs {
			tasks[i].differs[key] = true
		}
	}
	return tasks
}

// set gives a task one more keyword.
func set(node *yaml.Node, key, value string) {
	for _, s := range []string{key, value} {
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: s})
	}
}

// play returns a playbook with the tasks, and one more that brings what they returned to the controller.
func (l taskList) play(t *testing.T, host string) string {
	t.Helper()
	var nodes []any
	var registered []string
	for i := range l {
		nodes = append(nodes, &l[i].node)
		registered = append(registered, fmt.Sprintf("'%s': %[1]s | default('none')", l[i].register))
	}
	nodes = append(nodes, map[string]any{
		"copy": map[string]any{
			"content": "results: {{ {" + strings.Join(registered, ", ") + "} | to_json }}",
			"dest":    "{{ playbook_dir }}/results",
		},
		"delegate_to": "localhost", "vars": map[string]any{"ansible_connection": "local"}, "check_mode": false, "diff": false,
	})
	out, err := yaml.Marshal([]any{map[string]any{"hosts": host, "gather_facts": false, "tasks": nodes}})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// stage makes a folder with a playbook, its inventory and the files that its tasks name.
func stage(t *testing.T, source, inventory, playbook string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"play.yml": playbook, "hosts.ini": inventory + "ansible_python_interpreter=/usr/bin/python3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// twin is one of both programs with a folder of its own.
type twin struct {
	argv []string
	host string
	dir  string
}

// run runs the playbook and returns what its tasks returned, by their registered names.
func (w *twin) run(t *testing.T, args ...string) map[string]any {
	t.Helper()
	args = append(append(w.argv[1:len(w.argv):len(w.argv)], "-i", "hosts.ini", "--diff", "play.yml"), args...)
	env := []string{"MUSTER_HISTORY=off", "ANSIBLE_PIPELINING=1", "ANSIBLE_DEPRECATION_WARNINGS=0", "ANSIBLE_HOST_KEY_CHECKING=0"}
	out := play(t, w.dir, env, w.argv[0], args...)
	src, err := os.ReadFile(filepath.Join(w.dir, "results"))
	if err != nil || out.code != 0 {
		t.Fatalf("%s: exit code %d, %v\n%s\n%s", filepath.Base(w.argv[0]), out.code, err, tail(out.stdout), out.stderr)
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(src), "results: "), w.host, "HOST")
	results := map[string]any{}
	if err := json.Unmarshal([]byte(text), &results); err != nil {
		t.Fatalf("%s: %v", filepath.Base(w.argv[0]), err)
	}
	return results
}
