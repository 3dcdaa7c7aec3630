// Package controls documents the actions that work on the controller: they have no half on the host, so no module
// declares their parameters.
package controls

import (
	"context"
	"slices"
	"sort"
	"sync"

	"github.com/musterhq/muster/modules"
)

// All returns the documented actions, sorted by name.
func All() []modules.Module { return slices.Clone(table()) }

// table is made once: tasks look their action up.
var table = sync.OnceValue(func() []modules.Module {
	var out []modules.Module
	for _, group := range [][]control{flow(), variables(), checks(), waiting()} {
		for _, c := range group {
			out = append(out, c)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Info().Name < out[j].Info().Name })
	return out
})

// Get finds an action by its name.
func Get(name string) (modules.Module, bool) {
	for _, m := range table() {
		if m.Info().Name == name {
			return m, true
		}
		for _, a := range m.Info().Aliases {
			if a == name {
				return m, true
			}
		}
	}
	return nil, false
}

// control is the description of one action.
type control struct {
	info   modules.Info
	params []modules.Param
}

// Info returns the description.
func (c control) Info() modules.Info { return c.info }

// Params returns the parameters.
func (c control) Params() []modules.Param { return c.params }

// Run refuses: the executor does the work.
func (c control) Run(context.Context, *modules.Call) modules.Result {
	return modules.Failf("%s works on the controller", c.info.Name)
}

// OnController tells documentation that no host is touched.
func (c control) OnController() bool { return true }

func action(name, summary, notes, examples string, params ...modules.Param) control {
	return control{info: modules.Info{Name: name, Summary: summary, Notes: notes, Examples: examples, Undo: modules.UndoNone}, params: params}
}

func (c control) free(param string) control {
	c.info.FreeForm = param
	return c
}

func param(name, kind, doc string) modules.Param {
	return modules.Param{Name: name, Type: kind, Doc: doc}
}

func required(p modules.Param) modules.Param {
	p.Required = true
	return p
}

func defaulting(p modules.Param, v any) modules.Param {
	p.Default = v
	return p
}

func also(p modules.Param, names ...string) modules.Param {
	p.Aliases = names
	return p
}

func oneOf(p modules.Param, choices ...string) modules.Param {
	p.Choices = choices
	return p
}

func listOf(elements string, p modules.Param) modules.Param {
	p.Type, p.Elements = "list", elements
	return p
}
