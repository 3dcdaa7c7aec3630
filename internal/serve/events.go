package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/queue"
)

// LimitError says that events came too often.
type LimitError struct {
	Job  string
	Why  string
	Wait time.Duration
}

// Error says when to come again.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the job %s %s; come again in %s", e.Job, e.Why, e.Wait.Round(time.Second))
}

// Event puts a run that something from outside asks for into the queue, within the job's rate and cool-down.
func (d *Daemon) Event(ctx context.Context, q Request) (queue.Run, error) {
	j := d.Job(q.Job)
	if j == nil {
		return queue.Run{}, fmt.Errorf("there is no job %q", q.Job)
	}
	if err := d.limited(ctx, j); err != nil {
		return queue.Run{}, err
	}
	return d.Ask(ctx, q)
}

// limited is a LimitError while a job's rate and cool-down allow no run that an event starts.
func (d *Daemon) limited(ctx context.Context, j *jobfile.Job) error {
	now := d.o.Now()
	n, last, err := d.queue.Events(ctx, j.Name, now.Add(-max(j.Rate.Per, j.Cooldown)))
	if err != nil {
		return err
	}
	if wait := j.Cooldown - now.Sub(last); j.Cooldown > 0 && !last.IsZero() && wait > 0 {
		return &LimitError{j.Name, "is cooling down", wait}
	}
	if j.Rate.Per < j.Cooldown {
		if n, _, err = d.queue.Events(ctx, j.Name, now.Add(-j.Rate.Per)); err != nil {
			return err
		}
	}
	if n >= j.Rate.Runs {
		return &LimitError{j.Name, fmt.Sprintf("was started %d times within %s", n, j.Rate.Per), j.Rate.Per}
	}
	return nil
}
