package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/musterhq/muster/modules"
)

// AsyncStatusName is the module that reports on detached jobs; the runner brings it along.
const AsyncStatusName = "async_status"

// AsyncStatus is the module async_status.
func AsyncStatus() modules.Module { return asyncStatus{} }

type asyncStatus struct{}

func (asyncStatus) Info() modules.Info {
	return modules.Info{
		Name: AsyncStatusName, Summary: "Reports on, or forgets, a task that was started with async.", Undo: modules.UndoNone,
		Examples: "- name: Wait for the job\n  async_status:\n    jid: \"{{ started.ansible_job_id }}\"\n" +
			"  register: job\n  until: job.finished\n  retries: 30\n  delay: 2\n",
	}
}

func (asyncStatus) Params() []modules.Param {
	return []modules.Param{
		{Name: "jid", Type: "str", Required: true, Doc: "The job's name, as ansible_job_id says."},
		{Name: "mode", Type: "str", Default: "status", Choices: []string{"cleanup", "status"}, Doc: "Whether to report the job or to remove its file."},
		{Name: "_async_dir", Type: "path", Default: "~/.ansible_async", Doc: "The folder of the job files."},
	}
}

func (m asyncStatus) Run(_ context.Context, c *modules.Call) modules.Result {
	jid, mode, dir, err := m.arguments(c)
	if err != nil {
		return modules.Failf("%v", err)
	}
	path, err := jobPath(currentUser().HomeDir, dir, jid)
	if err != nil {
		return modules.Failf("%v", err)
	}
	result := modules.Result{"changed": false, "started": 0, "finished": 0, "stdout": "", "stderr": "",
		"stdout_lines": []any{}, "stderr_lines": []any{}, "ansible_job_id": jid}
	data, err := c.Sys.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		result["started"], result["finished"], result["results_file"] = 1, 1, path
		result["failed"], result["msg"] = true, "could not find job"
	case err != nil:
		result["failed"], result["msg"] = true, err.Error()
	case mode == "cleanup":
		result["erased"] = path
		if err := c.Sys.Remove(path); err != nil {
			result["failed"], result["msg"] = true, err.Error()
		}
	default:
		result["started"], result["results_file"] = 1, path
		report(result, data)
	}
	return result
}

// report adds what the job file says. A file that is not whole yet belongs to a job that runs.
func report(result modules.Result, data []byte) {
	var job map[string]any
	if json.Unmarshal(data, &job) != nil {
		return
	}
	for k, v := range job {
		result[k] = whole(v)
	}
	if _, running := job["started"]; !running {
		result["finished"] = 1
	}
}

// whole gives JSON's numbers back as integers where they are.
func whole(v any) any {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = whole(v[k])
		}
	}
	return v
}

func (m asyncStatus) arguments(c *modules.Call) (jid, mode, dir string, err error) {
	values := map[string]string{"mode": "status", "_async_dir": c.Env[asyncDirVariable]}
	for name, v := range c.Args {
		switch name {
		case "jid", "mode", "_async_dir":
			values[name] = fmt.Sprint(v)
		default:
			return "", "", "", fmt.Errorf("Unsupported parameters for (async_status) module: %s. Supported parameters include: jid, mode.", name) //nolint:staticcheck // Ansible's words
		}
	}
	jid, mode, dir = values["jid"], values["mode"], values["_async_dir"]
	switch {
	case jid == "":
		err = errors.New("missing required arguments: jid")
	case mode != "status" && mode != "cleanup":
		err = fmt.Errorf("value of mode must be one of: cleanup, status, got: %s", mode)
	}
	return jid, mode, dir, err
}
