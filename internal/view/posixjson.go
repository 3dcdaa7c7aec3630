package view

import (
	"fmt"
	"io"
	"time"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/value"
)

// PosixJSON collects a run and writes it at its end as one JSON document: the form of the callback ansible.posix.json.
type PosixJSON struct {
	w      io.Writer
	errs   *Text // warnings go where they always go
	indent int
	stats  bool
	run    string
	plays  []any
	play   map[string]any
	tasks  map[int]map[string]any // by task, for plays whose hosts are in step
	starts map[int]event.TaskStart
	free   bool
	err    error
}

// NewPosixJSON returns the view. indent is the number of blanks for each level, 0 writes one line; stats adds set_stats.
func NewPosixJSON(w io.Writer, messages *Text, indent int, stats bool) *PosixJSON {
	return &PosixJSON{w: w, errs: messages, indent: indent, stats: stats, plays: []any{}}
}

// Err returns the first error of writing.
func (j *PosixJSON) Err() error { return j.err }

// Handle collects one event.
func (j *PosixJSON) Handle(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		j.run = e.Run
	case event.PlayStart:
		j.startPlay(e)
	case event.TaskStart:
		j.starts[e.ID] = e
		if !j.free {
			j.tasks[e.ID] = j.newTask(e)
		}
	case event.TaskResult:
		j.result(e)
	case event.Message:
		if e.Level == "warning" || e.Level == "deprecated" || e.Level == "error" {
			j.errs.Handle(e)
		}
	case event.RunEnd:
		j.write(e)
	}
}

func (j *PosixJSON) startPlay(e event.PlayStart) {
	j.free = e.Strategy == "free" || e.Strategy == "host_pinned"
	j.tasks, j.starts = map[int]map[string]any{}, map[int]event.TaskStart{}
	j.play = map[string]any{
		"play":  map[string]any{"name": e.Name, "id": fmt.Sprintf("%s-play-%d", j.run, len(j.plays)+1), "path": path(e.Pos.File, e.Pos.Line), "duration": map[string]any{}},
		"tasks": []any{},
	}
	j.plays = append(j.plays, j.play)
}

func path(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }

func (j *PosixJSON) newTask(e event.TaskStart) map[string]any {
	start := stamp(e.Time)
	task := map[string]any{
		"task":  map[string]any{"name": e.Name, "id": fmt.Sprintf("%s-task-%d", j.run, e.ID), "path": path(e.Pos.File, e.Pos.Line), "duration": map[string]any{"start": start}},
		"hosts": map[string]any{},
	}
	if j.play != nil {
		tasks, _ := j.play["tasks"].([]any)
		j.play["tasks"] = append(tasks, task)
		if d := duration(j.play, "play"); d["start"] == nil {
			d["start"] = start
		}
	}
	return task
}

func duration(m map[string]any, key string) map[string]any {
	inner, _ := m[key].(map[string]any)
	d, _ := inner["duration"].(map[string]any)
	return d
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (j *PosixJSON) result(e event.TaskResult) {
	if j.play == nil {
		return
	}
	task := j.tasks[e.Task]
	if task == nil {
		task = j.newTask(j.starts[e.Task])
	}
	shown := jsonResult(e)
	switch e.Status {
	case event.Failed:
		shown["failed"] = true
	case event.Skipped:
		shown["skipped"] = true
	}
	shown["action"] = e.Action
	if hosts, ok := task["hosts"].(map[string]any); ok {
		hosts[e.Host] = shown
	}
	duration(task, "task")["end"] = stamp(e.End)
	duration(j.play, "play")["end"] = stamp(e.End)
}

// jsonResult is a result with the internal keys that the callback leaves in.
func jsonResult(e event.TaskResult) map[string]any {
	if e.NoLog {
		return censored(e.Result)
	}
	shown := map[string]any{"_ansible_no_log": false}
	r, _ := strip(e.Result).(map[string]any)
	for k, v := range r {
		if k != "failed" && k != "skipped" {
			shown[k] = v
		}
	}
	if v, ok := e.Result["_ansible_verbose_always"]; ok {
		shown["_ansible_verbose_always"] = v
	}
	return shown
}

func (j *PosixJSON) write(e event.RunEnd) {
	stats := map[string]any{}
	for h, c := range e.Hosts {
		stats[h] = map[string]any{
			"ok": c.OK, "changed": c.Changed, "unreachable": c.Unreachable, "failures": c.Failed,
			"skipped": c.Skipped, "rescued": c.Rescued, "ignored": c.Ignored,
		}
	}
	custom, global := map[string]any{}, any(map[string]any{})
	if j.stats {
		for k, v := range e.Custom {
			if k == "_run" {
				global = v
				continue
			}
			custom[k] = v
		}
	}
	o := value.JSONOptions{SortKeys: true}
	if j.indent > 0 {
		o.Indent = &j.indent
	}
	text, err := value.JSON(value.From(map[string]any{"plays": j.plays, "stats": stats, "custom_stats": custom, "global_custom_stats": global}), o)
	if err != nil {
		j.err = err
		return
	}
	_, j.err = fmt.Fprintln(j.w, text)
}
