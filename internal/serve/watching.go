package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/watch"
)

// patienceOfLooks bounds one look, and what prepares a run.
const patienceOfLooks = 2 * time.Minute

// watched is a watcher of a job.
type watched struct {
	watch.Watcher
	job  string
	kind string    // the cause of the runs it starts
	of   string    // digest of what is watched: with other settings, what was remembered means nothing
	next time.Time // when to look
	busy bool
	told string // why an event waits, as it was logged last
}

func (w *watched) name() string { return w.job + "/" + w.kind }

// eventVar is the variable of runs that holds what started them.
const eventVar = "event"

// watchersOf makes the watchers of a job.
func (d *Daemon) watchersOf(j *jobfile.Job) []*watched {
	var list []*watched
	add := func(kind string, settings any, w watch.Watcher) {
		text := fmt.Appendf(nil, "%+v %+v %v %v", settings, j.Inventory, j.Limit, j.Dir)
		sum := sha256.Sum256(text)
		list = append(list, &watched{Watcher: w, job: j.Name, kind: kind, of: hex.EncodeToString(sum[:8])})
	}
	if f := j.Events.Files; f != nil {
		add("files", f.Paths, &watch.Files{Paths: f.Paths, Period: f.Every, Settle: f.Settle})
	}
	if g := j.Events.Git; g != nil {
		add("git", []string{g.Dir, g.Remote, g.Branch}, &watch.Git{Dir: g.Dir, Remote: g.Remote, Branch: g.Branch, Period: g.Every, Pull: g.Pull, Env: d.o.Env})
	}
	if p := j.Events.Prometheus; p != nil {
		add("prometheus", []any{p.URL, p.Query, p.Hosts}, d.prometheus(j, p))
	}
	return list
}

func (d *Daemon) prometheus(j *jobfile.Job, p *jobfile.Prometheus) *watch.Prometheus {
	server := watch.Server{URL: p.URL, Client: d.o.Sender.Client}
	if p.TokenFile != "" {
		server.Token = func() (string, error) {
			token, err := notify.ReadSecret(p.TokenFile)
			return string(token), err
		}
	}
	w := &watch.Prometheus{
		Text: p.Query, Above: p.Above, Below: p.Below, For: p.For, Period: p.Every,
		Query: func(ctx context.Context) (float64, bool, error) { return server.Value(ctx, p.Query) },
		Hosts: func(ctx context.Context) ([]string, error) { return d.inventoryOf(ctx, j) },
	}
	for _, c := range p.Hosts {
		w.Changes = append(w.Changes, watch.Change(c))
	}
	return w
}

// hostName is what a host may be called that an event is about: nothing that means something in a pattern of hosts.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$`)

// inventoryOf asks the job's inventory for its hosts, in a process of its own as everything that works on inventories.
func (d *Daemon) inventoryOf(ctx context.Context, j *jobfile.Job) ([]string, error) {
	args := []string{"exec", "all", "--list-hosts"}
	for _, i := range j.Inventory {
		args = append(args, "--inventory="+i)
	}
	for flag, value := range map[string]string{"--limit=": j.Limit, "--vault-password-file=": j.VaultFile} {
		if value != "" {
			args = append(args, flag+value)
		}
	}
	cmd := exec.CommandContext(ctx, d.o.Program, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = j.Dir, d.runEnv(), time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		return nil, fmt.Errorf("the inventory: %w: %s", err, text[:min(len(text), 500)])
	}
	hosts := []string{}
	for line := range strings.SplitSeq(string(out), "\n") {
		name, isHost := strings.CutPrefix(line, "    ")
		if !isHost {
			continue
		}
		if !hostName.MatchString(name) {
			return nil, fmt.Errorf("the inventory has a host %q, whose name cannot be told from a pattern", name)
		}
		hosts = append(hosts, name)
	}
	return hosts, nil
}

