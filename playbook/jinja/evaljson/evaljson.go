// Package evaljson answers expressions and templates given as JSON lines with JSON lines: the protocol of
// muster eval --jsonl.
package evaljson

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
)

// Case is one line of the input.
type Case struct {
	ID   json.RawMessage `json:"id"`
	Kind string          `json:"kind"` // expr: what stands inside {{ }}; tmpl: a whole template
	Src  string          `json:"src"`
	Raw  bool            `json:"raw"`  // backslashes in strings are literal, as in a playbook
	Vars json.RawMessage `json:"vars"` // variables of this case, which hide the common ones
}

// Answer is one line of the output.
type Answer struct {
	ID   json.RawMessage `json:"id"`
	OK   bool            `json:"ok"`
	Repr *string         `json:"repr,omitempty"` // the value as Python writes it
	Err  string          `json:"err,omitempty"`  // undefined or error
	Msg  string          `json:"msg,omitempty"`
}

// Runner answers cases. Context gives everything but the variables; its Scope is what remains when a case and Vars have
// no variable of a name.
type Runner struct {
	Engine  *jinja.Engine
	Vars    *value.Dict
	Context jinja.Context
}

// Run answers each line of in with one line of out. Text in vars that contains markers is a template.
func Run(engine *jinja.Engine, vars *value.Dict, in io.Reader, out io.Writer) error {
	return (&Runner{Engine: engine, Vars: vars}).Run(in, out)
}

// maxLine is the length of the longest line that is read.
const maxLine = 64 << 20

// Run answers each line of in with one line of out. A line that is no case ends it with an error.
func (r *Runner) Run(in io.Reader, out io.Writer) error {
	vars := trusted(r.Vars)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	w := bufio.NewWriter(out)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return errors.Join(fmt.Errorf("line %d: no case: %w", n, err), w.Flush())
		}
		if err := encoder.Encode(r.answer(c, vars)); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	return nil
}

func (r *Runner) answer(c Case, vars scope) Answer {
	v, err := r.evaluate(c, vars)
	a := Answer{ID: c.ID}
	if len(a.ID) == 0 {
		a.ID = json.RawMessage("null")
	}
	switch {
	case err == nil:
		repr := value.Repr(v)
		a.OK, a.Repr = true, &repr
	case jinja.IsUndefined(err):
		a.Err, a.Msg = "undefined", err.Error()
	default:
		a.Err, a.Msg = "error", err.Error()
	}
	return a
}

func (r *Runner) evaluate(c Case, vars scope) (any, error) {
	ctx := r.Context
	vars.rest = r.Context.Scope
	if len(c.Vars) > 0 {
		parsed, err := value.ParseJSON(string(c.Vars))
		if err != nil {
			return nil, fmt.Errorf("vars: %w", err)
		}
		own, ok := parsed.(*value.Dict)
		if !ok {
			return nil, errors.New("vars: not a mapping")
		}
		own = markAll(own).(*value.Dict)
		vars.own = own
	}
	ctx.Scope = vars
	switch c.Kind {
	case "expr":
		if c.Raw {
			return r.Engine.Expr(&ctx, c.Src, diag.Pos{})
		}
		return r.Engine.ExprEscapes(&ctx, c.Src, diag.Pos{})
	case "tmpl":
		return r.Engine.File(&ctx, "", c.Src, jinja.FileOptions{LiteralBackslashes: c.Raw})
	}
	return nil, fmt.Errorf("kind: %q is neither expr nor tmpl", c.Kind)
}

// scope looks in the variables of the case, in the common ones, and then in what the caller gave.
type scope struct {
	own, common *value.Dict
	rest        jinja.Scope
}

// Lookup implements jinja.Scope.
func (s scope) Lookup(name string) (any, bool) {
	if v, ok := s.own.Get(name); ok {
		return v, true
	}
	if v, ok := s.common.Get(name); ok {
		return v, true
	}
	if s.rest == nil {
		return nil, false
	}
	return s.rest.Lookup(name)
}

// Keys implements jinja.Keyed.
func (s scope) Keys() []string {
	seen := map[string]bool{}
	var names []string
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, d := range []*value.Dict{s.own, s.common} {
		for _, k := range d.Keys() {
			if name, ok := k.(string); ok {
				add(name)
			}
		}
	}
	if keyed, ok := s.rest.(jinja.Keyed); ok {
		for _, name := range keyed.Keys() {
			add(name)
		}
	}
	return names
}

func trusted(vars *value.Dict) scope {
	if vars == nil {
		return scope{common: value.NewDict()}
	}
	return scope{common: markAll(vars).(*value.Dict)}
}

// markAll makes Templates of the texts that contain markers: variables given by the user are trusted.
func markAll(v any) any {
	switch x := v.(type) {
	case string:
		if jinja.HasMarkers(x) {
			return value.Template{Src: x}
		}
	case *value.List:
		out := &value.List{Items: make([]any, len(x.Items))}
		for i, item := range x.Items {
			out.Items[i] = markAll(item)
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			out.Set(k, markAll(item))
		}
		return out
	}
	return v
}
