package runner_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/transport"
	"github.com/musterhq/muster/transport/wire"
)

// wait asks for a job until it has ended.
func wait(t *testing.T, s *transport.Session, dir, jid string) map[string]any {
	t.Helper()
	for {
		r := one(t, s, &wire.Request{Module: "async_status", Items: items(map[string]any{"jid": jid, "_async_dir": dir})})
		if r["finished"] == int64(1) || t.Context().Err() != nil {
			return r
		}
	}
}

func TestAsync(t *testing.T) {
	s := open(t)
	dir := filepath.Join(t.TempDir(), "jobs")
	gate := filepath.Join(t.TempDir(), "gate")
	data := []byte("#!/bin/sh\n")
	all, err := do(t, s, &wire.Request{Module: "run", Async: 30, JobID: "j1.2", Env: map[string]string{"ANSIBLE_ASYNC_DIR": dir},
		Items:    items(map[string]any{"cmd": "until [ -e " + gate + " ]; do sleep 0.05; done; echo done"}),
		Contents: []wire.Content{{SHA256: digest(data), Size: int64(len(data))}}}, contentOf(data))
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	path := filepath.Join(dir, "j1.2")
	for k, want := range map[string]any{"changed": true, "started": int64(1), "finished": int64(0), "ansible_job_id": "j1.2", "results_file": path} {
		if all[0][k] != want {
			t.Errorf("start: %s is %v, want %v", k, all[0][k], want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("job file: %v, %v", info, err)
	}
	r := one(t, s, &wire.Request{Module: "ansible.builtin.async_status", Items: items(map[string]any{"jid": "j1.2", "_async_dir": dir})})
	if r["started"] != int64(1) || r["finished"] != int64(0) || r["results_file"] != path {
		t.Errorf("while it runs: %v", r)
	}
	_ = s.Close() // the job goes on without its connection
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t)
	if r := wait(t, s, dir, "j1.2"); r["stdout"] != "done\n" || r["rc"] != int64(0) || r["started"] != int64(1) || r["ansible_job_id"] != "j1.2" {
		t.Errorf("at the end: %v", r)
	}
	r = one(t, s, &wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "j1.2", "mode": "cleanup", "_async_dir": dir})})
	if _, err := os.Stat(path); r["erased"] != path || !os.IsNotExist(err) {
		t.Errorf("cleanup: %v, %v", r, err)
	}
	r = one(t, s, &wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "j1.2", "_async_dir": dir})})
	if r["failed"] != true || r["msg"] != "could not find job" || r["finished"] != int64(1) {
		t.Errorf("afterwards: %v", r)
	}
}

func TestAsyncTimeAndPanic(t *testing.T) {
	s := open(t)
	dir := t.TempDir()
	env := map[string]string{"ANSIBLE_ASYNC_DIR": dir}
	for module, want := range map[string]string{"wait": "Timeout exceeded", "boom": "broken on purpose", "nothing": "no module"} {
		r := one(t, s, &wire.Request{Module: module, Async: 1, Env: env, Items: items(nil)})
		jid, _ := r["ansible_job_id"].(string)
		if !strings.HasPrefix(jid, "j") {
			t.Fatalf("%s: %v", module, r)
		}
		if r := wait(t, s, dir, jid); r["failed"] != true || !strings.Contains(r["msg"].(string), want) {
			t.Errorf("%s: %v", module, r)
		}
	}
}

func TestAsyncLoopMakesOneJobEach(t *testing.T) {
	s := open(t)
	dir := t.TempDir()
	all, err := do(t, s, &wire.Request{Module: "echo", Async: 9, JobID: "j7.1", Env: map[string]string{"ANSIBLE_ASYNC_DIR": dir}, Items: items(map[string]any{"n": 1}, map[string]any{"n": 2})}, nil)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for i, r := range all {
		done := wait(t, s, dir, r["ansible_job_id"].(string))
		if args, _ := done["args"].(map[string]any); args["n"] != int64(i+1) {
			t.Errorf("job %d: %v", i, done)
		}
	}
}

func TestAsyncRefuses(t *testing.T) {
	s := open(t)
	for _, c := range []struct {
		req  wire.Request
		want string
	}{
		{wire.Request{Module: "echo", Async: 9, JobID: "../x", Items: items(nil)}, "is no job id"},
		{wire.Request{Module: "echo", Async: 9, Env: map[string]string{"ANSIBLE_ASYNC_DIR": "relative"}, Items: items(nil)}, "no absolute path"},
		{wire.Request{Module: "echo", Async: 9, Env: map[string]string{"ANSIBLE_ASYNC_DIR": "/proc/no"}, Items: items(nil)}, "/proc/no"},
		{wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "../../etc/passwd"})}, "is no job id"},
		{wire.Request{Module: "async_status", Items: items(map[string]any{})}, "missing required arguments: jid"},
		{wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "a", "mode": "kill"})}, "must be one of"},
		{wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "a", "job": "b"})}, "Unsupported parameters"},
	} {
		if r := one(t, s, &c.req); r["failed"] != true || !strings.Contains(r["msg"].(string), c.want) {
			t.Errorf("%s: %v", c.req.Module, r)
		}
	}
}

func TestJobFileThatIsNotWholeMeansRunning(t *testing.T) {
	s := open(t)
	dir := t.TempDir()
	whole, err := json.Marshal(map[string]any{"rc": 0, "ratio": 1.5, "list": []any{1}})
	if err != nil {
		t.Fatal(err)
	}
	for content, finished := range map[string]int64{"": 0, `{"rc": `: 0, string(whole): 1} {
		if err := os.WriteFile(filepath.Join(dir, "j1"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		r := one(t, s, &wire.Request{Module: "async_status", Items: items(map[string]any{"jid": "j1", "_async_dir": dir})})
		if r["finished"] != finished || r["failed"] == true {
			t.Errorf("%q: %v", content, r)
		}
		if finished == 1 && (r["rc"] != int64(0) || r["ratio"] != 1.5) {
			t.Errorf("numbers: %v", r)
		}
	}
}
