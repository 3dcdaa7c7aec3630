//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/worker"
)

// daemon is a running muster serve that is asked through its API on a socket.
type daemon struct {
	t      *testing.T
	dir    string
	client *http.Client
	cmd    *exec.Cmd
	log    *os.File
}

// daemonHead is the start of the daemon's jobs file: DIR stands for its folder.
const daemonHead = `listen: unix:DIR/serve.sock
state: DIR/state
tokens: {test: {role: operator, sha256: TOKEN}}
`

// serveIn starts a daemon in a folder with the jobs file that follows daemonHead, and ends it with the test.
func serveIn(t *testing.T, dir, jobs string, env ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, dir: dir}
	d.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "serve.sock"))
	}}}
	d.write(jobs)
	err := os.WriteFile(filepath.Join(dir, "none.cfg"), nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if d.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.log.Close() })
	d.start(env...)
	t.Cleanup(func() {
		d.stop()
		d.endRuns()
		if t.Failed() {
			text, _ := os.ReadFile(d.log.Name())
			t.Logf("the daemon's log:\n%s", text)
			out, _ := exec.Command("sh", "-c", "ls -la "+dir+"/state/runs/*; tail -n 5 "+dir+"/state/runs/*/err.log; grep -h failed "+dir+"/state/runs/*/out.log | tail -n 5").CombinedOutput()
			t.Logf("%s", out)
		}
	})
	return d
}

// write replaces the jobs file.
func (d *daemon) write(jobs string) {
	d.t.Helper()
	sum := sha256.Sum256([]byte("test"))
	text := strings.NewReplacer("DIR", d.dir, "TOKEN", hex.EncodeToString(sum[:])).Replace(daemonHead + jobs)
	if err := os.WriteFile(filepath.Join(d.dir, "jobs.yaml"), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) start(env ...string) {
	d.t.Helper()
	d.cmd = exec.Command(muster(d.t), "serve", "--config", filepath.Join(d.dir, "jobs.yaml"))
	d.cmd.Env = append(append(os.Environ(), "ANSIBLE_CONFIG="+filepath.Join(d.dir, "none.cfg")), env...)
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.until("the daemon answers", time.Minute, func() bool {
		res, err := d.client.Get("http://muster/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func (d *daemon) stop() {
	if d.cmd.ProcessState == nil {
		_ = d.cmd.Process.Signal(os.Interrupt)
		_ = d.cmd.Wait()
	}
}

// endRuns kills the runs that go on without the daemon, so that a test that failed does not hold hosts.
func (d *daemon) endRuns() {
	folders, _ := filepath.Glob(filepath.Join(d.dir, "state", "runs", "*"))
	for _, dir := range folders {
		if s, err := worker.Look(dir); err != nil || !s.Alive {
			continue
		}
		text, _ := os.ReadFile(filepath.Join(dir, "started"))
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// until looks at the outside world until it is as it should be.
func (d *daemon) until(what string, patience time.Duration, fits func() bool) {
	d.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !fits(); <-tick.C {
		if time.Now().After(deadline) {
			d.t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// ask sends a request to the API and reads its answer into to.
func (d *daemon) ask(method, path string, body, to any) int {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(d.t.Context(), method, "http://muster"+path, bytes.NewReader(text))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer test")
	res, err := d.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if to != nil {
		if err := json.Unmarshal(answer, to); err != nil {
			d.t.Fatalf("%s %s: %s: %s", method, path, res.Status, answer)
		}
	}
	return res.StatusCode
}

// body is the answer to a request.
func (d *daemon) body(req *http.Request) string {
	d.t.Helper()
	res, err := d.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// run asks for a run and waits for its end.
func (d *daemon) run(job string) queue.Run {
	d.t.Helper()
	var asked queue.Run
	if code := d.ask("POST", "/api/v1/jobs/"+job+"/runs", map[string]string{}, &asked); code != http.StatusAccepted {
		d.t.Fatalf("%s was not taken: %d", job, code)
	}
	return d.ended(asked.ID)
}

// ended waits for the end of a run.
func (d *daemon) ended(id string) (r queue.Run) {
	d.t.Helper()
	d.until("run "+id+" ends", 5*time.Minute, func() bool {
		d.ask("GET", "/api/v1/runs/"+id, nil, &r)
		return r.State != queue.Waiting && r.State != queue.Running
	})
	return r
}

// next waits for the end of the first run of a job that starts after now, and returns it with its report.
func (d *daemon) next(job string) (r queue.Run, o serve.Outcome) {
	d.t.Helper()
	now := time.Now()
	d.until("another run of "+job, 5*time.Minute, func() bool {
		var runs []queue.Run
		d.ask("GET", "/api/v1/runs?limit=20&job="+job, nil, &runs)
		for _, found := range runs { // the newest first
			if found.Started.After(now) {
				r = found
			}
		}
		return r.ID != ""
	})
	r = d.ended(r.ID)
	d.ask("GET", "/api/v1/runs/"+r.ID+"/report", nil, &o)
	return r, o
}
