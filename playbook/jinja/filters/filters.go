// Package filters holds the filters of Jinja2 and of Ansible.
package filters

import (
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

// All returns every filter under each of its names.
func All() map[string]Func { return map[string]Func{} }
