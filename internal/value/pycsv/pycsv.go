// Package pycsv reads comma-separated values as Python's csv module does, which forgives more than others: what follows a
// closing quote belongs to the field.
package pycsv

import "errors"

// Dialect is how a file separates its values. The zero Dialect is not of use; see Excel.
type Dialect struct {
	Delimiter        rune
	SkipInitialSpace bool // blanks after a delimiter are dropped
	Strict           bool // bad quoting is an error
}

// Excel is Python's default dialect.
func Excel() Dialect { return Dialect{Delimiter: ','} }

// The errors of the strict dialect.
var (
	ErrQuote = errors.New("the delimiter is expected after a closing quote")
	ErrEnd   = errors.New("unexpected end of data")
)

type state int

const (
	recordStart state = iota
	fieldStart
	inField
	inQuotes
	afterQuote
)

type reader struct {
	d     Dialect
	state state
	rows  [][]string
	row   []string
	field []rune
}

// Read returns the rows of a text; empty lines give none.
func Read(text string, d Dialect) ([][]string, error) {
	r := &reader{d: d}
	previous := rune(0)
	for _, c := range text {
		if c == '\n' && previous == '\r' && r.state != inQuotes {
			previous = c
			continue
		}
		previous = c
		if err := r.rune(c); err != nil {
			return nil, err
		}
	}
	if r.state == inQuotes && d.Strict {
		return nil, ErrEnd
	}
	if r.state != recordStart {
		r.endField()
		r.endRow()
	}
	return r.rows, nil
}

func (r *reader) endField() {
	r.row = append(r.row, string(r.field))
	r.field = r.field[:0]
}

func (r *reader) endRow() {
	r.rows = append(r.rows, r.row)
	r.row = nil
	r.state = recordStart
}

func (r *reader) rune(c rune) error {
	lineEnd := c == '\n' || c == '\r'
	switch r.state {
	case recordStart:
		if lineEnd {
			return nil
		}
		r.state = fieldStart
		return r.rune(c)
	case fieldStart:
		switch {
		case lineEnd:
			r.endField()
			r.endRow()
		case c == '"':
			r.state = inQuotes
		case c == ' ' && r.d.SkipInitialSpace:
		case c == r.d.Delimiter:
			r.endField()
		default:
			r.field = append(r.field, c)
			r.state = inField
		}
	case inQuotes:
		if c == '"' {
			r.state = afterQuote
		} else {
			r.field = append(r.field, c)
		}
	default:
		return r.afterValue(c, lineEnd)
	}
	return nil
}

// afterValue handles what follows a value that is not quoted, or a quote within a quoted one.
func (r *reader) afterValue(c rune, lineEnd bool) error {
	switch {
	case c == '"' && r.state == afterQuote:
		r.field = append(r.field, c)
		r.state = inQuotes
	case c == r.d.Delimiter:
		r.endField()
		r.state = fieldStart
	case lineEnd:
		r.endField()
		r.endRow()
	case r.state == afterQuote && r.d.Strict:
		return ErrQuote
	default:
		r.field = append(r.field, c)
		r.state = inField
	}
	return nil
}
