package jinja

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// sink collects what a template writes. A single value stays a value until it is joined with others.
type sink struct {
	ev    *evaluation
	count int
	first any
	text  strings.Builder
	muted bool // what is written is dropped: the template extends another one
	// judged is set on the text of a condition itself: what came from a host must not become part of the expression.
	judged bool
}

func (s *sink) add(v any) error {
	if s.muted {
		return nil
	}
	s.count++
	if s.count == 1 {
		s.first = v
		return nil
	}
	if s.count == 2 {
		if err := s.write(s.first); err != nil {
			return err
		}
		s.first = nil
	}
	return s.write(v)
}

func (s *sink) write(v any) error {
	t, err := text(v)
	if err != nil {
		return err
	}
	s.text.WriteString(t)
	return s.ev.wrote(len(t))
}

// joined is everything written, as text.
func (s *sink) joined() (string, error) {
	if s.count != 1 {
		return s.text.String(), nil
	}
	return text(s.first)
}

// result is what was written, as a value under the engine's policy.
func (s *sink) result(convert bool) (any, error) {
	if s.ev.engine.native && convert {
		return s.native()
	}
	if s.count == 1 {
		switch x := s.first.(type) {
		case nativeText, Omitted:
			return x, nil
		case bool:
			if convert {
				return x, nil
			}
		case *value.List, *value.Dict:
			if !convert {
				break
			}
			if c, ok := literalCopy(x, 0); ok {
				return c, nil
			}
		}
	}
	t, err := s.joined()
	if err != nil || !convert {
		return t, err
	}
	return evalText(t), nil
}

// native keeps the type of a single value, and reads joined text as a Python literal if it is one.
func (s *sink) native() (any, error) {
	if s.count == 0 {
		return nil, nil
	}
	if s.count == 1 {
		str, isText := s.first.(string)
		if !isText {
			return s.first, nil
		}
		return nativeLiteral(str), nil
	}
	t, err := s.joined()
	if err != nil {
		return nil, err
	}
	return nativeLiteral(t), nil
}

func nativeLiteral(t string) any {
	if t == "" || t[0] == ' ' || t[0] == '\t' {
		return t
	}
	v, err := value.ParseLiteral(t)
	if err != nil {
		return t
	}
	if str, ok := v.(string); ok {
		return t[:1] + str + t[:1]
	}
	return v
}
