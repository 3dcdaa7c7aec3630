package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPartListIsReadable(t *testing.T) {
	parts, err := readParts(partList)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := readTargets(targetList)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, x := range targets {
		known[x.name] = true
	}
	for _, p := range parts {
		if !known[p.target] || p.text == "" || p.reason == "" {
			t.Errorf("bad entry %+v", p)
		}
	}
	for _, text := range []string{"a ; b ; line ; c", "a ; b ; play ; c ; d"} {
		if _, err := readParts(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestLeaveOut(t *testing.T) {
	const tasks = "- name: one\n  debug:\n- block:\n    - assert:\n        that:\n          - a == 1\n          - b == 2\n    - name: two\n      debug:\n- name: three\n"
	for _, c := range []struct{ how, text, want string }{
		{"line", "name: two", strings.Replace(tasks, "    - name: two\n", "", 1)},
		{"whole", "- name: three", strings.Replace(tasks, "- name: three\n", "", 1)},
		{"item", "name: two", strings.Replace(tasks, "    - name: two\n      debug:\n", "", 1)},
		{"item", "b == 2", strings.Replace(tasks, "          - b == 2\n", "", 1)},
		{"item", "that:", "- name: one\n  debug:\n- block:\n    - name: two\n      debug:\n- name: three\n"},
		{"parent", "b == 2", "- name: one\n  debug:\n- block:\n    - name: two\n      debug:\n- name: three\n"},
	} {
		file := filepath.Join(t.TempDir(), "x.yml")
		write(t, file, tasks)
		err := leaveOut([]part{{target: "t", file: "x.yml", how: c.how, text: c.text, reason: "r"}}, "t", filepath.Dir(file))
		got, readErr := os.ReadFile(file)
		if err != nil || readErr != nil || string(got) != c.want {
			t.Errorf("%s %q: %v, %v\n%s\nwant\n%s", c.how, c.text, err, readErr, got, c.want)
		}
	}
	script := filepath.Join(t.TempDir(), "runme.sh")
	write(t, script, "one\ntwo \\\n  three\nfour\n")
	p := part{target: "t", file: "runme.sh", how: "line", text: "two", reason: "r"}
	if err := leaveOut([]part{p}, "t", filepath.Dir(script)); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(script); string(got) != "one\nfour\n" {
		t.Errorf("got %q", got)
	}
	if err := leaveOut([]part{p}, "t", filepath.Dir(script)); err == nil {
		t.Error("a part that is not there was left out")
	}
}

func TestCompatibilityPage(t *testing.T) {
	src := t.TempDir()
	write(t, filepath.Join(src, "lib", "ansible", "release.py"), "__version__ = '9.9'\n")
	page, err := compatibility(src, []result{
		{target: target{name: "good", area: "lang", reference: "pass (1s, ok=2)"}, verdict: passed},
		{target: target{name: "half", area: "lang", reference: "pass"}, verdict: partly, why: "left out: one thing"},
		{target: target{name: "bad", area: "module", reference: "fail (2s)"}, verdict: failed, why: "a | b"},
		{target: target{name: "py", area: "conn", reference: "pass", outOfScope: "a plugin"}, verdict: notScope, why: "a plugin; at x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ansible-core 9.9", "| **the language** | 3 | 3 | 1 | 1 | 0 | 1 | 0 |", "good.\n", "| half | lang | pass | one thing |", `| bad | module | fail | a \| b |`, "| py | conn | pass | a plugin |",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
}
