package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/queue"
	"github.com/musterhq/muster/internal/serve/worker"
)

// Outcome is the report of a run on drift, and what was done about it.
type Outcome struct {
	drift.Report
	Correction *struct {
		Run     string        `json:"run"`
		Hosts   []string      `json:"hosts"`
		Refused string        `json:"refused"`
		Left    []string      `json:"left"`
		Exit    int           `json:"exit"`
		After   *drift.Report `json:"after"`
	} `json:"correction"`
}

// Outcome reads the report of a run; nil when it made none.
func (d *Daemon) Outcome(id string) (*Outcome, error) {
	text, err := os.ReadFile(filepath.Join(d.Folder(id), reportFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var o Outcome
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("%s: %w", reportFile, err)
	}
	return &o, nil
}

// News is what people are told, as JSON.
type News struct {
	Version string         `json:"version"`
	Job     string         `json:"job"`
	Run     string         `json:"run"`
	Kind    jobfile.News   `json:"news"`
	Time    time.Time      `json:"time"`
	Since   time.Time      `json:"since,omitzero"` // of a recovery: when the trouble began
	Exit    int            `json:"exit"`
	Subject string         `json:"subject"`
	Text    string         `json:"text"`
	Link    string         `json:"link,omitempty"`
	Summary *drift.Summary `json:"summary,omitempty"`
}

// newsVersion is the version of the form of News.
const newsVersion = "1.0"

// finish ends a run and tells people about it when it is news.
func (d *Daemon) finish(ctx context.Context, r queue.Run, state queue.State, s worker.Status) {
	exit := 1
	if s.Exit != nil {
		exit = s.Exit.Code
		if s.Exit.TimedOut {
			r.Note = "it took longer than its timeout and was ended"
		}
	}
	r.Runs = strings.Join(s.Runs, " ")
	j := d.Job(r.Job)
	outcome, err := d.Outcome(r.ID)
	if err != nil {
		d.o.Log.Error("the report of a run cannot be read", "run", r.ID, "error", err)
	}
	again := d.makesUp(r, state)
	if exit == 1 && r.Note == "" {
		r.Note = d.lastWords(r.ID)
	}
	ended, err := d.queue.Finish(ctx, r, state, exit, d.o.Now(), func(f *queue.Following) error {
		if again != nil {
			return f.Again(*again)
		}
		if j == nil {
			return nil
		}
		return d.tell(f, j, r, exit, outcome)
	})
	d.complain("end of "+r.ID, err, "the end of a run could not be recorded and is tried again", "run", r.ID)
	switch {
	case err != nil:
		return
	case ended:
		delete(d.tried, r.ID)
		done := r
		done.State, done.Exit, done.Ended = state, exit, d.o.Now()
		d.tally(done)
		d.o.Log.Info("a run ended", "run", r.ID, "job", r.Job, "state", state, "exit", exit, "note", r.Note, "took", d.o.Now().Sub(r.Started).Round(time.Millisecond))
	}
	d.announce()
}

// makesUp is the run that repeats one whose process was killed: looking can be repeated, changes are left to people.
func (d *Daemon) makesUp(r queue.Run, state queue.State) *queue.Run {
	if state != queue.Broken || r.Mode != string(jobfile.Detect) || r.Attempt > 1 {
		return nil
	}
	now := d.o.Now()
	a := r
	a.ID, a.Slot, a.Cause, a.Attempt = queue.NewID(now), r.Slot+"#2", "again", r.Attempt+1
	a.Due, a.NotBefore, a.Owner, a.Started, a.Lease, a.Runs, a.Note = now, now, "", time.Time{}, time.Time{}, "", "repeats "+r.ID
	return &a
}

// lastWords is the end of what a run wrote to its standard error.
func (d *Daemon) lastWords(id string) string {
	text, err := os.ReadFile(filepath.Join(d.Folder(id), worker.ErrFile))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := strings.Join(lines[max(0, len(lines)-3):], "\n")
	return last[max(0, len(last)-500):]
}

// tell puts what is news about a job into the queue. The same news is told once.
func (d *Daemon) tell(f *queue.Following, j *jobfile.Job, r queue.Run, exit int, o *Outcome) error {
	last, err := f.Last(j.Name)
	if err != nil {
		return err
	}
	kind, digest := judge(exit, o)
	if string(kind) == last.Kind && digest == last.Digest {
		return nil
	}
	now := d.o.Now()
	n := News{Version: newsVersion, Job: j.Name, Run: r.ID, Kind: kind, Time: now, Exit: exit}
	remember := queue.News{Kind: string(kind), Digest: digest, Since: now}
	switch {
	case kind != "" && last.Kind == string(kind):
		remember.Since = last.Since // the trouble goes on, but looks otherwise
	case kind == "":
		remember = queue.News{Digest: digest}
		switch {
		case last.Kind != "":
			n.Kind, n.Since = jobfile.NewsRecovery, last.Since
		case digest != "": // it drifted and was put right within the run
			n.Kind = jobfile.NewsDrift
		default:
			return f.Remember(j.Name, remember)
		}
	}
	n.Subject, n.Text = words(n, r, o)
	if o != nil {
		s := o.latest().Summary
		n.Summary = &s
	}
	if base := d.File().External; base != "" {
		n.Link = base + "/runs/" + r.ID
		n.Text += "\n" + n.Link + "\n"
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	for _, name := range j.Notify {
		way := d.File().Notify[name]
		if len(way.On) > 0 && !slices.Contains(way.On, n.Kind) {
			continue
		}
		if err := f.Tell(queue.Message{ID: r.ID + "/" + name, Job: j.Name, Run: r.ID, Notifier: name, Body: string(body), Created: now}); err != nil {
			return err
		}
	}
	return f.Remember(j.Name, remember)
}

func (o *Outcome) latest() *drift.Report {
	if o.Correction != nil && o.Correction.After != nil {
		return o.Correction.After
	}
	return &o.Report
}

// hosts are all hosts as they were found last: those that were corrected afterwards, the others before.
func (o *Outcome) hosts() []drift.Host {
	latest := o.latest()
	if latest == &o.Report {
		return o.Report.Hosts
	}
	after := map[string]drift.Host{}
	for _, h := range latest.Hosts {
		after[h.Name] = h
	}
	out := slices.Clone(o.Report.Hosts)
	for i, h := range out {
		if found, ok := after[h.Name]; ok {
			out[i] = found
		}
	}
	return out
}

// corrected reports that a run found drift and left none.
func corrected(o *Outcome) bool {
	return o != nil && o.Correction != nil && o.Correction.Exit == 0 && o.Correction.After != nil && o.latest().Summary.Differences() == 0
}

// judge says what kind of news a run is, and a digest of what it is about. The kind "" is that all is well; it has a digest
// when that is so because drift was put right.
func judge(exit int, o *Outcome) (jobfile.News, string) {
	kind, hosts := jobfile.NewsFailure, []drift.Host(nil)
	if o != nil {
		hosts = o.hosts()
	}
	switch {
	case exit == 0 && !corrected(o):
		return "", ""
	case exit == 0:
		kind, hosts = "", o.Report.Hosts
	case exit == 3:
		kind = jobfile.NewsDrift
	}
	h := sha256.New()
	if o == nil {
		fmt.Fprintf(h, "exit %d", exit)
		return kind, hex.EncodeToString(h.Sum(nil)[:16])
	}
	fmt.Fprintf(h, "%s\n", kind)
	for _, host := range hosts {
		if host.State == drift.Failed || host.State == drift.Unreachable {
			fmt.Fprintf(h, "%s %s\n", host.Name, host.State)
		}
		for _, x := range host.Drift {
			fmt.Fprintf(h, "%s %s %q %s\n", host.Name, x.Key, x.Item, x.Class)
		}
	}
	if o.Correction != nil && o.Correction.Refused != "" {
		fmt.Fprintf(h, "refused\n")
	}
	return kind, hex.EncodeToString(h.Sum(nil)[:16])
}

// exitRolledBack is the exit code of a run that failed and was rolled back.
const exitRolledBack = 6

// words are the subject and the text of news.
func words(n News, r queue.Run, o *Outcome) (subject, text string) {
	switch {
	case n.Kind == jobfile.NewsRecovery:
		subject = fmt.Sprintf("%s: all is well again", n.Job)
		text = fmt.Sprintf("The trouble began %s.\n", n.Since.Format(time.RFC1123))
	case corrected(o):
		subject = fmt.Sprintf("%s: %s drifted, now put right", n.Job, number(len(o.Correction.Hosts), "host"))
	case n.Kind == jobfile.NewsDrift:
		subject = fmt.Sprintf("%s: hosts differ", n.Job)
		if o != nil {
			s := o.latest().Summary
			subject = fmt.Sprintf("%s: %s, %d corrective, %d intended, %d unknown", n.Job, number(s.Drifted, "drifted host"), s.Corrective, s.Intended, s.Unknown)
		}
	case o != nil && o.Correction != nil && o.Correction.Exit != 0:
		subject = fmt.Sprintf("%s: the correction of %s failed", n.Job, number(len(o.Correction.Hosts), "host"))
		if o.Correction.Exit == exitRolledBack {
			subject += " and was rolled back"
		}
	default:
		subject = fmt.Sprintf("%s: the run failed with exit code %d", n.Job, n.Exit)
		if o != nil {
			s := o.latest().Summary
			subject = fmt.Sprintf("%s: %d failed, %d unreachable, %d drifted", n.Job, s.Failed, s.Unreachable, s.Drifted)
		}
		if r.Note != "" {
			text = r.Note + "\n"
		}
	}
	return subject, text + details(o)
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// details names the hosts that are not in order, at most so many that a mail stays readable.
func details(o *Outcome) string {
	if o == nil {
		return ""
	}
	var b strings.Builder
	if o.Correction != nil && o.Correction.Refused != "" {
		fmt.Fprintf(&b, "Nothing was corrected: %s.\n", o.Correction.Refused)
	}
	const most = 40
	lines := 0
	for _, h := range o.Report.Hosts {
		if h.State == drift.InOrder {
			continue
		}
		if lines++; lines > most {
			fmt.Fprintf(&b, "… and more\n")
			break
		}
		fmt.Fprintf(&b, "%s: %s", h.Name, h.State)
		if h.Problem != "" {
			first, _, _ := strings.Cut(h.Problem, "\n")
			fmt.Fprintf(&b, ": %s", first)
		}
		b.WriteString("\n")
		for i, x := range h.Drift {
			if i == 10 {
				fmt.Fprintf(&b, "  … and %d more\n", len(h.Drift)-i)
				break
			}
			fmt.Fprintf(&b, "  %s: %s\n", x.Class, x.Task)
		}
	}
	return b.String()
}

// attempts is how often a message is tried, the last time about a day after the first.
const attempts = 12

// deliver hands messages to the notifiers, each in its own goroutine; one that fails is tried again later.
func (d *Daemon) deliver(ctx context.Context) error {
	for {
		now := d.o.Now()
		m, ok, err := d.queue.NextMessage(ctx, now, now.Add(5*time.Minute))
		if err != nil || !ok {
			return err
		}
		d.sending.Add(1)
		go func() {
			defer d.sending.Done()
			d.send(ctx, m)
		}()
	}
}

func (d *Daemon) send(ctx context.Context, m queue.Message) {
	way, known := d.File().Notify[m.Notifier]
	var n News
	err := json.Unmarshal([]byte(m.Body), &n)
	if err == nil && !known {
		err = errors.New("the jobs file has no such notifier any more")
	}
	if err == nil {
		err = d.o.Sender.Send(ctx, way, notify.Message{Job: m.Job, Kind: string(n.Kind), Subject: n.Subject, Text: n.Text, Body: []byte(m.Body)})
		if err != nil && m.Attempts < attempts {
			d.o.Log.Warn("news could not be delivered and is tried again", "job", m.Job, "notifier", m.Notifier, "attempt", m.Attempts, "error", err)
			wait := min(30*time.Second<<m.Attempts, 4*time.Hour)
			if err := d.queue.Later(ctx, m.ID, d.o.Now().Add(wait)); err != nil {
				d.o.Log.Error("news", "error", err)
			}
			return
		}
	}
	if err != nil {
		d.o.Log.Error("news was not delivered", "job", m.Job, "notifier", m.Notifier, "error", err)
	}
	if err := d.queue.Delivered(ctx, m.ID, err); err != nil {
		d.o.Log.Error("news", "error", err)
	}
}
