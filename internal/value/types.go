package value

// Func is something a template can call: a method of a value, a macro or a global function.
type Func func(args []any, kw *Dict) (any, error)

// Set is a set as Python's set operations give it. Its items are distinct and keep the order of insertion, because
// Python promises no order and a stable one keeps runs repeatable.
type Set struct{ Items []any }

// NewSet returns a set of the distinct items, the first of equal ones.
func NewSet(items ...any) *Set {
	d := NewDict()
	for _, item := range items {
		if _, ok := d.Get(item); !ok {
			d.Set(item, nil)
		}
	}
	return &Set{Items: d.Keys()}
}

// Bytes is Python's bytes, as 'text'.encode() gives it.
type Bytes string

// UndefinedError is the use of an undefined value where a value is needed.
type UndefinedError struct{ Undefined *Undefined }

// Error says what is undefined, in Ansible's words.
func (e *UndefinedError) Error() string { return e.Undefined.Message() }

// Message says what is undefined, in Ansible's words.
func (u *Undefined) Message() string {
	if u.Hint != "" {
		return u.Hint
	}
	return "'" + u.Name + "' is undefined"
}

// TypeError is an operation on a value of a type that does not have it, worded as Python words it.
type TypeError struct{ Message string }

// Error is Python's message.
func (e *TypeError) Error() string { return e.Message }

// ValueError is a value that an operation cannot use, worded as Python words it.
type ValueError struct{ Message string }

// Error is Python's message.
func (e *ValueError) Error() string { return e.Message }

// KeyError is a key that a mapping does not have.
type KeyError struct{ Key any }

// Error is Python's message: the key as Python writes it.
func (e *KeyError) Error() string { return Repr(e.Key) }

// IndexError is a position that a sequence does not have.
type IndexError struct{ Message string }

// Error is Python's message.
func (e *IndexError) Error() string { return e.Message }

// AttributeError is an attribute that a value does not have.
type AttributeError struct{ Message string }

// Error is Python's message.
func (e *AttributeError) Error() string { return e.Message }
