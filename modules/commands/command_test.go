package commands_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/commands"
	"github.com/musterhq/muster/modules/sys"
)

// run runs a module on this machine.
func run(t *testing.T, m modules.Module, check bool, args map[string]any) modules.Result {
	t.Helper()
	return m.Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: args, Check: check})
}

// expect compares keys of a result; a value that starts with ~ is a pattern.
func expect(t *testing.T, res modules.Result, want map[string]any) {
	t.Helper()
	for key, w := range want {
		got, there := res[key]
		if pattern, ok := w.(string); ok && strings.HasPrefix(pattern, "~") {
			text, _ := got.(string)
			if !regexp.MustCompile(pattern[1:]).MatchString(text) {
				t.Errorf("%s = %q, want something like %s", key, text, pattern[1:])
			}
			continue
		}
		if w == nil && there && got == nil {
			continue
		}
		if modules.PyRepr(got) != modules.PyRepr(w) {
			t.Errorf("%s = %s, want %s", key, modules.PyRepr(got), modules.PyRepr(w))
		}
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WORD", "a b")
	t.Setenv("HOME", "/home/me")
	tests := []struct {
		name string
		args map[string]any
		want map[string]any
	}{
		{"words", map[string]any{"cmd": `echo 'a  b' c`},
			map[string]any{"changed": true, "rc": 0, "stdout": "a  b c", "stderr": "", "msg": "", "cmd": []any{"echo", "a  b", "c"},
				"delta": `~^0:00:0\d\.\d{6}$`, "start": `~^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$`, "failed": nil}},
		{"list", map[string]any{"argv": []any{"echo", "a b", "$WORD", "$NOPE_"}}, map[string]any{"stdout": "a b a b $NOPE_"}},
		{"home", map[string]any{"cmd": "echo ~/x '~' a~"}, map[string]any{"stdout": "/home/me/x /home/me a~"}},
		{"not expanded", map[string]any{"cmd": "echo $WORD ~", "expand_argument_vars": false}, map[string]any{"stdout": "$WORD ~"}},
		{"exit code", map[string]any{"cmd": "false"},
			map[string]any{"changed": true, "failed": true, "rc": 1, "msg": "non-zero return code"}},
		{"no such program", map[string]any{"cmd": "no-such-program a 'b c'"},
			map[string]any{"changed": false, "failed": true, "rc": 2, "cmd": "no-such-program a 'b c'", "stdout": "",
				"msg": "[Errno 2] No such file or directory: b'no-such-program'"}},
		{"not executable", map[string]any{"cmd": plain},
			map[string]any{"failed": true, "rc": 13, "msg": "[Errno 13] Permission denied: b'" + plain + "'"}},
		{"nothing", map[string]any{"cmd": " "},
			map[string]any{"failed": true, "rc": 256, "msg": "no command given", "cmd": nil}},
		{"both", map[string]any{"cmd": "echo", "argv": []any{"x"}},
			map[string]any{"failed": true, "rc": 256, "msg": "only command or argv can be given, not both"}},
		{"stdin", map[string]any{"cmd": "cat", "stdin": "in", "strip_empty_ends": false}, map[string]any{"stdout": "in\n"}},
		{"stdin alone", map[string]any{"cmd": "cat", "stdin": "in", "stdin_add_newline": false, "strip_empty_ends": false},
			map[string]any{"stdout": "in"}},
		{"chdir", map[string]any{"cmd": "pwd", "chdir": dir}, map[string]any{"stdout": dir}},
		{"program in chdir", map[string]any{"cmd": "./plain", "chdir": dir}, map[string]any{"rc": 13}},
		{"no chdir", map[string]any{"cmd": "pwd", "chdir": dir + "/no"},
			map[string]any{"failed": true, "changed": false, "rc": nil, "stdout": "",
				"msg": "Unable to change directory before execution: [Errno 2] No such file or directory: b'" + dir + "/no'"}},
		{"creates", map[string]any{"cmd": "false", "creates": dir + "/pl*"},
			map[string]any{"changed": false, "failed": nil, "rc": 0, "stdout": "skipped, since " + dir + "/pl* exists",
				"msg": "Did not run command since '" + dir + "/pl*' exists", "start": nil, "delta": nil}},
		{"creates in chdir", map[string]any{"cmd": "false", "chdir": dir, "creates": "plain"}, map[string]any{"rc": 0, "changed": false}},
		{"removes", map[string]any{"cmd": "false", "removes": dir + "/no"},
			map[string]any{"changed": false, "stdout": "skipped, since " + dir + "/no does not exist",
				"msg": "Did not run command since '" + dir + "/no' does not exist"}},
		{"signal", map[string]any{"argv": []any{"sh", "-c", "kill -9 $$"}, "expand_argument_vars": false}, map[string]any{"rc": -9}},
		{"executable", map[string]any{"cmd": "echo a", "executable": "/bin/x"}, map[string]any{"stdout": "a",
			"warnings": []any{"As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '/bin/x'."}}},
		{"unbalanced", map[string]any{"cmd": "echo 'a"}, map[string]any{"failed": true, "msg": "~no closing quotation"}},
		{"not text", map[string]any{"cmd": `printf '\377\376x'`}, map[string]any{"stdout": "\ufffd\ufffdx"}},
		{"unknown", map[string]any{"cmd": "ls", "create": "x"}, map[string]any{"failed": true, "msg": "~Unsupported parameters for \\(command\\) module: create"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, run(t, commands.Command(), false, tt.args), tt.want) })
	}
}

