package jinja

import (
	"github.com/musterhq/muster/internal/value"
)

// callable is an object of the engine that can be called.
type callable interface {
	call(f *frame, args []any, kw *value.Dict) (any, error)
}

// globalFunction is a function that every template may call.
type globalFunction func(f *frame, args []any, kw *value.Dict) (any, error)

// callWith calls what an expression calls.
func (f *frame) callWith(spec *callSpec, fn any, given []any) (any, error) {
	if err := f.ev.step(); err != nil {
		return nil, err
	}
	args, kw, err := f.arguments(spec, given)
	if err != nil {
		return nil, err
	}
	return f.call(fn, args, kw)
}

// call calls a function, a method, a macro or another object with arguments that are rendered.
func (f *frame) call(fn any, args []any, kw *value.Dict) (any, error) {
	switch x := fn.(type) {
	case value.Func:
		v, err := x(args, kw)
		if err != nil {
			return nil, err
		}
		return f.ev.force(v, "")
	case globalFunction:
		return x(f, args, kw)
	case callable:
		return x.call(f, args, kw)
	case *value.Undefined:
		return nil, undefinedError(x)
	case nativeText:
		fn = string(x)
	}
	return nil, &value.TypeError{Message: "'" + value.TypeName(fn) + "' object is not callable"}
}
