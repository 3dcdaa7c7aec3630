package show

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/history"
	"github.com/musterhq/muster/internal/hostorder"
)

// exitInterrupted is the exit code of a run that did not come to its end.
const exitInterrupted = 130

// Replay tells a run again by events, as far as they were kept: items that neither changed nor failed anything, what was too
// long, and what a rollback undid are missing. Results come in the order of their tasks.
func (r Report) Replay(sink event.Sink) {
	sink.Handle(event.RunStart{Version: event.Version, Run: r.ID, Time: r.Start, Playbooks: r.Playbooks, Check: r.Check, Diff: r.Run.Diff})
	sink.Handle(event.PlaybookStart{Plays: r.playCount()})
	for _, m := range r.Messages {
		sink.Handle(event.Message{Level: m.Level, Host: m.Host, Text: m.Text})
	}
	play, task := 0, 0
	for _, x := range r.Results {
		t := x.About
		if t.Play != play {
			play = t.Play
			r.replayPlay(play, sink)
		}
		if t.ID != task {
			task = t.ID
			sink.Handle(event.TaskStart{
				ID: t.ID, Play: t.Play, Key: t.Key, Name: t.Name, Action: t.Action, Pos: diag.Pos{File: t.File, Line: t.Line}, Role: t.Role, Handler: t.Handler,
				Check: t.Check, Time: t.Start,
			})
		}
		sink.Handle(event.TaskResult{
			Task: x.Task, Host: x.Host, Delegated: x.Delegated, Action: t.Action, Status: x.Status, Ignored: x.Ignored, Rescued: x.Rescued, NoLog: x.NoLog,
			Args: x.Args, Result: values(x), Start: x.Start, End: x.Start.Add(x.Duration),
		})
	}
	sink.Handle(r.runEnd())
}

func (r Report) runEnd() event.RunEnd {
	e := event.RunEnd{Time: r.ended(), Hosts: map[string]event.Counts{}, Custom: r.Custom, Exit: r.Exit}
	if r.State != history.Finished {
		e.Exit = exitInterrupted
	}
	for _, x := range r.Recaps {
		e.Hosts[x.Host] = x.Counts
	}
	return e
}

// ended is when the run was over, or what is known of it ends.
func (r Report) ended() time.Time {
	if !r.End.IsZero() {
		return r.End
	}
	last := r.Start
	for _, x := range r.Results {
		if end := x.Start.Add(x.Duration); end.After(last) {
			last = end
		}
	}
	return last
}

// playCount is the number of plays, each with all its batches.
func (r Report) playCount() int {
	n := 0
	for _, p := range r.Plays {
		if p.Batch == 0 {
			n++
		}
	}
	return n
}

// replayPlay announces a batch of a play with the hosts of which there are results.
func (r Report) replayPlay(id int, sink event.Sink) {
	i := slices.IndexFunc(r.Plays, func(p history.Play) bool { return p.ID == id })
	if i < 0 {
		return
	}
	p := r.Plays[i]
	e := event.PlayStart{ID: p.ID, Name: p.Name, Pos: diag.Pos{File: p.File, Line: p.Line}, Batch: p.Batch, Of: p.Of, Check: r.Check}
	for _, other := range r.Plays {
		if other.File == p.File && other.Line == p.Line {
			e.Total += other.Hosts
		}
	}
	seen := map[string]bool{}
	for _, x := range r.Results {
		if x.About.Play == id && !seen[x.Host] {
			seen[x.Host] = true
			e.Hosts = append(e.Hosts, x.Host)
		}
	}
	slices.SortFunc(e.Hosts, hostorder.Compare) // their order in the inventory is not kept
	sink.Handle(e)
}

// values is a result as its task returned it, as far as it was kept.
func values(r history.Result) map[string]any {
	out := map[string]any{}
	if json.Unmarshal(r.Result, &out) != nil || out == nil { // there was none, or it was too long for a mapping
		out = map[string]any{}
	}
	if _, ok := out["msg"]; !ok && r.Msg != "" {
		out["msg"] = r.Msg
	}
	var diff any
	if json.Unmarshal(r.Diff, &diff) == nil {
		out["diff"] = diff
	}
	var items []any
	for _, it := range r.Loop {
		one := values(history.Result{Msg: it.Msg, Diff: it.Diff, Result: it.Result})
		one["item"] = it.Item
		items = append(items, one)
	}
	if items != nil {
		out["results"] = items
	}
	return out
}
