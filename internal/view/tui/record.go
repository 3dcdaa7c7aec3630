package tui

import (
	"time"

	"github.com/musterhq/muster/internal/event"
)

// Record is a task that a host finished.
type Record struct {
	Host      *Host
	Column    int    // -1 for a task that was not announced
	Name      string // of what is no task, or was not announced; "" for a task of the column
	Cell      Cell
	Retried   bool // the host took the task again later
	Delegated string
	Start     time.Time
	End       time.Time
	Result    map[string]any // nil when it was let go of to save memory, or when there is nothing to show
	NoLog     bool
	Dropped   bool // Result was let go of
}

// Took is how long the task ran.
func (r *Record) Took() time.Duration { return r.End.Sub(r.Start) }

// nameOf is what a record is about.
func (s *State) nameOf(r *Record) string {
	switch {
	case r == nil:
		return ""
	case r.Name != "":
		return r.Name
	case r.Column >= 0:
		return s.Columns[r.Column].Name
	}
	return "(a task that was not announced)"
}

// detailBudget is how many bytes of results are kept, about: those of failures always, of the others the latest.
const detailBudget = 32 << 20

// details lets go of old results.
type details struct {
	kept  []kept // the oldest first
	bytes int
}

type kept struct {
	record *Record
	bytes  int
}

// keep gives a record the result that goes with it, and drops the oldest ones beyond the budget.
func (d *details) keep(r *Record, e event.TaskResult) {
	r.NoLog = e.NoLog
	r.Result = e.Result
	if _, facts := r.Result["ansible_facts"]; facts { // large, and shown among the variables
		r.Result = without(r.Result, "ansible_facts")
	}
	if r.Cell == CellFailed || r.Cell == CellUnreachable {
		return
	}
	size := weigh(r.Result, 0)
	d.kept = append(d.kept, kept{r, size})
	d.bytes += size
	n := 0
	for ; d.bytes > detailBudget && n < len(d.kept); n++ {
		old := d.kept[n]
		old.record.Result, old.record.Dropped = nil, true
		d.bytes -= old.bytes
	}
	d.kept = d.kept[n:]
}

func without(m map[string]any, key string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// weigh estimates the bytes that a value holds.
func weigh(v any, depth int) int {
	const each, deepest = 48, 8
	if depth > deepest {
		return each
	}
	n := each
	switch x := v.(type) {
	case string:
		n += len(x)
	case []any:
		for _, item := range x {
			n += weigh(item, depth+1)
		}
	case map[string]any:
		for k, item := range x {
			n += len(k) + weigh(item, depth+1)
		}
	}
	return n
}
