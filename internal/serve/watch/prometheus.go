package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Prometheus watches the value of a query. It crosses a bound when it was beyond it at every look for a time.
//
// Without Changes a crossing is one event. With it, the inventory is asked again for as long as the value stays beyond the
// bound, and there is an event whenever hosts came or went, about them: machines come later than the load that asks for them.
type Prometheus struct {
	Query  func(ctx context.Context) (value float64, ok bool, err error) // ok is false when the query has no result
	Text   string                                                        // the query
	Above  *float64
	Below  *float64
	For    time.Duration
	Period time.Duration

	Changes []Change                                    // which hosts an event is about; empty is all of the job
	Hosts   func(ctx context.Context) ([]string, error) // asks the inventory
}

// Change is what happened to a host.
type Change string

// The changes.
const (
	New  Change = "new"
	Gone Change = "gone"
)

// prometheusState is what a look leaves.
type prometheusState struct {
	Side  string    `json:"side,omitempty"` // above, below, or neither
	Since time.Time `json:"since,omitzero"`
	Last  time.Time `json:"last,omitzero"` // the last look that saw a value
	Told  bool      `json:"told,omitempty"`
	Hosts []string  `json:"hosts,omitempty"` // as of the last event, or of the first look
}

// Every is the time between two looks.
func (p *Prometheus) Every() time.Duration { return p.Period }

// Look asks for the value.
func (p *Prometheus) Look(ctx context.Context, now time.Time, state []byte) (Finding, error) {
	var st prometheusState
	if err := restore(state, &st); err != nil {
		return Finding{}, err
	}
	if len(p.Changes) > 0 && st.Hosts == nil {
		hosts, err := p.hosts(ctx)
		if err != nil {
			return Finding{}, err
		}
		st.Hosts = hosts
	}
	value, ok, err := p.Query(ctx)
	if err != nil {
		return Finding{}, err
	}
	side, bound := p.side(value, ok)
	if gap := now.Sub(st.Last) > 3*p.Period; side != st.Side || gap && !st.Told {
		st = prometheusState{Side: side, Since: now, Hosts: st.Hosts}
	}
	st.Last = now
	if side == "" || st.Told || now.Sub(st.Since) < p.For {
		return found(st, nil)
	}
	id := fmt.Sprint(side, st.Since.UnixMicro())
	data := map[string]any{"query": p.Text, "value": value, "side": side, "bound": bound, "since": st.Since.UTC().Format(time.RFC3339)}
	if len(p.Changes) == 0 {
		st.Told = true
		return found(st, &Event{ID: id, Data: data})
	}
	return p.changed(ctx, st, id, data)
}

// side says beyond which bound a value is.
func (p *Prometheus) side(value float64, ok bool) (side string, bound float64) {
	switch {
	case !ok || math.IsNaN(value):
		return "", 0
	case p.Above != nil && value > *p.Above:
		return "above", *p.Above
	case p.Below != nil && value < *p.Below:
		return "below", *p.Below
	}
	return "", 0
}

// changed asks the inventory again and makes an event of the hosts that came or went.
func (p *Prometheus) changed(ctx context.Context, st prometheusState, id string, data map[string]any) (Finding, error) {
	hosts, err := p.hosts(ctx)
	if err != nil {
		return Finding{}, err
	}
	came, went := []string{}, []string{}
	if slices.Contains(p.Changes, New) {
		came = without(hosts, st.Hosts)
	}
	if slices.Contains(p.Changes, Gone) {
		went = without(st.Hosts, hosts)
	}
	st.Hosts = hosts
	if len(came)+len(went) == 0 {
		return found(st, nil)
	}
	data["new"], data["gone"] = came, went
	return found(st, &Event{ID: fmt.Sprint(id, came, went), Data: data, Hosts: slices.Concat(came, went)})
}

// hosts asks the inventory. One without hosts is taken for a mistake, not for a fleet that is gone.
func (p *Prometheus) hosts(ctx context.Context) ([]string, error) {
	hosts, err := p.Hosts(ctx)
	if err == nil && len(hosts) == 0 {
		err = errors.New("the inventory has no hosts")
	}
	slices.Sort(hosts)
	return hosts, err
}

// without are the items of a list that are not in another.
func without(list, other []string) []string {
	there := make(map[string]bool, len(other))
	for _, item := range other {
		there[item] = true
	}
	out := []string{}
	for _, item := range list {
		if !there[item] {
			out = append(out, item)
		}
	}
	return out
}
