package main

import (
	"slices"
	"strings"
	"testing"
)

const printed = `
PLAY [all] *********************************************************************

TASK [Gathering Facts] *********************************************************
ok: [h1]

TASK [role : files | a] ********************************************************
changed: [h1] => (item=a)
skipping: [h1] => (item=b)
failed: [h1] (item=c) => {"msg": "no"}
...ignoring

TASK [include] *****************************************************************
included: /x/tasks.yml for h1

TASK [never] *******************************************************************
skipping: [h1]

RUNNING HANDLER [reload] *******************************************************
changed: [h1]

PLAY RECAP *********************************************************************
h1                         : ok=4    changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=1   
`

func TestStory(t *testing.T) {
	s := readStory(printed)
	want := []string{"TASK [Gathering Facts]: ok", "TASK [role : files | a]: changed, skipping, failed, ignoring", "TASK [include]: included", "TASK [never]: skipping", "RUNNING HANDLER [reload]: changed"}
	if !slices.Equal(s.tasks, want) || s.recap != "ok=4 changed=2 unreachable=0 failed=0 skipped=1 rescued=0 ignored=1" || s.count() != 4 {
		t.Errorf("tasks %q, recap %q, count %d", s.tasks, s.recap, s.count())
	}
}

func TestDifferences(t *testing.T) {
	s := func(tasks ...string) story { return story{tasks: tasks} }
	for _, tt := range []struct{ ours, theirs, want []string }{
		{[]string{"TASK [a]: ok"}, []string{"TASK [a]: ok"}, nil},
		{[]string{"TASK [a]: ok", "TASK [b]: ok"}, []string{"TASK [a]: changed", "TASK [b]: ok"}, []string{"muster: TASK [a]: ok; Ansible: TASK [a]: changed"}},
		{[]string{"TASK [b]: ok"}, []string{"TASK [a]: ok", "TASK [b]: ok"}, []string{"only Ansible: TASK [a]: ok"}},
		{[]string{"TASK [a]: ok", "TASK [b]: ok"}, []string{"TASK [b]: ok"}, []string{"only muster: TASK [a]: ok"}},
	} {
		if got := differences(s(tt.ours...), s(tt.theirs...)); !slices.Equal(got, tt.want) {
			t.Errorf("%v and %v: %q, want %q", tt.ours, tt.theirs, got, tt.want)
		}
	}
}

func TestManifest(t *testing.T) {
	list, err := readManifest(manifest)
	if err != nil || len(list) < 3 {
		t.Fatalf("%d projects, %v", len(list), err)
	}
	for text, want := range map[string]string{
		"- name: a\n": "needs a name and sources", "- nme: a\n": "field nme not found",
		"- {name: a, sources: [{repo: a/b}], differs: [{path: x}]}\n":                     "say why it differs",
		"- {name: a, sources: [{repo: a/b}], differs: [{path: x, lines: '(', why: y}]}\n": "missing closing",
	} {
		if _, err := readManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestPage(t *testing.T) {
	s := readStory(printed)
	same := result{project: project{Name: "same"}, ansible: outcome{runs: [2]story{s, s}}, muster: outcome{runs: [2]story{s, s}}}
	same.compare()
	other := same
	other.project.Name = "other"
	other.muster.runs[1] = story{recap: "ok=3", tasks: s.tasks[1:]}
	other.compare()
	text := page([]result{same, other})
	for _, want := range []string{"| same |  | 4 | ok=4 changed=2", "| same | same | same |\n", "## What differs in other\n\n- `second run: muster ok=3; Ansible ok=4", "only Ansible: TASK [Gathering Facts]: ok", "| `/tmp` |  |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "## What differs in same") {
		t.Error("what is the same differs")
	}
}
