package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTargetListIsReadable(t *testing.T) {
	list, err := readTargets(targetList)
	if err != nil {
		t.Fatal(err)
	}
	areas := map[string]bool{"lang": true, "filter/test": true, "lookup": true, "inventory": true, "conn": true, "module": true}
	seen := map[string]bool{}
	for _, x := range list {
		if !areas[x.area] || x.reference == "" || seen[x.name] {
			t.Errorf("bad entry %+v", x)
		}
		seen[x.name] = true
	}
	if len(list) < 90 {
		t.Errorf("only %d targets", len(list))
	}
}

func TestReadTargetsRefusesBadLines(t *testing.T) {
	for _, text := range []string{"a | lang | role", "a | lang | play | pass | - | - | -"} {
		if _, err := readTargets(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestChoose(t *testing.T) {
	all := []target{{name: "a", area: "lang"}, {name: "b", area: "conn"}, {name: "c", area: "lang"}}
	names := func(list []target) string {
		var out []string
		for _, x := range list {
			out = append(out, x.name)
		}
		return strings.Join(out, ",")
	}
	for _, c := range []struct{ only, area, want string }{{"", "", "a,b,c"}, {"c, a", "", "a,c"}, {"", "conn", "b"}, {"a", "lang", "a"}} {
		got, err := choose(all, c.only, c.area)
		if err != nil || names(got) != c.want {
			t.Errorf("choose(%q, %q) = %s, %v; want %s", c.only, c.area, names(got), err, c.want)
		}
	}
	if _, err := choose(all, "nope", ""); err == nil {
		t.Error("an unknown name was accepted")
	}
}

func TestFirstFailure(t *testing.T) {
	err := errors.New("exit status 2")
	for name, c := range map[string]struct{ output, want string }{
		"last unignored": {
			"TASK [one] ****\nfatal: [h]: FAILED! => {\"msg\": \"ignored\"}\n...ignoring\n\nTASK [two] ***\nfatal: [h]: FAILED! => {\"changed\": false, \"msg\": \"broke \\\"it\\\"\"}\n",
			`[two] "broke \"it\""`,
		},
		"several lines": {"TASK [a : b] ****\nfatal: [h]: FAILED! => {\n    \"changed\": false,\n    \"msg\": \"no\"\n}\n", `[a : b] "no"`},
		"script":        {"+ ansible-playbook x.yml\nmuster: error: no\n+ grep it out\n", "at `grep it out`: muster: error: no"},
		"nothing":       {"", "exit status 2"},
	} {
		if got := firstFailure(c.output, err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestStageRunsTargets runs a role and scripts with a stand-in for muster: good, failing, endless, out of scope.
func TestStageRunsTargets(t *testing.T) {
	src := t.TempDir()
	scripts := map[string]string{"good": "test -n \"$OUTPUT_DIR\" && ansible-playbook x", "bad": "echo +; exit 3", "endless": "read x < fifo", "plugins": "exit 1"}
	for name, body := range scripts {
		dir := filepath.Join(src, "test", "integration", "targets", name)
		write(t, filepath.Join(dir, "runme.sh"), "#!/bin/sh\n[ -p fifo ] || mkfifo fifo\n"+body+"\n")
	}
	write(t, filepath.Join(src, "test", "integration", "targets", "rolled", "tasks", "main.yml"), "[]\n")
	fake := filepath.Join(t.TempDir(), "muster")
	write(t, fake, "#!/bin/sh\nif [ \"$1\" = links ]; then mkdir -p $2; ln -s "+fake+" $2/ansible-playbook; fi\n")
	work := filepath.Join(t.TempDir(), "work")
	s, err := newStage(t.Context(), options{src: src, work: work, muster: fake, limit: time.Second, jobs: 3}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	list := []target{
		{name: "good", script: true}, {name: "bad", script: true}, {name: "endless", script: true}, {name: "rolled"},
		{name: "plugins", script: true, outOfScope: "a plugin"}, {name: "root", system: true}, {name: "absent"},
	}
	want := []string{passed, failed, failed, passed, notScope, notRun, notRun}
	results := s.runAll(t.Context(), list, func(result) {})
	for i, r := range results {
		if r.verdict != want[i] {
			t.Errorf("%s: %s (%s), want %s", r.target.name, r.verdict, r.why, want[i])
		}
	}
	if why := results[2].why; !strings.Contains(why, "did not end") {
		t.Errorf("the endless target: %s", why)
	}
	table := report(results)
	if !strings.Contains(table, "7 targets: 2 pass, 0 pass in part, 2 fail, 1 out of scope, 2 not run") {
		t.Error(table)
	}
}

func TestRunNeedsSources(t *testing.T) {
	for _, src := range []string{"", t.TempDir()} {
		if err := run(context.Background(), options{src: src}, io.Discard, io.Discard); err == nil {
			t.Errorf("-src %q was accepted", src)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
