// Package value holds the data that playbooks, inventories and templates compute with.
//
// A value is one of: nil, bool, int, *big.Int (beyond int), float64, string, *Dict, *List, *Tuple, *Undefined,
// Template, Vault, or an opaque object of the template engine (a macro, a namespace, a function).
//
// Only Template is ever evaluated. A plain string never is, whatever it contains: text that a host returned
// stays data. Loaders of playbooks and inventories are the only code that makes Templates.
package value

import "github.com/musterhq/muster/internal/diag"

// Template is trusted text, from a playbook, an inventory or a template, that contains Jinja2 markers.
type Template struct {
	Src string
	Pos diag.Pos
}

// Vault is a value encrypted in place (!vault); it is decrypted when it is first used.
type Vault struct {
	Ciphertext string
	Pos        diag.Pos
}

// List is a mutable sequence; it is shared by pointer, so that l.append(x) in a template works.
type List struct{ Items []any }

// NewList returns a list of the given items.
func NewList(items ...any) *List { return &List{Items: items} }

// Tuple is an immutable sequence, written (a, b) by Python. The items of a named tuple are attributes too.
type Tuple struct {
	Items []any
	Names []string // nil, or a name for each item
}

// Undefined is the result of a name or attribute that does not exist. Any use of it but a test or default() fails.
type Undefined struct {
	Name string // the missing name, such as foo or foo.bar
	Hint string // the message of undef(hint=...) or of the failed access
	Pos  diag.Pos
	// Lenient is set for what an inline if without else yields: it is written as nothing, holds no items and is false,
	// instead of failing.
	Lenient bool
}
