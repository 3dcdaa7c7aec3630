package executor

import (
	"context"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// asyncPlan says how a task runs in the background.
type asyncPlan struct {
	limit int           // seconds the job may run; 0 runs in the foreground
	poll  time.Duration // between looks at the job; 0 does not wait for it
}

// asyncRefused names an action that cannot run in the background.
type asyncRefused string

func (a asyncRefused) Error() string {
	return fmt.Sprintf("This action (%s) does not support async.", string(a))
}

// attended are the actions whose work on the host needs the controller meanwhile.
var attended = map[string]bool{"copy": true, "fetch": true, "script": true, "template": true, "unarchive": true}

// async reads the keywords async and poll.
func (c *call) async() (asyncPlan, error) {
	limit, err := c.keywordSeconds("async", 0)
	if err != nil || limit <= 0 || c.check {
		return asyncPlan{}, err
	}
	if attended[c.action] {
		return asyncPlan{}, asyncRefused(c.t.task.Action)
	}
	poll, err := c.keywordSeconds("poll", c.t.x.o.Settings.PollInterval.Seconds())
	return asyncPlan{limit: int(limit), poll: time.Duration(poll * float64(time.Second))}, err
}

// jobFolder names the folder of job files in a task's environment, as Ansible does; the runner looks there.
const jobFolder = "ANSIBLE_ASYNC_DIR"

// withJobFolder adds the folder of job files to the environment of a task that works with background jobs: what async_dir of the
// settings or ansible_async_dir says, unless the environment says so itself or it is where the runner keeps them anyway.
func (c *call) withJobFolder(env map[string]string) (map[string]string, error) {
	if !c.isStatus && c.action != "async_status" && !c.t.task.Has("async") || env[jobFolder] != "" {
		return env, nil
	}
	s := c.t.x.o.Settings
	dir := ""
	if s.Given("shell/sh/async_dir") {
		dir = s.AsyncDir
	}
	dir, err := c.connVars().text(dir, "ansible_async_dir")
	if err != nil || dir == "" {
		return env, err
	}
	if env == nil {
		env = map[string]string{}
	}
	env[jobFolder] = dir
	return env, nil
}

func (c *call) keywordSeconds(name string, def float64) (float64, error) {
	a, ok := c.t.task.Attrs[name]
	if !ok || a.Value == nil {
		return def, nil
	}
	v, err := c.scope.render(a.Value)
	if err != nil {
		return 0, at(a.Pos, err)
	}
	f, ok := toFloat(v)
	if !ok {
		return 0, at(a.Pos, fmt.Errorf("%s must be a number of seconds, not %s", name, value.Repr(v)))
	}
	return f, nil
}

// background starts the call as a job of the host and, when the task polls, waits for it.
func (c *call) background(ctx context.Context, plan asyncPlan) *itemResult {
	started := c.t.remote(ctx, []*call{c}, nil)[0]
	if plan.poll <= 0 || started.failed() || started.unreachable {
		return started
	}
	deadline := time.Now().Add(time.Duration(plan.limit) * time.Second)
	jid := value.Str(mustArg(started.dict, "ansible_job_id"))
	for {
		if wait(ctx, plan.poll) != nil {
			return failedResult("the run was interrupted while job %s was running", jid)
		}
		status := c.jobStatus(ctx, jid, "status")
		if status.unreachable {
			return status
		}
		if n, _ := toInt(mustArg(status.dict, "finished")); n == 1 {
			c.jobStatus(ctx, jid, "cleanup")
			c.tellJob(jid, status, true)
			return status
		}
		c.tellJob(jid, status, false)
		if time.Now().After(deadline) {
			c.tellJob(jid, failedResult("out of time"), true)
			return newResult("changed", false, "failed", true, "ansible_job_id", jid, "async_result", status.dict,
				"msg", fmt.Sprintf("async task did not complete within the requested time - %ds", plan.limit))
		}
	}
}

// tellJob says how a background job is doing, or how it ended.
func (c *call) tellJob(jid string, status *itemResult, ended bool) {
	e := event.AsyncPoll{Task: c.t.id, Host: c.t.host.name, Job: jid}
	e.Started, _ = toInt(mustArg(status.dict, "started"))
	e.Finished, _ = toInt(mustArg(status.dict, "finished"))
	if ended {
		e.Ended = event.OK
		if status.failed() {
			e.Ended = event.Failed
		}
	}
	c.t.x.sink.Handle(e)
}

func (c *call) jobStatus(ctx context.Context, jid, mode string) *itemResult {
	sub := *c
	sub.action, sub.spec, sub.isStatus = "async_status", nil, true
	sub.args = value.DictOf("jid", jid, "mode", mode)
	return c.t.remote(ctx, []*call{&sub}, nil)[0]
}
