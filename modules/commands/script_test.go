package commands_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/commands"
	"github.com/musterhq/muster/modules/sys"
)

// content is a controller that holds one file under one digest.
type content struct{ digest, text string }

func (c content) Open(_ context.Context, sha256 string) (io.ReadCloser, error) {
	if sha256 != c.digest {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(c.text)), nil
}

func TestScript(t *testing.T) {
	const text = "#!/bin/sh\nfor a; do echo \"[$a]\"; done; basename \"$0\"; pwd; exit ${CODE:-0}\n"
	dir, work := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", dir)
	tests := []struct {
		name string
		args map[string]any
		env  map[string]string
		want map[string]any
	}{
		{"arguments", map[string]any{"cmd": `files/s.sh 'a b' "c"  d`, "chdir": work}, nil,
			map[string]any{"changed": true, "rc": 0, "stdout": "[a b]\n[c]\n[d]\ns.sh\n" + work + "\n", "msg": nil}},
		{"quoted name", map[string]any{"cmd": `'dir of/my script.sh' x`, "chdir": work}, nil,
			map[string]any{"stdout": "[x]\nmy script.sh\n" + work + "\n"}},
		{"name of the controller", map[string]any{"cmd": "s.sh", "_basename": "other.sh", "chdir": work}, nil,
			map[string]any{"stdout": "other.sh\n" + work + "\n"}},
		{"interpreter", map[string]any{"cmd": "s.sh", "executable": "/bin/sh -x", "chdir": work}, nil,
			map[string]any{"rc": 0, "stderr": "~basename"}},
		{"exit code", map[string]any{"cmd": "s.sh"}, map[string]string{"CODE": "3"},
			map[string]any{"failed": true, "changed": true, "rc": 3, "msg": "non-zero return code"}},
		{"creates", map[string]any{"cmd": "s.sh", "creates": work}, nil,
			map[string]any{"skipped": true, "changed": false, "msg": work + " exists, matching creates option"}},
		{"removes", map[string]any{"cmd": "s.sh", "removes": work + "/no"}, nil,
			map[string]any{"skipped": true, "msg": work + "/no does not exist, matching removes option"}},
		{"relative folder", map[string]any{"cmd": "s.sh", "chdir": "x"}, nil, map[string]any{"failed": true, "msg": "~must be an absolute path"}},
		{"no script", map[string]any{}, nil, map[string]any{"failed": true, "msg": "no script given"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.args["_content"] = map[string]any{"sha256": "digest", "size": len(text)}
			res := commands.Script().Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: tt.args, Env: tt.env,
				Content: content{"digest", text}})
			expect(t, res, tt.want)
		})
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestScriptWithoutContentIsRefused(t *testing.T) {
	res := commands.Script().Run(t.Context(), &modules.Call{Sys: sys.Real(), Args: map[string]any{"cmd": "s.sh"}})
	expect(t, res, map[string]any{"failed": true, "changed": false})
}
