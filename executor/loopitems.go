package executor

import (
	"context"
	"fmt"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// loopItems evaluates loop: or the lookup of with_…. trusted says that no part of the items can have come from a host.
func (t *taskRun) loopItems(ctx context.Context) (items []any, trusted bool, err error) {
	d := t.task.Loop
	if d.Lookup == "" {
		v, trusted, err := t.x.o.Engine.RenderTrust(t.scope.context(), d.Value)
		if err != nil {
			return nil, false, err
		}
		switch l := v.(type) {
		case *value.List:
			return l.Items, trusted, nil
		case *value.Tuple:
			return l.Items, trusted, nil
		default:
			return nil, false, fmt.Errorf("Invalid data passed to 'loop', it requires a list, got this instead: %s. Hint: If you passed a list/dict of just one element, try adding wantlist=True to your lookup invocation or use q/query instead of lookup.", value.Str(v))
		}
	}
	lookup := playbook.ShortName(d.Lookup)
	items, err = t.x.withItems(ctx, t.scope, d)
	return items, fileLoops[lookup] || !hasTemplate(d.Value) && literalLoops[lookup], err
}

// literalLoops are the kinds of with_… loops whose items are made of nothing but what the playbook gives them.
var literalLoops = map[string]bool{
	"items": true, "list": true, "flattened": true, "together": true, "nested": true, "dict": true,
	"indexed_items": true, "sequence": true, "cartesian": true, "subelements": true, "random_choice": true,
}

// fileLoops are those whose items are names of files that the controller has, whatever asked for them.
var fileLoops = map[string]bool{"first_found": true, "fileglob": true}

// termLoops take a mapping for the list of its keys, as Python does.
var termLoops = map[string]bool{"items": true, "first_found": true}

// withItems answers a with_… loop by its lookup.
func (x *Executor) withItems(ctx context.Context, s *scope, d *playbook.Loop) ([]any, error) {
	terms, err := x.loopTerms(s, d)
	if err != nil {
		return nil, err
	}
	return x.lookupList(ctx, s, d.Lookup, terms, nil)
}

// loopTerms renders the terms of a with_… loop. with_first_found skips terms that are undefined.
func (x *Executor) loopTerms(s *scope, d *playbook.Loop) ([]any, error) {
	lookup := playbook.ShortName(d.Lookup)
	v, err := s.render(d.Value)
	if err != nil {
		if lookup == "first_found" {
			return x.definedTerms(s, d.Value)
		}
		return nil, err
	}
	if l, ok := v.(*value.List); ok {
		return l.Items, nil
	}
	switch d, mapping := v.(*value.Dict); {
	case mapping && termLoops[lookup]:
		return d.Keys(), nil
	case lookup == "indexed_items":
		return nil, fmt.Errorf("with_indexed_items expects a list")
	case lookup == "list":
		return nil, fmt.Errorf("with_list expects a list, got '%s' instead", value.Repr(v))
	}
	return []any{v}, nil
}

func (x *Executor) definedTerms(s *scope, v any) ([]any, error) {
	l, ok := v.(*value.List)
	if !ok {
		_, err := s.render(v)
		return nil, err
	}
	var out []any
	for _, item := range l.Items {
		if r, ok := definedPart(s, item); ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// definedPart is what is left of a term when everything undefined in it is dropped.
func definedPart(s *scope, v any) (any, bool) {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for k, item := range x.All() {
			if r, ok := definedPart(s, item); ok {
				out.Set(k, r)
			}
		}
		return out, true
	case *value.List:
		out := value.NewList()
		for _, item := range x.Items {
			if r, ok := definedPart(s, item); ok {
				out.Items = append(out.Items, r)
			}
		}
		return out, true
	}
	r, err := s.render(v)
	return r, err == nil
}

// listed turns the items that are tuples into lists, as what a loop hands on has no tuples.
func listed(items []any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
		if tuple, ok := item.(*value.Tuple); ok {
			out[i] = &value.List{Items: tuple.Items}
		}
	}
	return out
}
