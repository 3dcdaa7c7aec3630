package secret

import "github.com/musterhq/muster/internal/event"

// Sink masks events before it hands them on.
type Sink struct {
	Next    event.Sink
	Secrets *Registry
}

// Handle passes an event on without its secrets. Names of hosts are never masked.
func (s Sink) Handle(e event.Event) {
	if !s.Secrets.Empty() {
		e = s.Secrets.Event(e)
	}
	s.Next.Handle(e)
}

// Event returns an event without its secrets.
func (r *Registry) Event(e event.Event) event.Event {
	switch e := e.(type) {
	case event.PlayStart:
		e.Name = r.Text(e.Name)
		return e
	case event.NoHosts:
		e.Play = r.Text(e.Play)
		return e
	case event.TaskStart:
		e.Name, e.Args = r.Text(e.Name), r.Text(e.Args)
		return e
	case event.TaskResult:
		e.Result, _ = r.mapping(e.Result)
		return e
	case event.ItemResult:
		e.Result, _ = r.mapping(e.Result)
		e.Item, e.Label = r.Value(e.Item), r.Text(e.Label)
		return e
	case event.Output:
		e.Text = r.Text(e.Text)
		return e
	case event.Retry:
		e.Name = r.Text(e.Name)
		e.Result, _ = r.mapping(e.Result)
		return e
	case event.Included:
		e.File, e.Item, e.Label = r.Text(e.File), r.Value(e.Item), r.Text(e.Label)
		return e
	case event.Notified:
		e.Handler = r.Text(e.Handler)
		return e
	case event.Message:
		e.Text = r.Text(e.Text)
		return e
	case event.PromptText:
		e.Text = r.Text(e.Text)
		return e
	case event.RunEnd:
		e.Custom, _ = r.mapping(e.Custom)
		return e
	case event.PhaseStart:
		e.Play = r.Text(e.Play)
		return e
	case event.RollbackStart:
		e.Play, e.Reason = r.Text(e.Play), r.Text(e.Reason)
		return e
	case event.Undone:
		e.Name, e.What, e.Msg, e.Diff = r.Text(e.Name), r.Text(e.What), r.Text(e.Msg), r.Value(e.Diff)
		return e
	case event.NotStarted:
		e.Play = r.Text(e.Play)
		return e
	}
	return e
}
