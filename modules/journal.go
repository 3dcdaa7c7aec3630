package modules

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"github.com/musterhq/muster/modules/sys"
)

// Undoer is implemented by modules whose changes can be taken back.
type Undoer interface {
	// Undo brings back e.From. It is refused (conflict: true in the result) where the present is not post, the state that
	// the change left, unless force is set; post is nil when the change never finished, then the present may be either
	// side of the change. c.Content opens what the journal kept; c.Check only says what would happen.
	Undo(ctx context.Context, c *Call, e Entry, post []byte, force bool) Result
}

// before makes the journal entry; without a journal it does nothing and returns "".
func (m *stateModule[P, S]) before(ctx context.Context, c *Call, s sys.Reader, p P, d Decoded, from *S, want S) (string, error) {
	if c.Journal == nil {
		return "", nil
	}
	if m.Keep != nil {
		keep := func(r io.Reader) (string, error) { return c.Journal.Keep(ctx, r) }
		if err := m.Keep(ctx, s, p, from, want, keep); err != nil {
			return "", fmt.Errorf("journal: %w", err)
		}
	}
	e, err := entryOf(m.Name, m.spec, d, *from, want)
	if err != nil {
		return "", err
	}
	id, err := c.Journal.Before(ctx, e)
	if err != nil {
		return "", fmt.Errorf("journal: %w", err)
	}
	return id, nil
}

func (m *stateModule[P, S]) after(ctx context.Context, c *Call, id string, got S) error {
	if c.Journal == nil {
		return nil
	}
	post, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := c.Journal.After(ctx, id, post); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func entryOf(name string, spec *Spec, d Decoded, from, to any) (e Entry, err error) {
	e.Module = name
	if e.Params, err = json.Marshal(spec.withoutSecrets(d.given)); err != nil {
		return e, fmt.Errorf("journal: parameters: %w", err)
	}
	if from != nil {
		if e.From, err = json.Marshal(from); err != nil {
			return e, fmt.Errorf("journal: state: %w", err)
		}
	}
	if to != nil {
		if e.To, err = json.Marshal(to); err != nil {
			return e, fmt.Errorf("journal: state: %w", err)
		}
	}
	return e, nil
}

// withoutSecrets copies what the task gave without the secret parameters, at any depth.
func (s *Spec) withoutSecrets(given map[string]any) map[string]any {
	out := make(map[string]any, len(given))
	for k, v := range given {
		i, ok := s.byName[k]
		if !ok || s.fields[i].Secret {
			continue
		}
		v = normal(v)
		if sub := s.fields[i].sub; sub != nil && sub.secret {
			v = sub.withoutSecretsIn(v)
		}
		out[k] = v
	}
	return out
}

func (s *Spec) withoutSecretsIn(v any) any {
	switch x := v.(type) {
	case map[string]any:
		return s.withoutSecrets(x)
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = s.withoutSecretsIn(item)
		}
		return out
	default:
		return v
	}
}

// Undo brings back the state before a journalled change.
func (m *stateModule[P, S]) Undo(ctx context.Context, c *Call, e Entry, post []byte, force bool) (res Result) {
	defer recovered(m.Name, &res)
	if m.specErr != nil {
		return Failf("%s: %v", m.Name, m.specErr)
	}
	if m.State.Info.Undo == UndoNone {
		return Failf("%s cannot be undone; give the task a rollback handler", m.Name)
	}
	ctx, run := begin(ctx, c)
	defer run.end()
	run.undoing = true
	u, err := m.undoing(ctx, e, post)
	if err == nil {
		res, err = m.undo(ctx, c, u, force)
	}
	if err != nil {
		res = failed(err)
	}
	for _, w := range run.warnings {
		res["warnings"] = append(warningsOf(res), w)
	}
	return res
}

func warningsOf(res Result) []any {
	w, _ := res["warnings"].([]any)
	return w
}

type undoRecord[P, S any] struct {
	p        P
	from, to S
	post     *S
}

func (m *stateModule[P, S]) undoing(ctx context.Context, e Entry, post []byte) (u undoRecord[P, S], err error) {
	var args map[string]any
	dec := json.NewDecoder(bytes.NewReader(e.Params))
	dec.UseNumber()
	if err = dec.Decode(&args); err != nil {
		return u, fmt.Errorf("journal entry: parameters: %w", err)
	}
	relaxed := *m.spec
	relaxed.rules = Rules{}
	relaxed.fields = append([]field{}, m.spec.fields...)
	for i := range relaxed.fields {
		relaxed.fields[i].Required = relaxed.fields[i].Required && !relaxed.fields[i].Secret
	}
	if u.p, _, err = Decode[P](ctx, &relaxed, m.Name, nil, args); err != nil {
		return u, fmt.Errorf("journal entry: %w", err)
	}
	if m.Validate != nil {
		_ = m.Validate(&u.p) // normalises; what it refuses was accepted when the change was made
	}
	if err = json.Unmarshal(e.From, &u.from); err != nil {
		return u, fmt.Errorf("journal entry: state: %w", err)
	}
	if err = json.Unmarshal(e.To, &u.to); err != nil {
		return u, fmt.Errorf("journal entry: state: %w", err)
	}
	if len(post) > 0 {
		u.post = new(S)
		if err = json.Unmarshal(post, u.post); err != nil {
			return u, fmt.Errorf("journal entry: state: %w", err)
		}
	}
	return u, nil
}

func (m *stateModule[P, S]) undo(ctx context.Context, c *Call, u undoRecord[P, S], force bool) (Result, error) {
	s := c.Sys
	expected := u.to
	if u.post != nil {
		expected = *u.post
	}
	now, err := m.reread(ctx, s, u.p, expected, u.from)
	if err != nil {
		return nil, err
	}
	if m.Same(u.from, now) {
		return Result{"changed": false, "msg": "already as before the change"}, nil
	}
	if !m.Same(expected, now) && !force {
		return Result{"failed": true, "changed": false, "conflict": true,
			"msg":         fmt.Sprintf("%s: changed since by somebody else; left alone. %s", m.Name, stateDifference(expected, now)),
			"found_state": plainState(now)}, nil
	}
	if c.Check {
		return Result{"changed": true}, nil
	}
	if err := m.Apply(ctx, s, u.p, now, u.from); err != nil {
		return nil, err
	}
	got, err := m.reread(ctx, s, u.p, expected, u.from)
	if err != nil {
		return nil, err
	}
	if !m.Same(u.from, got) {
		return nil, notConverged(m.Name, u.from, got)
	}
	return Result{"changed": true}, nil
}

// plainState turns a state into plain data by way of JSON.
func plainState(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out any
	if dec.Decode(&out) != nil {
		return nil
	}
	return normal(out)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