func TestCheckModeRunsNothing(t *testing.T) {
	dir := t.TempDir()
	made := filepath.Join(dir, "made")
	touch := "touch " + made
	tests := []struct {
		name string
		m    modules.Module
		args map[string]any
		want map[string]any
	}{
		{"unknown effect", commands.Command(), map[string]any{"cmd": touch},
			map[string]any{"skipped": true, "changed": false, "rc": 0, "msg": "Command would have run if not in check mode"}},
		{"creates", commands.Command(), map[string]any{"cmd": touch, "creates": made},
			map[string]any{"skipped": nil, "changed": true, "msg": "Command would have run if not in check mode"}},
		{"created", commands.Command(), map[string]any{"cmd": touch, "creates": dir},
			map[string]any{"changed": false, "msg": "Would not run command since '" + dir + "' exists"}},
		{"shell", commands.Shell(), map[string]any{"cmd": touch}, map[string]any{"skipped": true, "cmd": touch}},
		{"raw", commands.Raw(), map[string]any{"cmd": touch}, map[string]any{"skipped": true}},
		{"script", commands.Script(), map[string]any{"cmd": "x.sh"}, map[string]any{"skipped": true, "changed": false}},
		{"script creates", commands.Script(), map[string]any{"cmd": "x.sh", "creates": made}, map[string]any{"changed": true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, run(t, tt.m, true, tt.args), tt.want) })
	}
	if _, err := os.Stat(made); err == nil {
		t.Error("check mode ran the command")
	}
}

func TestShell(t *testing.T) {
	tests := []struct {
		name string
		args map[string]any
		want map[string]any
	}{
		{"pipe", map[string]any{"cmd": "echo a; echo b | tr b c; echo e >&2"},
			map[string]any{"stdout": "a\nc", "stderr": "e", "cmd": "echo a; echo b | tr b c; echo e >&2", "changed": true}},
		{"default", map[string]any{"cmd": "echo $0"}, map[string]any{"stdout": "/bin/sh"}},
		{"executable", map[string]any{"cmd": "echo $0", "executable": "/bin/bash"}, map[string]any{"stdout": "/bin/bash"}},
		{"no executable", map[string]any{"cmd": "echo a", "executable": "/bin/nope"},
			map[string]any{"rc": 2, "cmd": "/bin/nope -c 'echo a'", "msg": "[Errno 2] No such file or directory: b'/bin/nope'", "changed": false}},
		{"nothing", map[string]any{}, map[string]any{"rc": 256, "msg": "no command given"}},
		{"expansion is the shell's", map[string]any{"cmd": "echo", "expand_argument_vars": true},
			map[string]any{"failed": true, "msg": "Unsupported parameters for (shell) module: expand_argument_vars"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, run(t, commands.Shell(), false, tt.args), tt.want) })
	}
}

func TestEnvironmentOfTheTask(t *testing.T) {
	res := commands.Shell().Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: map[string]any{"cmd": "echo $FROM_TASK"},
		Env: map[string]string{"FROM_TASK": "yes"}})
	expect(t, res, map[string]any{"stdout": "yes"})
}

func TestCancelledCommandFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := commands.Command().Run(ctx, &modules.Call{Sys: sys.Real(), Args: map[string]any{"cmd": "sleep 60"}})
	expect(t, res, map[string]any{"failed": true, "msg": "~cancel"})
}

func TestRaw(t *testing.T) {
	res := run(t, commands.Raw(), false, map[string]any{"cmd": "echo a; exit 4"})
	expect(t, res, map[string]any{"changed": true, "failed": true, "rc": 4, "stdout": "a\n", "msg": "non-zero return code"})
}
