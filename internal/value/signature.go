package value

import (
	"fmt"
	"strings"
)

// Signature is a function's list of parameters, written as in Python: "join(value, d=”, attribute=None)". A * takes the
// other positional arguments (what follows it is given by name), a ** the other keywords, a / ends the parameters that
// have no name for the caller.
type Signature struct {
	Name     string
	params   []parameter
	rest     bool
	keywords bool
}

type parameter struct {
	name       string
	fallback   any
	required   bool
	positional bool // cannot be given by name
	keyword    bool // can only be given by name
}

// MustSignature reads a signature of the program's own; a wrong one is a mistake in the source and panics.
func MustSignature(text string) *Signature {
	s, err := parseSignature(text)
	if err != nil {
		panic(err)
	}
	return s
}

func parseSignature(text string) (*Signature, error) {
	name, list, ok := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	if !ok {
		return nil, fmt.Errorf("signature %q: no parameters", text)
	}
	s := &Signature{Name: name}
	for _, field := range splitParameters(list) {
		switch {
		case field == "/":
			for i := range s.params {
				s.params[i].positional = true
			}
		case strings.HasPrefix(field, "**"):
			s.keywords = true
		case strings.HasPrefix(field, "*"):
			s.rest = true
		default:
			p, literal, optional := strings.Cut(field, "=")
			param := parameter{name: p, required: !optional, keyword: s.rest}
			if optional {
				v, err := ParseLiteral(literal)
				if err != nil {
					return nil, fmt.Errorf("signature %q: %s: %w", text, p, err)
				}
				param.fallback = v
			}
			s.params = append(s.params, param)
		}
	}
	return s, nil
}

// splitParameters splits at the commas outside of quotes and brackets.
func splitParameters(list string) []string {
	var out []string
	depth, start := 0, 0
	var quoted byte
	for i := range len(list) {
		c := list[i]
		switch {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '"':
			quoted = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
	}
	if last := strings.TrimSpace(list[start:]); last != "" {
		out = append(out, last)
	}
	return out
}

// Bind gives each parameter its argument, or reports what Python would: too many, missing, unknown or repeated ones.
func (s *Signature) Bind(args []any, kw *Dict) (*Args, error) {
	a := &Args{sig: s, values: make([]any, len(s.params)), given: make([]bool, len(s.params))}
	for i, v := range args {
		if i >= len(s.params) || s.params[i].keyword {
			if !s.rest {
				return nil, s.tooMany(len(args))
			}
			a.Rest = append(a.Rest, args[i:]...)
			break
		}
		a.values[i], a.given[i] = v, true
	}
	for k, v := range kw.All() {
		if err := a.keyword(KeyText(k), v); err != nil {
			return nil, err
		}
	}
	var missing []string
	for i, p := range s.params {
		if a.given[i] {
			continue
		}
		if p.required {
			missing = append(missing, quote(p.name))
		}
		a.values[i] = p.fallback
	}
	if len(missing) > 0 {
		return nil, s.missing(missing)
	}
	return a, nil
}

func (a *Args) keyword(name string, v any) error {
	s := a.sig
	for i, p := range s.params {
		if p.name != name || p.positional {
			continue
		}
		if a.given[i] {
			return &TypeError{fmt.Sprintf("%s() got multiple values for argument '%s'", s.Name, name)}
		}
		a.values[i], a.given[i] = v, true
		return nil
	}
	if !s.keywords {
		return &TypeError{fmt.Sprintf("%s() got an unexpected keyword argument '%s'", s.Name, name)}
	}
	if a.Keywords == nil {
		a.Keywords = NewDict()
	}
	a.Keywords.Set(name, v)
	return nil
}

func (s *Signature) tooMany(given int) error {
	required := 0
	for _, p := range s.params {
		if p.required {
			required++
		}
	}
	takes := fmt.Sprintf("%d", len(s.params))
	if required < len(s.params) {
		takes = fmt.Sprintf("from %d to %d", required, len(s.params))
	}
	plural := "s"
	if len(s.params) == 1 {
		plural = ""
	}
	return &TypeError{fmt.Sprintf("%s() takes %s positional argument%s but %d were given", s.Name, takes, plural, given)}
}

func (s *Signature) missing(names []string) error {
	list := names[len(names)-1]
	switch {
	case len(names) == 2:
		list = names[0] + " and " + list
	case len(names) > 2:
		list = strings.Join(names[:len(names)-1], ", ") + ", and " + list
	}
	plural := "s"
	if len(names) == 1 {
		plural = ""
	}
	return &TypeError{fmt.Sprintf("%s() missing %d required positional argument%s: %s", s.Name, len(names), plural, list)}
}
