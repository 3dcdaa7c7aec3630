package runner

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os/exec"
	"strings"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/transport/wire"
)

// asyncDirVariable names the folder of job files in a task's environment, as Ansible does.
const asyncDirVariable = "ANSIBLE_ASYNC_DIR"

// startJobTimeout is how long a detached job may take until its file is there.
const startJobTimeout = 20 * time.Second

// detach starts each item as a job of its own, which outlives the connection, and answers with the jobs' names.
func (s *server) detach(t *task) {
	for i := range t.req.Items {
		start := time.Now()
		result, err := s.startJob(t, i)
		if err != nil {
			result = modules.Failf("%v", err)
		}
		last := i == len(t.req.Items)-1 || t.req.StopOnFail && result.Failed()
		if !s.answer(t, i, result, last, start) || last {
			return
		}
	}
}

// startJob starts one item and waits until its job file says that it runs.
func (s *server) startJob(t *task, index int) (modules.Result, error) {
	job, err := s.job(t, index)
	if err != nil {
		return nil, err
	}
	path, err := jobPath(s.me.HomeDir, t.req.Env[asyncDirVariable], job.JobID)
	if err != nil {
		return nil, err
	}
	if len(s.Self) == 0 {
		return nil, errors.New("this runner cannot start itself for an async job")
	}
	cmd := exec.Command(s.Self[0], append(append([]string{}, s.Self[1:]...), "async", s.Version)...)
	cmd.SysProcAttr = ownSession()
	if err := launch(t.ctx, cmd, func(in io.Writer) error { return wire.NewWriter(in).Send(wire.TypeRequest, job) }); err != nil {
		return nil, fmt.Errorf("start async job %s: %w", job.JobID, err)
	}
	return modules.Result{"changed": true, "failed": 0, "started": 1, "finished": 0, "ansible_job_id": job.JobID, "results_file": path}, nil
}

// job is the request that a detached process works on alone; nobody can be asked for content later, so it comes along.
func (s *server) job(t *task, index int) (*wire.Request, error) {
	job := *t.req
	job.Items = t.req.Items[index : index+1]
	job.Contents = nil
	for _, c := range t.req.Contents {
		data, err := t.content.readAll(t.ctx, c.SHA256)
		if err != nil {
			return nil, err
		}
		job.Contents = append(job.Contents, wire.Content{SHA256: c.SHA256, Size: int64(len(data)), Inline: data})
	}
	switch {
	case job.JobID == "":
		job.JobID = newJobID()
	case len(t.req.Items) > 1:
		job.JobID = fmt.Sprintf("%s.%d", job.JobID, index)
	}
	return &job, nil
}

func newJobID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e12))
	if err != nil {
		n = big.NewInt(time.Now().UnixNano() % 1e12)
	}
	return fmt.Sprintf("j%d.%d", n, time.Now().UnixMilli()%100000)
}

// launch starts a process that outlives this one: it is handed its work on standard input and answers with one line.
func launch(ctx context.Context, cmd *exec.Cmd, hand func(in io.Writer) error) error {
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	timer := time.AfterFunc(startJobTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	sendErr := hand(in)
	_ = in.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	line = strings.TrimSpace(line)
	if line == jobStarted {
		go func() { _ = cmd.Wait() }() // it ends when it will; the runner may end before
		return nil
	}
	_ = cmd.Process.Kill()
	waitErr := cmd.Wait()
	if line != "" {
		return errors.New(line)
	}
	return errors.Join(sendErr, err, waitErr)
}
