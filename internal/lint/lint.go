// Package lint finds mistakes in a tree of playbooks without touching a host: in YAML and keywords, in the parameters of
// modules, in expressions and templates, in the names of files, roles and handlers. It reads and never runs anything.
package lint

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// The rules. A finding carries the name of the one that made it.
const (
	RuleSyntax     = "syntax"         // YAML and keywords
	RuleParameters = "parameters"     // of modules
	RuleTemplate   = "template"       // expressions and templates
	RuleModule     = "unknown-module" // a module that does not exist, or that muster does not have
	RuleFilter     = "unknown-filter" // a filter or test
	RuleLookup     = "unknown-lookup" // a lookup
	RuleFile       = "missing-file"   // files, templates, task files and roles that are not there
	RuleHandler    = "handler"        // notified and not there, or never notified
	RuleDeprecated = "deprecated"     // forms that Ansible gives up
	RuleStyle      = "style"          // older forms that still work; shown when strict
	RuleDead       = "unreachable"    // tasks that can never run
	RulePlugin     = "python-plugin"  // plugins in Python, which muster cannot run
	RuleInventory  = "inventory"      // inventories that cannot be read
	RuleVariable   = "variable"       // variables that nothing defines
)

// Rules lists the names of all rules with what each finds.
func Rules() [][2]string {
	return [][2]string{
		{RuleSyntax, "mistakes in YAML and unknown or misplaced keywords"},
		{RuleParameters, "unknown, missing and impossible parameters of modules"},
		{RuleTemplate, "mistakes in expressions and templates, in .j2 files too"},
		{RuleModule, "modules that do not exist, or that muster does not have"},
		{RuleFilter, "filters and tests that muster does not have"},
		{RuleLookup, "lookups that muster does not have"},
		{RuleFile, "task files, variables, templates, files and roles that are named and not there"},
		{RuleHandler, "handlers that are notified and not there, or there and never notified"},
		{RuleDeprecated, "forms that Ansible no longer wants"},
		{RuleStyle, "older forms for which there is a better one (only with --strict)"},
		{RuleDead, "tasks that can never run"},
		{RulePlugin, "plugins written in Python, which muster cannot run"},
		{RuleInventory, "inventories that cannot be read"},
		{RuleVariable, "variables that are used and that nothing in the tree defines, asks after or documents"},
	}
}

// Finding is one mistake.
type Finding struct {
	Rule string
	*diag.Diagnostic
}

// Modules tells which modules there are.
type Modules interface {
	playbook.Actions
	// Module returns the description of a module or action; false when it is not known by that name.
	Module(name string) (modules.Module, bool)
}

// Options are what a check needs to know.
type Options struct {
	// Loader makes the loader of playbooks; roles are sought in more folders after those that are configured.
	Loader  func(moreRoles []string) *playbook.Loader
	Engine  *jinja.Engine
	Modules Modules
	Lookups []string // names of lookups
	// Inventory reads an inventory and returns what is wrong with it; nil skips inventories.
	Inventory func(path string) diag.List
	Strict    bool // RuleStyle is looked at
	Skip      []string
}

// Check looks at files and folders and returns everything that is wrong in them, in the order of files and lines.
// The error is about a path that cannot be read.
func Check(o Options, paths []string) ([]Finding, error) {
	c := newChecker(o)
	c.variables = newVariables()
	for _, p := range paths {
		if err := c.discover(p); err != nil {
			return nil, err
		}
		c.roots = append(c.roots, absolute(p))
	}
	c.loader = o.Loader(c.roleFolders())
	c.run()
	return c.sorted(), nil
}

// checker is one run of the check.
type checker struct {
	o        Options
	loader   *playbook.Loader
	found    []Finding
	seen     map[string]bool // findings, so that a file that is reached in several ways is told about once
	files    *sources
	tree     tree
	roots    []string
	walked   map[string]bool // files of tasks and templates that were looked at
	checked  map[checked]bool
	handlers *handlers
	plugins  *plugins

	variables *variables // nil where they are not looked at
}

func newChecker(o Options) *checker {
	return &checker{
		o: o, seen: map[string]bool{}, files: newSources(), walked: map[string]bool{}, handlers: newHandlers(),
		plugins: newPlugins(), tree: newTree(), checked: map[checked]bool{},
	}
}

// add records a finding once.
func (c *checker) add(rule string, d *diag.Diagnostic) {
	if rule == RuleStyle && !c.o.Strict || slices.Contains(c.o.Skip, rule) || c.files.ignored(rule, d.Pos) {
		return
	}
	key := rule + "\x00" + d.Pos.String() + "\x00" + d.Summary
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	shown := *d
	shown.Pos.File = shortest(d.Pos.File)
	c.found = append(c.found, Finding{rule, &shown})
}

// within tells whether a file lies in what was asked about.
func (c *checker) within(file string) bool {
	return slices.ContainsFunc(c.roots, func(root string) bool {
		return file == root || strings.HasPrefix(absolute(file), root+string(filepath.Separator))
	})
}

// errorf and warnf record a finding.
func (c *checker) errorf(rule string, pos diag.Pos, hint, format string, args ...any) {
	d := diag.Errorf(pos, format, args...)
	d.Hint = hint
	c.add(rule, d)
}

func (c *checker) warnf(rule string, pos diag.Pos, hint, format string, args ...any) {
	d := diag.Errorf(pos, format, args...)
	d.Hint, d.Severity = hint, diag.Warning
	c.add(rule, d)
}

// addAll records the mistakes that a loader found.
func (c *checker) addAll(rule string, list diag.List) {
	for _, d := range list {
		r := rule
		if missing(d) {
			r = RuleFile
			d = c.required(d)
		}
		if d != nil {
			c.add(r, d)
		}
	}
}

// missing tells whether the loader could not find something.
func missing(d *diag.Diagnostic) bool {
	return strings.HasPrefix(d.Summary, "the role '") || strings.HasPrefix(d.Summary, "could not find or access") ||
		strings.HasPrefix(strings.ToLower(d.Summary), "could not find specified file") || strings.HasSuffix(d.Summary, " does not exist")
}

// required turns the absence of a role into a warning when the role is yet to be installed: a file of requirements lists it,
// or it is a collection's. It is nil for a role of a collection that the tree itself is.
func (c *checker) required(d *diag.Diagnostic) *diag.Diagnostic {
	_, rest, _ := strings.Cut(d.Summary, "the role '")
	name, _, isRole := strings.Cut(rest, "' was not found")
	switch {
	case !isRole:
		return d
	case c.tree.ownRole(name):
		return nil
	}
	c.variables.blind = true // what the role defines is not known
	w := *d
	w.Severity, w.Summary, w.Detail = diag.Warning, "the role '"+name+"' is not installed", ""
	parts := strings.Split(name, ".")
	switch file := c.tree.required[name]; {
	case file != "":
		w.Hint = "ansible-galaxy install -r " + shortest(file) + " brings it"
	case len(parts) == 3:
		w.Hint = "ansible-galaxy collection install " + parts[0] + "." + parts[1] + " brings it"
	default:
		return d
	}
	return &w
}

func (c *checker) sorted() []Finding {
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return c.found
}

// shortest is a path as a person would write it: relative when it lies below the working folder.
func shortest(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}
