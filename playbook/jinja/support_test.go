package jinja_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// engine has a few filters and tests of its own, so that these tests depend on the language only.
func engine(o jinja.Options) *jinja.Engine {
	o.Filters = map[string]filters.Func{
		"upper": func(_ filters.Env, a []any, _ *value.Dict) (any, error) {
			if err := value.Defined(a[0]); err != nil {
				return nil, err
			}
			return strings.ToUpper(value.Str(a[0])), nil
		},
		"default": func(_ filters.Env, a []any, _ *value.Dict) (any, error) {
			if _, undefined := a[0].(*value.Undefined); undefined {
				return a[1], nil
			}
			return a[0], nil
		},
		"to_json": func(_ filters.Env, a []any, _ *value.Dict) (any, error) { return value.JSON(a[0], value.JSONOptions{}) },
		"count":   func(_ filters.Env, a []any, _ *value.Dict) (any, error) { return value.Len(a[0]) },
		"args": func(_ filters.Env, a []any, kw *value.Dict) (any, error) {
			return value.Repr(&value.Tuple{Items: a}) + value.Repr(value.NewDict()) + value.Repr(kw.Clone()), nil
		},
		"string": func(_ filters.Env, a []any, _ *value.Dict) (any, error) { return value.Str(a[0]), nil },
	}
	o.Tests = map[string]filters.Func{
		"defined":   func(filters.Env, []any, *value.Dict) (any, error) { return true, nil },
		"undefined": func(filters.Env, []any, *value.Dict) (any, error) { return false, nil },
		"odd": func(_ filters.Env, a []any, _ *value.Dict) (any, error) {
			i, _ := value.Integer(a[0])
			return i%2 == 1, nil
		},
		"divisibleby": func(_ filters.Env, a []any, _ *value.Dict) (any, error) {
			i, _ := value.Integer(a[0])
			by, _ := value.Integer(a[1])
			return i%by == 0, nil
		},
	}
	return jinja.New(o)
}

func tmpl(src string) value.Template { return value.Template{Src: src} }

func file(t *testing.T, c *jinja.Context, src string, o jinja.FileOptions) (string, error) {
	t.Helper()
	return engine(jinja.Options{}).File(c, "t.j2", src, o)
}

// diagnosed returns an error's place and message.
func diagnosed(err error) (diag.Pos, string) {
	var u *jinja.UndefinedError
	var e *jinja.Error
	switch {
	case errors.As(err, &u):
		return u.Pos, u.Message
	case errors.As(err, &e):
		return e.Pos, e.Message
	case err != nil:
		return diag.Pos{}, "neither *UndefinedError nor *Error: " + err.Error()
	}
	return diag.Pos{}, ""
}
