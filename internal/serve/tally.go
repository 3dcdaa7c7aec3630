package serve

import (
	"time"

	"github.com/musterhq/muster/internal/serve/queue"
)

// tallyKey is what runs are counted by.
type tallyKey struct{ job, outcome string }

// Tally counts the runs of a job that ended in one way since the daemon started.
type Tally struct {
	Job     string
	Outcome string // one of outcomes
	Runs    int
	Took    time.Duration // all of them together
}

// OutcomeOf is a run's outcome in a word: its state while it is not done, and then what its exit code says.
func OutcomeOf(r queue.Run) string {
	if r.State != queue.Done {
		return string(r.State)
	}
	switch r.Exit {
	case 0:
		return "in order"
	case 3:
		return "drifted"
	case 4:
		return "unreachable"
	case 6:
		return "rolled back"
	case 130:
		return "cancelled"
	}
	return "failed"
}

// outcomes are all that a run which ended may have.
var outcomes = []string{"in order", "drifted", "failed", "unreachable", "rolled back", "cancelled", string(queue.Broken)}

// tally counts a run that ended.
func (d *Daemon) tally(r queue.Run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := tallyKey{r.Job, OutcomeOf(r)}
	t := d.tallies[k]
	t.Job, t.Outcome, t.Runs, t.Took = k.job, k.outcome, t.Runs+1, t.Took+r.Ended.Sub(r.Started)
	d.tallies[k] = t
}

// Tallies are the counts of all jobs and outcomes, in no order. Those of the jobs in the jobs file are there from the start,
// so that the first run of an outcome is seen as an increase.
func (d *Daemon) Tallies() []Tally {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Tally, 0, len(d.tallies))
	for _, j := range d.file.Jobs {
		for _, o := range outcomes {
			if _, counted := d.tallies[tallyKey{j.Name, o}]; !counted {
				out = append(out, Tally{Job: j.Name, Outcome: o})
			}
		}
	}
	for _, t := range d.tallies {
		out = append(out, t)
	}
	return out
}
