package jinja

import (
	"errors"
	"math/big"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// truth is Python's bool(v); a value that is undefined has none.
func truth(v any) (bool, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case nativeText:
		return x != "", nil
	case *value.Undefined:
		if x.Lenient {
			return false, nil
		}
		return false, undefinedError(x)
	case value.Mapping:
		return x.Len() > 0, nil
	}
	return value.Truth(v), nil
}

// isMissing tells what a ?? b replaces.
func isMissing(v any) bool {
	if _, undefined := v.(*value.Undefined); undefined {
		return true
	}
	return v == nil
}

// needed refuses an operand that is undefined.
func needed(operands ...any) error {
	for _, v := range operands {
		if u, ok := v.(*value.Undefined); ok {
			return undefinedError(u)
		}
	}
	return nil
}

func (f *frame) operands(a, b any) (any, any, error) {
	a, err := f.ev.argument(a)
	if err != nil {
		return nil, nil, err
	}
	if b, err = f.ev.argument(b); err != nil {
		return nil, nil, err
	}
	return a, b, needed(a, b)
}

func (f *frame) binary(op string, a, b any) (any, error) {
	a, b, err := f.operands(a, b)
	if err != nil {
		return nil, err
	}
	if err := f.ev.affordable(op, a, b); err != nil {
		return nil, err
	}
	return value.Binary(op, a, b)
}

// affordable refuses results of unreasonable size.
func (ev *evaluation) affordable(op string, a, b any) error {
	if err := ev.step(); err != nil {
		return err
	}
	tooLarge := false
	switch op {
	case "*":
		times, ok := value.Integer(b)
		size := sizeOf(a)
		if !ok {
			times, ok = value.Integer(a)
			size = sizeOf(b)
		}
		tooLarge = ok && size > 0 && times > ev.engine.limits.Output/size
	case "**":
		if exponent, ok := value.Integer(b); ok {
			if base, ok := value.BigInt(a); ok {
				tooLarge = exponent > 0 && base.BitLen() > 1 && exponent > maxBits/base.BitLen()
			}
		} else if _, ok := b.(*big.Int); ok {
			tooLarge = true
		}
	}
	if tooLarge {
		return errorf("the result of %s is too large", op)
	}
	return nil
}

// maxBits is the size of the largest integer that ** makes.
const maxBits = 1 << 20

func sizeOf(v any) int {
	switch x := v.(type) {
	case string:
		return len(x)
	case value.Bytes:
		return len(x)
	case *value.List:
		return 16 * len(x.Items)
	case *value.Tuple:
		return 16 * len(x.Items)
	}
	return 0
}

func (f *frame) compare(op string, a, b any) (any, error) {
	if u, undefined := a.(*value.Undefined); undefined && (op == fnIn || op == fnNotIn) {
		if u.Lenient {
			b, err := f.ev.argument(b)
			return op == fnNotIn, errors.Join(err, needed(b))
		}
		return f.undefinedIn(op, a, b)
	}
	if op == "==" || op == "!=" {
		if equal, decided := equalLenient(a, b); decided {
			return equal == (op == "=="), nil
		}
	}
	a, b, err := f.operands(a, b)
	if err != nil {
		return nil, err
	}
	if err := f.ev.step(); err != nil {
		return nil, err
	}
	switch op {
	case "==":
		return value.Equal(a, b), nil
	case "!=":
		return !value.Equal(a, b), nil
	case fnIn:
		return contained(a, b)
	case fnNotIn:
		in, err := contained(a, b)
		return !in, err
	}
	return value.Order(op, a, b)
}

// equalLenient compares what an inline if without else yields: it equals its like, and nothing else.
func equalLenient(a, b any) (equal, decided bool) {
	lenient := func(v any) bool { u, ok := v.(*value.Undefined); return ok && u.Lenient }
	strict := func(v any) bool { u, ok := v.(*value.Undefined); return ok && !u.Lenient }
	if strict(a) || strict(b) || !lenient(a) && !lenient(b) {
		return false, false
	}
	return lenient(a) && lenient(b), true
}

// undefinedIn is "item in container" for an item that is undefined: it is in nothing that is empty, and what cannot
// contain anything says so first.
func (f *frame) undefinedIn(op string, item, container any) (any, error) {
	container, err := f.ev.argument(container)
	if err != nil {
		return nil, err
	}
	switch x := container.(type) {
	case *value.List, *value.Tuple:
		if !value.Truth(x) {
			return op == fnNotIn, nil
		}
	case nil, bool, int, float64:
		_, err := value.Contains(container, "")
		return nil, err
	}
	return nil, needed(item, container)
}

func contained(item, container any) (bool, error) {
	if m, ok := container.(value.Mapping); ok {
		_, found, err := m.Item(item)
		return found, err
	}
	if l, ok := container.(*value.List); ok {
		for _, x := range l.Items {
			if _, undefined := x.(*value.Undefined); undefined {
				return false, needed(x)
			}
			if value.Equal(x, item) {
				return true, nil
			}
		}
		return false, nil
	}
	return value.Contains(container, item)
}

func (f *frame) unary(op func(any) (any, error), v any) (any, error) {
	v, err := f.ev.argument(v)
	if err != nil {
		return nil, err
	}
	if err := needed(v); err != nil {
		return nil, err
	}
	return op(v)
}

// concat is the operator ~.
func (f *frame) concat(items []any) (any, error) {
	var b strings.Builder
	for _, item := range items {
		v, err := f.ev.argument(item)
		if err != nil {
			return nil, err
		}
		s, err := text(v)
		if err != nil {
			return nil, err
		}
		b.WriteString(s)
	}
	return b.String(), f.ev.wrote(b.Len())
}

// text is how a value is written.
func text(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case nativeText:
		return string(x), nil
	case Omitted:
		return string(x), nil
	case *value.Undefined:
		if x.Lenient {
			return "", nil
		}
		return "", undefinedError(x)
	}
	whole, err := value.Whole(v)
	return value.Str(whole), err
}

// wrote adds to the text that the evaluation has written.
func (ev *evaluation) wrote(n int) error {
	ev.budget.output += n
	if ev.budget.output > ev.engine.limits.Output {
		return errorf("this writes too much text")
	}
	return nil
}

// inclusiveRange is a..b, which counts up to and with b.
func (f *frame) inclusiveRange(a, b any) (any, error) {
	a, b, err := f.operands(a, b)
	if err != nil {
		return nil, err
	}
	from, ok := value.Integer(a)
	to, ok2 := value.Integer(b)
	if !ok || !ok2 {
		return nil, &value.TypeError{Message: "'..' needs two integers"}
	}
	if to == int(^uint(0)>>1) {
		return nil, errorf("range: too many items")
	}
	return rangeList(from, to+1, 1)
}
