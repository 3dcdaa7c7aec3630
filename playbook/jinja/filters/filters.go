// Package filters holds the filters of Jinja2 and of Ansible, and the frequent ones of the collections that Ansible's
// users have.
package filters

import (
	"fmt"
	"maps"
	"time"

	"github.com/musterhq/muster/internal/value"
)

// Env is what filters may ask of the engine that calls them.
type Env interface {
	Filter(name string) (Func, bool)
	Test(name string) (Func, bool)
	GetItem(obj, key any) (any, error)
	GetAttr(obj any, name string) (any, error)
	Call(fn any, args []any, kw *value.Dict) (any, error)
	Undefined(name, hint string) any
	Now() time.Time
	Decrypt(value.Vault) (string, error)
	Var(name string) (any, bool, error)
}

// Func is a filter or a test. args[0] is the value before the bar.
type Func func(env Env, args []any, kw *value.Dict) (any, error)

// Error is a failure of a filter, in Ansible's words.
type Error struct{ Message string }

// Error is the message.
func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Body is what a filter does with its bound arguments.
type Body func(env Env, a *value.Args) (any, error)

// Strict declares a filter by its signature: no argument may be undefined.
func Strict(signature string, body Body) Func {
	fn := Lenient(signature, body)
	return func(env Env, args []any, kw *value.Dict) (any, error) {
		if err := value.Defined(args...); err != nil {
			return nil, err
		}
		for _, v := range kw.All() {
			if err := value.Defined(v); err != nil {
				return nil, err
			}
		}
		return fn(env, args, kw)
	}
}

// Whole declares a strict filter whose arguments are computed to their last entry: hostvars and its like become
// mappings.
func Whole(signature string, body Body) Func {
	fn := Strict(signature, body)
	return func(env Env, args []any, kw *value.Dict) (any, error) {
		whole := make([]any, len(args))
		for i, v := range args {
			w, err := value.Whole(v)
			if err != nil {
				return nil, err
			}
			whole[i] = w
		}
		return fn(env, whole, kw)
	}
}

// Lenient declares a filter that may be given undefined values.
func Lenient(signature string, body Body) Func {
	sig := value.MustSignature(signature)
	return func(env Env, args []any, kw *value.Dict) (any, error) {
		a, err := sig.Bind(args, kw)
		if err != nil {
			return nil, err
		}
		v, err := body(env, a)
		if a.Err() != nil {
			return nil, a.Err()
		}
		return v, err
	}
}

// emptyWhenLenient gives a filter of texts and lists the empty text for what an inline if without else yields, which has
// no characters and no items.
func emptyWhenLenient(fn Func) Func {
	return func(env Env, args []any, kw *value.Dict) (any, error) {
		if len(args) > 0 {
			if u, ok := args[0].(*value.Undefined); ok && u.Lenient {
				args = append([]any{""}, args[1:]...)
			}
		}
		return fn(env, args, kw)
	}
}

// All returns every filter under each of its names.
func All() map[string]Func {
	builtin := map[string]Func{}
	for _, family := range []map[string]Func{jinjaText(), jinjaHTML(), jinjaLists(), jinjaSelect()} {
		for name, fn := range family {
			builtin[name] = emptyWhenLenient(fn)
		}
	}
	for _, family := range []map[string]Func{
		jinjaNumbers(), jinjaOther(),
		ansibleData(), ansibleLists(), ansibleSets(), ansibleMath(), ansiblePaths(), ansibleRegex(), ansibleFormats(),
		ansibleHash(), ansibleRandom(), ansibleText(), ansibleTime(), ansibleURL(), ansibleVault(),
	} {
		maps.Copy(builtin, family)
	}
	all := maps.Clone(builtin)
	for name, fn := range builtin {
		all["ansible.builtin."+name] = fn
		all["ansible.legacy."+name] = fn
	}
	addCollections(all)
	return all
}

func list(items []any) *value.List {
	if items == nil {
		items = []any{}
	}
	return &value.List{Items: items}
}

func tuple(items ...any) *value.Tuple { return &value.Tuple{Items: items} }
