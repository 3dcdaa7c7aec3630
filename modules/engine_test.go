package modules

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

type noteParams struct {
	Path   string `param:"path,required" alias:"dest,name" type:"path" doc:"Where the note is."`
	Text   string `param:"text" default:"hello" doc:"What it says."`
	State  string `param:"state" choices:"present,absent" default:"present" doc:"Whether it is there."`
	Secret string `param:"token,secret" doc:"A secret."`
	Count  *int   `param:"count" doc:"A number."`
}

type noteState struct {
	Exists bool
	Text   string
}

func noteModule() Module {
	return State[noteParams, noteState]{
		Info: Info{Name: "note", Undo: UndoFull},
		Read: func(_ context.Context, r sys.Reader, p noteParams) (noteState, error) {
			b, err := r.ReadFile(p.Path)
			if os.IsNotExist(err) {
				return noteState{}, nil
			}
			return noteState{true, string(b)}, err
		},
		Want: func(p noteParams, now noteState) (noteState, error) {
			if p.State == "absent" {
				return noteState{}, nil
			}
			return noteState{true, p.Text}, nil
		},
		Apply: func(_ context.Context, s sys.System, p noteParams, _, to noteState) error {
			if !to.Exists {
				return s.Remove(p.Path)
			}
			return s.WriteFile(p.Path, strings.NewReader(to.Text), sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1})
		},
		Report: func(p noteParams, _, to noteState, _ bool) Result {
			return Result{"path": p.Path, "text": to.Text, "echo": "token is " + p.Secret}
		},
	}.Module()
}

func TestStateLifecycle(t *testing.T) {
	dir := t.TempDir()
	s := sys.Rooted(dir)
	m := noteModule()
	run := func(check bool, args map[string]any) Result {
		return m.Run(context.Background(), &Call{Sys: s, Args: args, Check: check})
	}
	args := map[string]any{"dest": "/n", "token": "s3cret"}
	if res := run(true, args); !res.Changed() || res.Failed() {
		t.Fatalf("check: %v", res)
	}
	if _, err := os.Stat(filepath.Join(dir, "n")); err == nil {
		t.Fatal("check mode wrote")
	}
	res := run(false, args)
	if !res.Changed() || res["text"] != "hello" {
		t.Fatalf("first: %v", res)
	}
	if res["echo"] != "token is ********" {
		t.Errorf("secret shows: %v", res["echo"])
	}
	inv := res["invocation"].(map[string]any)["module_args"].(map[string]any)
	if inv["token"] != Hidden || inv["path"] != "/n" || inv["state"] != "present" {
		t.Errorf("invocation: %v", inv)
	}
	if res := run(false, args); res.Changed() {
		t.Fatalf("second: %v", res)
	}
}

func TestDecodeMessages(t *testing.T) {
	m := noteModule()
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{}, "missing required arguments: path"},
		{map[string]any{"path": "/n", "stat": "x"}, "Unsupported parameters for (note) module: stat. Supported parameters include: count, path, state, text, token (dest, name). Did you mean state?"},
		{map[string]any{"path": "/n", "state": "gone"}, "value of state must be one of: present, absent, got: gone"},
		{map[string]any{"path": "/n", "count": "x"}, "argument 'count' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int"},
	} {
		res := m.Run(context.Background(), &Call{Sys: sys.Rooted(t.TempDir()), Args: c.args})
		if res["msg"] != c.want || !res.Failed() {
			t.Errorf("%v:\n got %v\nwant %v", c.args, res["msg"], c.want)
		}
	}
}
