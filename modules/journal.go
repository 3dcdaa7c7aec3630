package modules

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
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

// before makes the journal entry; without a journal it does nothing and returns "". The state that it returns is from,
// completed with what was kept.
func (m *stateModule) before(ctx context.Context, c *Call, s sys.Reader, p any, d Decoded, from, want any) (string, any, error) {
	if c.Journal == nil {
		return "", from, nil
	}
	if m.keep != nil {
		keep := func(r io.Reader) (string, error) { return c.Journal.Keep(ctx, r) }
		var err error
		if from, err = m.keep(ctx, s, p, from, want, keep); err != nil {
			return "", from, fmt.Errorf("journal: %w", err)
		}
	}
	e, err := entryOf(m.info.Name, m.spec, d, from, want)
	if err != nil {
		return "", from, err
	}
	id, err := c.Journal.Before(ctx, e)
	if err != nil {
		return "", from, fmt.Errorf("journal: %w", err)
	}
	return id, from, nil
}

func (m *stateModule) after(ctx context.Context, c *Call, id string, got any) error {
	if c.Journal == nil {
		return nil
	}
	post, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := c.Journal.After(ctx, id, post); err != nil {
		Warn(ctx, "the journal's entry could not be finished, the next run on this host does that: %v", err)
	}
	return nil
}

func entryOf(name string, spec *Spec, d Decoded, from, to any) (e Entry, err error) {
	e.Module = name
	if e.Params, err = json.Marshal(spec.journalled(d)); err != nil {
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

// journalled is what an entry records of the parameters: what the task gave, without secrets, and with paths as they
// were expanded when the change was made. Undo may run with another home folder and another environment.
func (s *Spec) journalled(d Decoded) map[string]any {
	out := s.withoutSecrets(d.given)
	for i := range s.fields {
		f := &s.fields[i]
		if f.Secret || f.Type != "path" && f.Elements != "path" || d.Args[f.Name] == nil {
			continue
		}
		_, given := out[f.Name]
		text, isText := d.Args[f.Name].(string)
		if given || isText && text != f.Default {
			out[f.Name] = normal(d.Args[f.Name])
		}
	}
	return out
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
func (m *stateModule) Undo(ctx context.Context, c *Call, e Entry, post []byte, force bool) (res Result) {
	name := m.info.Name
	defer recovered(name, &res)
	if m.specErr != nil {
		return Failf("%s: %v", name, m.specErr)
	}
	if m.info.Undo == UndoNone {
		return Failf("%s cannot be undone; give the task a rollback handler", name)
	}
	ctx, end := m.within(ctx, c.Sys)
	defer end()
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

// undoRecord is a journal entry with its parameters and states read back.
type undoRecord struct {
	p        any
	from, to any
	post     any // nil when the change never finished
}

func (m *stateModule) undoing(ctx context.Context, e Entry, post []byte) (u undoRecord, err error) {
	if u.p, err = m.journalledParams(ctx, e.Params); err != nil {
		return u, err
	}
	for _, s := range []struct {
		src  []byte
		into *any
	}{{e.From, &u.from}, {e.To, &u.to}, {post, &u.post}} {
		if len(s.src) == 0 && s.into == &u.post {
			continue
		}
		if *s.into, err = m.decodeState(s.src); err != nil {
			return u, fmt.Errorf("journal entry: state: %w", err)
		}
	}
	return u, nil
}

// journalledParams decodes what an entry recorded. Secrets and withheld contents are not in it, so that nothing is required.
func (m *stateModule) journalledParams(ctx context.Context, src []byte) (any, error) {
	var args map[string]any
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	if err := dec.Decode(&args); err != nil {
		return nil, fmt.Errorf("journal entry: parameters: %w", err)
	}
	relaxed := *m.spec
	relaxed.rules = Rules{}
	relaxed.fields = append([]field{}, m.spec.fields...)
	for i := range relaxed.fields {
		relaxed.fields[i].Required = false
	}
	p := m.newParams()
	if _, err := relaxed.decodeInto(reflect.ValueOf(p).Elem(), m.info.Name, expander{ctx: ctx}, args); err != nil {
		return nil, fmt.Errorf("journal entry: %w", err)
	}
	if m.validate != nil {
		_ = m.validate(p) // normalises; what it refuses was accepted when the change was made
	}
	return p, nil
}

func (m *stateModule) undo(ctx context.Context, c *Call, u undoRecord, force bool) (Result, error) {
	expected := u.expected()
	now, err := m.reread(ctx, c.Sys, u.p, expected, u.from)
	if err != nil {
		return nil, err
	}
	if m.same(u.from, now) {
		return Result{"changed": false, "msg": "already as before the change"}, nil
	}
	if !m.stands(expected, now) && !force {
		return Result{"failed": true, "changed": false, "conflict": true,
			"msg":         fmt.Sprintf("%s: changed since by somebody else; left alone. %s", m.info.Name, stateDifference(expected, now)),
			"found_state": plainState(now)}, nil
	}
	res := Result{"changed": true}
	if c.Diff && m.diff != nil {
		if res["diff"], err = m.diff(ctx, sys.ReaderOnly(c.Sys), u.p, now, u.from); err != nil {
			res["diff"] = nil // what cannot be shown can still be undone
		}
	}
	if c.Check {
		return res, nil
	}
	if err := m.bringBack(ctx, c, u, now); err != nil {
		return nil, err
	}
	return res, nil
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
