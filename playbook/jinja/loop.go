package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// loop is the variable loop of a for statement.
type loop struct {
	statement *forStatement
	frame     *frame // in which the for statement stands
	items     []any
	index     int
	depth     int
	last      []any // what changed() was last called with
	changed   bool  // changed() has been called
}

func (f *frame) execFor(s *forStatement, out *sink) error {
	items, err := s.items.run(f)
	if err != nil {
		return err
	}
	return f.runLoop(s, items, 0, out)
}

func (f *frame) runLoop(s *forStatement, over any, depth int, out *sink) error {
	items, err := f.iterate(over)
	if err == nil && s.test != nil {
		items, err = f.selected(s, items, depth)
	}
	if err != nil {
		return f.locate(err, s.items.off)
	}
	if len(items) == 0 {
		_, err := f.child().exec(s.otherwise, out)
		return err
	}
	l := &loop{statement: s, frame: f, items: items, depth: depth}
	for i := range items {
		if err := f.ev.step(); err != nil {
			return f.locate(err, s.off)
		}
		l.index = i
		inner := f.child()
		inner.vars = make([]binding, 0, 4)
		if err := inner.bind(s.target, items[i]); err != nil {
			return f.locate(err, s.off)
		}
		inner.set("loop", l)
		sig, err := inner.exec(s.body, out)
		if err != nil {
			return err
		}
		if sig == signalBreak {
			break
		}
	}
	return nil
}

// selected keeps the items for which the condition of a for statement holds.
func (f *frame) selected(s *forStatement, items []any, depth int) ([]any, error) {
	var kept []any
	for _, item := range items {
		inner := f.child()
		if err := inner.bind(s.target, item); err != nil {
			return nil, err
		}
		ok, err := s.test.test(inner)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// TypeName implements value.Object.
func (l *loop) TypeName() string { return "LoopContext" }

// Repr implements value.Object.
func (l *loop) Repr() string {
	return "<LoopContext " + value.Str(l.index+1) + "/" + value.Str(len(l.items)) + ">"
}

// Attr implements value.Object.
func (l *loop) Attr(name string) (any, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return l.index + 1, true
	case "index0":
		return l.index, true
	case "revindex":
		return n - l.index, true
	case "revindex0":
		return n - l.index - 1, true
	case "first":
		return l.index == 0, true
	case "last":
		return l.index == n-1, true
	case "length":
		return n, true
	case "depth":
		return l.depth + 1, true
	case "depth0":
		return l.depth, true
	case "previtem":
		return l.neighbour(l.index-1, "there is no previous item"), true
	case "nextitem":
		return l.neighbour(l.index+1, "there is no next item"), true
	case "cycle":
		return value.Func(l.cycle), true
	case "changed":
		return value.Func(l.hasChanged), true
	}
	return nil, false
}

func (l *loop) neighbour(i int, hint string) any {
	if i < 0 || i >= len(l.items) {
		return &value.Undefined{Hint: hint}
	}
	return l.items[i]
}

func (l *loop) cycle(args []any, _ *value.Dict) (any, error) {
	if len(args) == 0 {
		return nil, &value.TypeError{Message: "no items for cycling given"}
	}
	return args[l.index%len(args)], nil
}

func (l *loop) hasChanged(args []any, _ *value.Dict) (any, error) {
	if err := needed(args...); err != nil {
		return nil, err
	}
	if l.changed && value.Equal(&value.Tuple{Items: l.last}, &value.Tuple{Items: args}) {
		return false, nil
	}
	l.last, l.changed = append([]any{}, args...), true
	return true, nil
}

// call is loop(items) in a recursive loop.
func (l *loop) call(f *frame, args []any, _ *value.Dict) (any, error) {
	if !l.statement.recursive {
		return nil, &value.TypeError{Message: "The loop must have the 'recursive' marker to be called recursively."}
	}
	if len(args) != 1 {
		return nil, &value.TypeError{Message: "loop() takes one argument"}
	}
	if err := f.ev.enter(); err != nil {
		return nil, err
	}
	defer f.ev.leave()
	out := &sink{ev: f.ev}
	if err := l.frame.runLoop(l.statement, args[0], l.depth+1, out); err != nil {
		return nil, err
	}
	return out.result(l.frame.act.convert)
}
