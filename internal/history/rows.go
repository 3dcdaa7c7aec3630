package history

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// rows turns events into rows of tables and keeps them until they are saved. It is used by one goroutine.
type rows struct {
	run   int64
	ended bool
	end   *event.RunEnd
	tasks map[int]int64 // keys of tasks by their number
	loops map[loopKey]*loopSeen
	seq   int64
	byTab map[string][][]any
}

// loopKey is a task on a host.
type loopKey struct {
	task int
	host string
}

// loopSeen are the items of a loop until its result comes.
type loopSeen struct {
	count int
	rows  [][]any // of items that changed or failed
}

func newRows(run int64) *rows {
	return &rows{run: run, tasks: map[int]int64{}, loops: map[loopKey]*loopSeen{}, byTab: map[string][][]any{}}
}

// columns of the tables that events fill.
var columns = map[string]string{
	"plays":    "run, play, name, file, line, batch, batches, hosts, started",
	"tasks":    "run, task, play, name, action, file, line, role, handler, check_mode, task_key, started",
	"results":  "run, seq, task, host, task_key, delegated, status, changed, ignored, rescued, no_log, items, started, micros, msg, args, diff, result",
	"items":    "run, seq, nr, item, status, msg, args, diff, result",
	"messages": "run, seq, level, host, text",
	"recaps":   "run, host, ok, changed, unreachable, failed, skipped, rescued, ignored, rolledback",
}

func (w *rows) add(table string, values ...any) { w.byTab[table] = append(w.byTab[table], values) }

// take turns an event into rows.
func (w *rows) take(e event.Event) {
	switch e := e.(type) {
	case event.PlayStart:
		w.add("plays", w.run, e.ID, e.Name, e.Pos.File, e.Pos.Line, e.Batch, e.Of, len(e.Hosts), time.Now().UnixMicro())
	case event.TaskStart:
		w.tasks[e.ID] = keyNumber(e.Key)
		w.add("tasks", w.run, e.ID, e.Play, e.Name, e.Action, e.Pos.File, e.Pos.Line, e.Role, truth(e.Handler), truth(e.Check), w.tasks[e.ID], e.Time.UnixMicro())
	case event.ItemResult:
		w.item(e)
	case event.TaskResult:
		w.result(e)
	case event.Message:
		w.seq++
		w.add("messages", w.run, w.seq, e.Level, e.Host, e.Text)
	case event.RunEnd:
		w.end = &e
		for host, c := range e.Hosts {
			w.add("recaps", w.run, host, c.OK, c.Changed, c.Unreachable, c.Failed, c.Skipped, c.Rescued, c.Ignored, c.RolledBack)
		}
	}
}

// item counts an item; one that changed or failed something is kept until the result of its task comes.
func (w *rows) item(e event.ItemResult) {
	k := loopKey{e.Task, e.Host}
	l := w.loops[k]
	if l == nil {
		l = &loopSeen{}
		w.loops[k] = l
	}
	l.count++
	if e.Status == event.OK || e.Status == event.Skipped {
		return
	}
	diff, result := split(e.Result)
	l.rows = append(l.rows, []any{w.run, int64(0), l.count, e.Label, string(e.Status), message(e.Result), e.Args, diff, result})
}

func (w *rows) result(e event.TaskResult) {
	w.seq++
	items := 0
	k := loopKey{e.Task, e.Host}
	if l := w.loops[k]; l != nil {
		items = l.count
		for _, row := range l.rows {
			row[1] = w.seq
			w.add("items", row...)
		}
		delete(w.loops, k)
	}
	changed, _ := e.Result["changed"].(bool)
	diff, result := split(e.Result)
	w.add("results", w.run, w.seq, e.Task, e.Host, w.tasks[e.Task], e.Delegated, string(e.Status), truth(changed), truth(e.Ignored),
		truth(e.Rescued), truth(e.NoLog), items, e.Start.UnixMicro(), e.End.Sub(e.Start).Microseconds(), message(e.Result), e.Args, diff, result)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keyNumber is a task's key as the store keeps it; keyText turns it back.
func keyNumber(key string) int64 {
	n, err := strconv.ParseUint(key, 16, 64)
	if err != nil {
		return 0
	}
	return int64(n)
}

func keyText(n int64) string {
	if n == 0 {
		return ""
	}
	text := strconv.FormatUint(uint64(n), 16)
	return strings.Repeat("0", 16-len(text)) + text
}

// message is what a result says in one text.
func message(result map[string]any) string {
	for _, key := range []string{"msg", "reason", "message", "skip_reason", "stderr"} {
		switch v := result[key].(type) {
		case string:
			if v != "" {
				return cut(v, maxMessage)
			}
		case nil:
		default:
			text, err := json.Marshal(v)
			if err == nil {
				return cut(string(text), maxMessage)
			}
		}
	}
	return ""
}
