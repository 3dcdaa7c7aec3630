package view

import (
	"encoding/json"
	"io"

	"github.com/musterhq/muster/internal/event"
)

// JSON writes every event as one line: {"type": …} and the event's fields. event.Version says which form they have.
type JSON struct {
	enc *json.Encoder
	err error
}

// NewJSON returns a view that writes JSON lines.
func NewJSON(w io.Writer) *JSON {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &JSON{enc: e}
}

// Handle writes one event.
func (j *JSON) Handle(e event.Event) {
	switch x := e.(type) {
	case event.TaskResult:
		x.Result = public(x.Result)
		e = x
	case event.ItemResult:
		x.Result = public(x.Result)
		e = x
	case event.Retry:
		x.Result = public(x.Result)
		e = x
	}
	if err := j.enc.Encode(envelope{e}); err != nil && j.err == nil {
		j.err = err
	}
}

// public is a result without the keys that only muster itself uses. The condition that left a task out is a key that
// ansible-core has since 2.16; people read it here, and the text view has what 2.14 prints.
func public(r map[string]any) map[string]any {
	out, _ := strip(r).(map[string]any)
	if condition, ok := r["_ansible_false_condition"]; ok {
		out["false_condition"] = condition
	}
	return out
}

// Err returns the first error of writing.
func (j *JSON) Err() error { return j.err }

// envelope adds the type to an event's own fields.
type envelope struct{ event.Event }

// MarshalJSON puts the type before the fields.
func (e envelope) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Event)
	if err != nil {
		return nil, err
	}
	kind, err := json.Marshal(e.Kind())
	if err != nil {
		return nil, err
	}
	out := append([]byte(`{"type":`), kind...)
	if len(body) > 2 {
		out = append(out, ',')
	}
	return append(out, body[1:]...), nil
}
