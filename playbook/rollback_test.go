package playbook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/playbook"
)

// load reads a playbook and returns what was wrong with it, one mistake a line: line:col: summary [hint].
func load(t *testing.T, text string) (*playbook.Playbook, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	book, found := playbook.NewLoader(playbook.Options{}).Load(file)
	return book, told(found, file)
}

func told(found diag.List, file string) string {
	var lines []string
	for _, d := range found {
		line := strings.ReplaceAll(d.Pos.String()+": "+d.Summary, file, "site.yml")
		if d.Hint != "" {
			line += " [" + strings.ReplaceAll(d.Hint, file, "site.yml") + "]"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

const rolling = `- name: roll out
  hosts: all
  gate:
    - uri: {url: "http://localhost/"}
      register: r
      until: r.status == 200
      retries: 3
  restore:
    - command: enable
  rollback:
    scope: run
    on_interrupt: true
    handlers:
      - command: tell everybody
  tasks:
    - command: migrate up
      become: true
      vars: {n: 1}
      rollback:
        - command: migrate down
    - block:
        - command: a
      rollback:
        - command: b
`

func TestRollbackKeywords(t *testing.T) {
	book, wrong := load(t, rolling)
	if wrong != "" {
		t.Fatal(wrong)
	}
	p := book.Plays[0]
	if r := p.Rollback; !r.On() || r.Scope != playbook.ScopeRun || !r.OnInterrupt || len(r.Handlers) != 1 {
		t.Errorf("policy %+v", r)
	}
	if len(p.Gate.Before) != 1 || len(p.Gate.After) != 0 || len(p.Restore) != 1 {
		t.Errorf("gate %+v, restore %v", p.Gate, p.Restore)
	}
	migrate := p.Tasks[0].(*playbook.Task)
	down := migrate.Rollback[0].(*playbook.Task)
	if b, ok := down.Inherit("become"); !ok || b.Value != true {
		t.Error("the handler does not become the user that its task becomes")
	}
	if block := p.Tasks[1].(*playbook.Block); len(block.Rollback) != 1 {
		t.Error("the block has no handlers")
	}
}

func TestRollbackDefaults(t *testing.T) {
	for text, want := range map[string]struct {
		on    bool
		scope playbook.Scope
	}{"true": {true, playbook.ScopeBatch}, "no": {false, playbook.ScopeBatch}, "{}": {true, playbook.ScopeBatch}, "{scope: host}": {true, playbook.ScopeHost}} {
		book, wrong := load(t, "- hosts: all\n  rollback: "+text+"\n  tasks: []\n")
		if r := book.Plays[0].Rollback; wrong != "" || r.On() != want.on || r.Scope != want.scope {
			t.Errorf("rollback: %s: %+v %s", text, r, wrong)
		}
	}
	book, _ := load(t, "- hosts: all\n  tasks: []\n")
	if book.Plays[0].Rollback.On() || book.Plays[0].Needs != nil {
		t.Error("a play that says nothing has a policy")
	}
}

func TestRollbackMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"- hosts: all\n  rollback: maybe\n", "site.yml:2:13: rollback: of a play must be true, false or a mapping, not text [write `rollback: true`, or a mapping of scope, handlers, on_interrupt]"},
		{"- hosts: all\n  rollback:\n    - command: x\n", "site.yml:3:5: rollback: of a play must be true, false or a mapping, not a list [the handlers of a play stand under rollback: and handlers:; a list is for tasks and blocks]"},
		{"- hosts: all\n  rollback: {scope: btach}\n", "site.yml:2:21: the scope of a rollback must be host, batch or run, not 'btach' [did you mean batch?]"},
		{"- hosts: all\n  rollback: {scpe: run}\n", "site.yml:2:14: 'scpe' is not a valid key of rollback [did you mean scope?]"},
		{"- hosts: all\n  tasks:\n    - command: x\n      rollback: true\n", "site.yml:4:17: rollback: of a task must be a list of tasks, not text [whether changes are rolled back at all is said on the play; on a task stand the tasks that make up for what has no inverse]"},
		{"- hosts: all\n  tasks:\n    - command: x\n      rollback:\n        - command: y\n          rollback: [{command: z}]\n", "site.yml:5:11: a rollback handler cannot have rollback handlers of its own [what it does wrong can be caught with block and rescue]"},
		{"- hosts: all\n  gate: {befor_restore: []}\n", "site.yml:2:10: 'befor_restore' is not a valid key of gate [did you mean before_restore?]"},
		{"- hosts: all\n  gate: soon\n", "site.yml:2:9: gate must be a list of tasks, not 'soon' [start each task with `- name: …`]"},
		{"- hosts: all\n  roolback: true\n", "site.yml:2:3: 'roolback' is not a valid attribute for a Play [did you mean rollback?]"},
	} {
		if _, got := load(t, c.text); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestStem sees that handlers leave the conditions around them behind and keep what they inherit.
func TestStem(t *testing.T) {
	book, wrong := load(t, `- hosts: all
  become: true
  tasks:
    - when: x is changed
      become_user: app
      environment: {A: 1}
      block:
        - command: up
          delegate_to: db
          rollback: [{command: down}]
`)
	if wrong != "" {
		t.Fatal(wrong)
	}
	up := book.Plays[0].Tasks[0].(*playbook.Block).Body[0].(*playbook.Task)
	written := up.Rollback[0].(*playbook.Task)
	down := playbook.Graft(up.Rollback, playbook.Stem(written.Parent))[0].(*playbook.Task)
	if len(down.Conditions()) != 0 || len(written.Conditions()) != 1 {
		t.Error("the conditions around the task are still there")
	}
	for keyword, want := range map[string]any{"become": true, "become_user": "app", "delegate_to": "db"} {
		if a, _ := down.Inherit(keyword); a.Value != want {
			t.Errorf("%s is %v, want %v", keyword, a.Value, want)
		}
	}
	if n := down.InheritAll("environment"); len(n) != 1 {
		t.Errorf("%d environments", len(n))
	}
}
