package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/transport/wire"
)

// jobStarted is what a detached job prints once its file is there; anything else is an error message.
const jobStarted = "started"

// RunJob is the life of a detached job: read the request from in, write the job file, say so on out, run, write the
// result to the job file. detached is called when nothing of the starting process is needed any more.
func RunJob(ctx context.Context, in io.Reader, out io.Writer, o Options, detached func() error) error {
	kind, payload, err := wire.NewReader(bufio.NewReader(in)).Next()
	if err != nil || kind != wire.TypeRequest {
		return tell(out, fmt.Errorf("read the job: %w", errors.Join(err, unexpected(kind))))
	}
	req, err := wire.Decode[wire.Request](payload)
	if err != nil {
		return tell(out, err)
	}
	if len(req.Items) != 1 {
		return tell(out, fmt.Errorf("a job has one item, not %d", len(req.Items)))
	}
	path, err := jobPath(currentUser().HomeDir, req.Env[asyncDirVariable], req.JobID)
	if err != nil {
		return tell(out, err)
	}
	if err := writeJob(path, modules.Result{"started": 1, "finished": 0, "ansible_job_id": req.JobID}); err != nil {
		return tell(out, err)
	}
	if _, err := fmt.Fprintln(out, jobStarted); err != nil {
		return err
	}
	if err := detached(); err != nil {
		return err
	}
	return writeJob(path, runJob(ctx, req, o))
}

func unexpected(kind wire.Type) error {
	if kind == wire.TypeRequest {
		return nil
	}
	return fmt.Errorf("unexpected frame of type %d", kind)
}

// tell says on out why the job does not start.
func tell(out io.Writer, err error) error {
	_, _ = fmt.Fprintln(out, strings.ReplaceAll(err.Error(), "\n", " "))
	return err
}

// runJob runs the item within the job's time.
func runJob(ctx context.Context, req *wire.Request, o Options) modules.Result {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(req.Async)*time.Second)
	defer cancel()
	s := &server{Options: o, me: currentUser()}
	s.store = s.newStore()
	defer func() { _ = s.store.Close() }()
	req.Async = 0
	t := &task{id: req.ID, req: req, ctx: ctx, content: newContents(s, req), detached: true}
	call, module, err := s.prepare(t)
	var j journalled
	if err == nil {
		j, err = s.openJournal(t, module)
	}
	if err != nil {
		return modules.Failf("%v", err)
	}
	defer j.done()
	if j.task != nil {
		call.Journal, call.Sys = j.task, j.task.System(call.Sys)
	}
	call.Args = req.Items[0].Args
	done := make(chan modules.Result, 1)
	go func() {
		r, _ := runItem(t.ctx, t, module, call) // the controller gives jobs that make web requests to a full runner
		done <- r
	}()
	select {
	case r := <-done:
		if ctx.Err() == nil || !r.Failed() {
			return r
		}
	case <-ctx.Done():
		timer := time.NewTimer(grace) // the module kills its commands, then the process ends with what is left
		defer timer.Stop()
		select {
		case r := <-done:
			if !r.Failed() {
				return r
			}
		case <-timer.C:
		}
	}
	return modules.Result{"failed": true, "msg": "Timeout exceeded", "child_pid": os.Getpid()}
}

// jobPath is the file of a job. The id comes from elsewhere and must not lead out of the folder.
func jobPath(home, dir, id string) (string, error) {
	if id == "" || id == "." || id == ".." || strings.ContainsAny(id, "/\x00") {
		return "", fmt.Errorf("%q is no job id", id)
	}
	if dir == "" {
		dir = "~/.ansible_async"
	}
	if dir == "~" || strings.HasPrefix(dir, "~/") {
		dir = filepath.Join(home, dir[1:])
	}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("async folder %q is no absolute path", dir)
	}
	return filepath.Join(dir, id), nil
}

// writeJob replaces a job file in one step; only its owner can read it.
func writeJob(path string, content modules.Result) error {
	data, err := json.Marshal(content)
	if err != nil {
		data, err = json.Marshal(modules.Failf("the result cannot be written: %v", err))
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("could not create directory: %s: %w", filepath.Dir(path), err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".job-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
