// Package jinja evaluates Jinja2 expressions and templates with Python's semantics, as Ansible does.
//
// Each expression is parsed straight into the syntax tree of expr-lang, compiled once, cached, and run on expr-lang's
// virtual machine; operators, attribute access, filters and tests are functions of that machine. Statements (for, if,
// macro, ...) are executed by this package, with their expressions compiled in the same way.
//
// Only value.Template is ever evaluated. A plain string never is, whatever it contains, so what a host returned stays
// data. A variable whose value is a Template is rendered when it is referenced; Templates inside lists and mappings
// are rendered when those are used.
package jinja
