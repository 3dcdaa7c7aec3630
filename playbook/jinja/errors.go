package jinja

import (
	"errors"
	"fmt"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// UndefinedError is the use of a variable, attribute or item that does not exist.
type UndefinedError struct {
	Name    string // the missing name
	Message string // in Ansible's words, such as 'foo' is undefined
	Pos     diag.Pos
}

// Error is the message, without the position.
func (e *UndefinedError) Error() string { return e.Message }

// Diagnostic is the error as a user sees it.
func (e *UndefinedError) Diagnostic() *diag.Diagnostic {
	return diag.Errorf(e.Pos, "%s", e.Message)
}

// Error is any other failure of an evaluation, or a syntax error.
type Error struct {
	Message string
	Hint    string
	Pos     diag.Pos
	Syntax  bool // the text could not be parsed
	Err     error
}

// Error is the message, without the position.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Diagnostic is the error as a user sees it.
func (e *Error) Diagnostic() *diag.Diagnostic {
	d := diag.Errorf(e.Pos, "%s", e.Message)
	d.Hint = e.Hint
	return d
}

// IsUndefined tells whether an error is the use of something undefined.
func IsUndefined(err error) bool {
	var u *UndefinedError
	var v *value.UndefinedError
	return errors.As(err, &u) || errors.As(err, &v)
}

// asUndefined returns the undefined error inside err.
func asUndefined(err error) (*UndefinedError, bool) {
	var u *UndefinedError
	if errors.As(err, &u) {
		return u, true
	}
	var v *value.UndefinedError
	if errors.As(err, &v) {
		return undefinedError(v.Undefined), true
	}
	return nil, false
}

func undefinedError(u *value.Undefined) *UndefinedError {
	return &UndefinedError{Name: u.Name, Message: u.Message(), Pos: u.Pos}
}

func errorf(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

// syntaxError is a parse failure at a byte offset of the source; the position is worked out where the source is known.
type syntaxError struct {
	off     int
	message string
	hint    string
	unknown bool // a filter or test does not exist, which matters only if the text is evaluated
}

func (e *syntaxError) Error() string { return e.message }

// place attaches a position to an error that has none yet, and gives every error one of the two public types.
func place(err error, pos diag.Pos) error {
	if u, ok := asUndefined(err); ok {
		if u.Pos.Line == 0 {
			c := *u
			c.Pos = pos
			return &c
		}
		return u
	}
	var e *Error
	if errors.As(err, &e) {
		if e.Pos.Line == 0 {
			c := *e
			c.Pos = pos
			return &c
		}
		return e
	}
	return &Error{Message: err.Error(), Pos: pos, Err: err}
}
