package jinja

import (
	"sync"
	"sync/atomic"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm"

	"github.com/musterhq/muster/playbook/jinja/filters"
	"github.com/musterhq/muster/playbook/jinja/tests"
)

// Engine evaluates expressions and templates. It is safe for concurrent use, and should live as long as the program:
// it keeps what it compiled.
type Engine struct {
	filters   map[string]filters.Func
	tests     map[string]filters.Func
	native    bool
	syntax    *Syntax
	syntaxes  map[Syntax]*Syntax // every syntax seen, but for syntax
	mu        sync.Mutex         // guards syntaxes
	limits    Limits
	functions map[string]*builtin.Function
	globals   map[string]any
	cache     *cache
	machines  sync.Pool
	underWay  atomic.Int32 // evaluations
}

// New returns an engine.
func New(o Options) *Engine {
	e := &Engine{
		filters: o.Filters, tests: o.Tests, native: o.Native, syntaxes: map[Syntax]*Syntax{},
		limits: o.Limits.completed(), globals: globals(), cache: newCache(o.CacheEntries),
	}
	syntax := DefaultSyntax()
	if o.Syntax != nil {
		syntax = o.Syntax.completed()
	}
	e.syntax = &syntax
	if e.filters == nil {
		e.filters = filters.All()
	}
	if e.tests == nil {
		e.tests = tests.All()
	}
	e.functions = e.functionTable()
	e.machines.New = func() any { return new(vm.VM) }
	return e
}

// maxSyntaxes is how many different syntaxes are remembered.
const maxSyntaxes = 1000

// interned returns one pointer for equal syntaxes, so that the cache finds what was compiled under them.
func (e *Engine) interned(s Syntax) *Syntax {
	if s == *e.syntax {
		return e.syntax
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.syntaxes[s]; ok {
		return known
	}
	if len(e.syntaxes) >= maxSyntaxes {
		clear(e.syntaxes)
	}
	e.syntaxes[s] = &s
	return &s
}

// FilterNames returns the names of all filters.
func (e *Engine) FilterNames() []string { return namesOf(e.filters) }

// TestNames returns the names of all tests.
func (e *Engine) TestNames() []string { return namesOf(e.tests) }

func namesOf(m map[string]filters.Func) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	return list
}

// HasMarkers tells whether text contains the beginning of an expression, a statement or a comment, so that a loader of
// playbooks makes it a value.Template.
func HasMarkers(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '{' && (text[i+1] == '{' || text[i+1] == '%' || text[i+1] == '#') {
			return true
		}
	}
	return false
}
