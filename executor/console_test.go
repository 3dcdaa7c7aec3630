package executor_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/settings"
)

// script is a person who types the same lines every time.
type script struct {
	lines []string
	shown strings.Builder
}

func (s *script) Line(_ context.Context, prompt string) (string, error) {
	if len(s.lines) == 0 {
		return "", io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	s.shown.WriteString(prompt + line + "\n")
	return line, nil
}

func (s *script) Print(text string) { s.shown.WriteString(text + "\n") }

const debugged = `
- name: p
  hosts: web
  gather_facts: false
  vars: {known: good}
  tasks:
    - {name: first, debug: {msg: "{{ unknown }}"}, debugger: on_failed, when: inventory_hostname == 'a1', register: r}
    - {name: told, debug: {msg: "{{ r.msg | default('skipped') }}"}}
`

func TestDebugger(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		shown []string
		story string
	}{
		"mended and run again": {
			lines: []string{
				"p task.args", "p result._result.failed", "what", "p nothing", "del task.args['msg']", "args[\"msg\"] = '{{ known }} {{ x }}'",
				"task_vars['x'] = 2", "p task.args", "p task_vars['known']", "u", "r",
			},
			shown: []string{
				"[a1] TASK: first (debug)> p task.args\n{'msg': '{{ unknown }}'}\n", "\nTrue\n", "***SyntaxError: what is no command", "***'nothing' is undefined",
				"{'msg': '{{ known }} {{ x }}'}\n", "\n'good'\n",
			},
			story: `
PLAY p: a1 a2
TASK first
  a1 failed: The task includes an option with an undefined variable. The error was: 'unknown' is undefined
  a2 skipped
  a1 ok: good 2
TASK told
  a1 ok: good 2
  a2 ok: skipped
= a1 ok=2
= a2 ok=1 skipped=1`,
		},
		"left as it is": {
			lines: []string{"help", "c"},
			shown: []string{"Documented commands"},
			story: `
PLAY p: a1 a2
TASK first
  a1 failed: The task includes an option with an undefined variable. The error was: 'unknown' is undefined
  a2 skipped
TASK told
  a2 ok: skipped
= a1 failed=1
= a2 ok=1 skipped=1`,
		},
		"the end of input ends the run": {
			shown: []string{"User interrupted execution"},
			story: `
PLAY p: a1 a2
TASK first
  a1 failed: The task includes an option with an undefined variable. The error was: 'unknown' is undefined
  a2 skipped
= a1 failed=1
= a2 skipped=1`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			person := &script{lines: c.lines}
			rec, _, err := newLab(t, nil).run(debugged, func(o *executor.Options) { o.Console = person })
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(rec.story()); got != strings.TrimSpace(c.story) {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.story)
			}
			for _, want := range c.shown {
				if !strings.Contains(person.shown.String(), want) {
					t.Errorf("%q is not shown:\n%s", want, person.shown.String())
				}
			}
		})
	}
}

func TestWhatIsDebugged(t *testing.T) {
	const task = "- hosts: a1\n  gather_facts: false\n  tasks: [{name: t, fail: {}, DEBUGGER}]\n"
	for keyword, asked := range map[string]bool{
		"vars: {}": true, "debugger: never": false, "debugger: always": true, "debugger: on_unreachable": false, "debugger: on_skipped": false,
		"ignore_errors: true": false, "debugger: on_skipped, when: false": true,
	} {
		person := &script{lines: []string{"c"}}
		_, _, err := newLab(t, nil).run(strings.Replace(task, "DEBUGGER", keyword, 1), func(o *executor.Options) {
			o.Console = person
			o.Settings, _ = settings.Load([]string{"ANSIBLE_ENABLE_TASK_DEBUGGER=1"}, t.TempDir())
		})
		if err != nil || (len(person.lines) == 0) != asked {
			t.Errorf("%s: %v, asked %v", keyword, err, len(person.lines) == 0)
		}
	}
	if _, _, err := newLab(t, nil).run(debugged); err == nil || !strings.Contains(err.Error(), "there is nobody to ask") {
		t.Errorf("without a console: %v", err)
	}
}

func TestStep(t *testing.T) {
	const book = `
- name: p
  hosts: web
  gather_facts: false
  tasks:
    - {name: one, debug: {msg: 1}}
    - {name: two, debug: {msg: 2}}
    - {name: three, debug: {msg: 3}}
    - {name: four, debug: {msg: 4}}
`
	person := &script{lines: []string{"y", "", "c"}}
	rec, _, err := newLab(t, nil).run(book, func(o *executor.Options) { o.Console, o.Step = person, true })
	if err != nil {
		t.Fatal(err)
	}
	const want = `
PLAY p: a1 a2
TASK one
  a1 ok: 1
  a2 ok: 1
TASK three
  a1 ok: 3
  a2 ok: 3
TASK four
  a1 ok: 4
  a2 ok: 4
= a1 ok=3
= a2 ok=3`
	if got := strings.TrimSpace(rec.story()); got != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if want := "Perform task: TASK: two (N)o/(y)es/(c)ontinue: \n"; !strings.Contains(person.shown.String(), want) {
		t.Errorf("%q is not asked:\n%s", want, person.shown.String())
	}
	if _, _, err := newLab(t, nil).run(book, func(o *executor.Options) { o.Step = true }); err == nil {
		t.Error("steps without anybody to ask")
	}
}