// look starts the looks that are due, each in its own goroutine: what they ask may take its time.
func (d *Daemon) look(ctx context.Context) error {
	now := d.o.Now()
	d.mu.Lock()
	if d.watchers == nil {
		d.watchers = []*watched{}
		for _, j := range d.file.Jobs {
			d.watchers = append(d.watchers, d.watchersOf(j)...)
		}
	}
	var due []*watched
	for _, w := range d.watchers {
		if !w.busy && !now.Before(w.next) {
			w.busy, w.next = true, now.Add(w.Every())
			due = append(due, w)
		}
	}
	d.mu.Unlock()
	for _, w := range due {
		d.looking.Add(1)
		go func() {
			defer d.looking.Done()
			err := d.lookOnce(ctx, w)
			d.mu.Lock()
			w.busy = false
			d.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				d.o.Log.Error("a look for events failed and is tried again", "watch", w.name(), "error", err)
			}
		}()
	}
	return nil
}

// memory is what is kept of a watcher between looks.
type memory struct {
	Of    string          `json:"of"`
	State json.RawMessage `json:"state,omitempty"`
}

// lookOnce looks, unless another daemon does, and starts a run when there is an event.
func (d *Daemon) lookOnce(ctx context.Context, w *watched) error {
	j := d.Job(w.job)
	if j == nil || j.Paused {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patienceOfLooks)
	defer cancel()
	now := d.o.Now()
	kept, mine, err := d.queue.TakeWatch(ctx, w.name(), d.owner, now, now.Add(max(3*w.Every(), patienceOfLooks)))
	if err != nil || !mine {
		return err
	}
	var m memory
	if kept.State != "" {
		if err := json.Unmarshal([]byte(kept.State), &m); err != nil {
			return err
		}
	}
	if m.Of != w.of {
		m = memory{Of: w.of}
	}
	seen, err := w.Look(ctx, now, m.State)
	kept.Looked = now
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble != kept.Trouble {
		d.o.Log.Warn("watching for events", "watch", w.name(), "trouble", trouble)
	}
	kept.Trouble = trouble
	taken := err == nil
	if err == nil && seen.Event != nil {
		taken, err = d.happened(ctx, j, w, &kept, seen.Event)
		if err != nil {
			kept.Trouble = err.Error()
		}
	}
	if taken {
		text, err := json.Marshal(memory{w.of, seen.State})
		if err != nil {
			return err
		}
		kept.State = string(text)
	}
	return errors.Join(err, d.queue.KeepWatch(ctx, kept))
}

// happened starts the run of an event and counts it. It reports false when that has to wait: the event is found again by the
// next look.
func (d *Daemon) happened(ctx context.Context, j *jobfile.Job, w *watched, kept *queue.Watch, e *watch.Event) (bool, error) {
	why, err := d.mustWait(ctx, j)
	if err != nil {
		return false, err
	}
	if why != "" {
		if why != w.told {
			d.o.Log.Info("an event waits", "watch", w.name(), "reason", why)
		}
		w.told = why
		return false, nil
	}
	w.told = ""
	if e.Prepare != nil {
		if err := e.Prepare(ctx); err != nil {
			return false, err
		}
	}
	id := sha256.Sum256([]byte(e.ID))
	r, err := d.Ask(ctx, Request{
		Job: j.Name, Cause: w.kind, Vars: map[string]any{eventVar: e.Data}, Limit: strings.Join(e.Hosts, ","),
		Slot: fmt.Sprintf("%s#%d %s", w.name(), kept.Number+1, hex.EncodeToString(id[:8])),
	})
	twice := errors.Is(err, ErrTwice) // the daemon ended between asking and remembering
	if err != nil && !twice {
		return false, err
	}
	kept.Number++
	return twice || r.State != queue.Skipped, nil // skipped: somebody else asked for a run just now
}

// mustWait says why an event cannot start a run now; "" when it can. What waits is not lost, and not recorded as skipped.
func (d *Daemon) mustWait(ctx context.Context, j *jobfile.Job) (string, error) {
	open, err := d.queue.Open(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range open {
		if r.Job == j.Name {
			return "a run of the job is not over", nil
		}
	}
	err = d.limited(ctx, j)
	var limit *LimitError
	if errors.As(err, &limit) {
		return "the job " + limit.Why, nil
	}
	return "", err
}

// gone are the hosts of an event that the inventory does not have any more.
func gone(r queue.Run) []string {
	if r.Cause != "prometheus" {
		return nil
	}
	var v struct{ Event struct{ Gone []string } }
	if err := json.Unmarshal([]byte(r.Vars), &v); err != nil {
		return nil
	}
	return v.Event.Gone
}
