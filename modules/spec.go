package modules

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// Spec is the compiled form of a parameter struct: what decoding, documentation and the JSON schema read.
// It is immutable once built.
type Spec struct {
	fields []field
	byName map[string]int // names and aliases to fields
	rules  Rules
	secret bool // some parameter is secret
}

type field struct {
	Param
	index    []int
	coerce   coerceFunc
	element  coerceFunc
	set      setter
	sub      *Spec
	removed  bool // taken and ignored, for playbooks older than the removal; a check calls it a mistake
	hasValue bool // Default is set
}

// SpecOf compiles the struct type P. An error means that the struct is wrong, not the user.
func SpecOf[P any](rules Rules) (*Spec, error) { return specOf(reflect.TypeFor[P](), rules) }

func specOf(t reflect.Type, rules Rules) (*Spec, error) {
	s, err := buildSpec(t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	s.rules = rules
	return s, s.checkRules()
}

// Params returns what documentation shows of the parameters: everything but hidden ones, in the order of the struct.
func (s *Spec) Params() []Param {
	out := make([]Param, 0, len(s.fields))
	for i := range s.fields {
		if !s.fields[i].Hidden {
			out = append(out, s.fields[i].Param)
		}
	}
	return out
}

// hides reports whether the module takes a parameter that documentation does not show.
func (s *Spec) hides(name string) bool {
	if s == nil {
		return false
	}
	i, ok := s.byName[name]
	return ok && s.fields[i].Hidden && !s.fields[i].removed
}

// Rules returns the constraints between parameters.
func (s *Spec) Rules() Rules { return s.rules }

func buildSpec(t reflect.Type) (*Spec, error) {
	s := &Spec{byName: map[string]int{}}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters must be a struct")
	}
	if err := s.addFields(t, nil); err != nil {
		return nil, err
	}
	for i := range s.fields {
		f := &s.fields[i]
		s.secret = s.secret || f.Secret || f.sub != nil && f.sub.secret
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if _, taken := s.byName[name]; taken {
				return nil, fmt.Errorf("the name %s is taken twice", name)
			}
			s.byName[name] = i
		}
	}
	return s, nil
}

func (s *Spec) addFields(t reflect.Type, prefix []int) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(append([]int{}, prefix...), i)
		tag, has := sf.Tag.Lookup("param")
		switch {
		case has && sf.IsExported():
			f, err := newField(sf, tag, index)
			if err != nil {
				return fmt.Errorf("%s: %w", sf.Name, err)
			}
			s.fields = append(s.fields, f)
		case sf.Anonymous && sf.Type.Kind() == reflect.Struct:
			if err := s.addFields(sf.Type, index); err != nil {
				return err
			}
		}
	}
	return nil
}

func newField(sf reflect.StructField, tag string, index []int) (field, error) {
	f := field{index: index}
	parts := strings.Split(tag, ",")
	f.Name = parts[0]
	for _, opt := range parts[1:] {
		switch opt {
		case "required":
			f.Required = true
		case "secret":
			f.Secret = true
		case "hidden":
			f.Hidden = true
		case "removed":
			f.Hidden, f.removed = true, true
		default:
			return f, fmt.Errorf("unknown option %q", opt)
		}
	}
	f.Aliases = splitTag(sf.Tag.Get("alias"))
	f.Choices = splitTag(sf.Tag.Get("choices"))
	f.Doc = sf.Tag.Get("doc")
	if !f.Hidden && !strings.HasSuffix(f.Doc, ".") {
		return f, fmt.Errorf("doc must be one sentence ending in a period")
	}
	if err := f.resolveType(sf); err != nil {
		return f, err
	}
	return f, f.resolveDefault(sf.Tag)
}

func splitTag(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (f *field) resolveType(sf reflect.StructField) error {
	kind, elements, sub := inferType(sf.Type)
	if t := sf.Tag.Get("type"); t != "" {
		kind = t
	}
	if e := sf.Tag.Get("elements"); e != "" {
		elements = e
	}
	f.Type, f.Elements = kind, elements
	if f.coerce = coerceFor(kind); f.coerce == nil {
		return fmt.Errorf("unknown type %q", kind)
	}
	if elements != "" {
		if f.element = coerceFor(elements); f.element == nil {
			return fmt.Errorf("unknown element type %q", elements)
		}
	}
	if sub != nil {
		inner, err := buildSpec(sub)
		if err != nil {
			return err
		}
		f.sub, f.Options = inner, inner.Params()
	}
	var err error
	f.set, err = setterFor(sf.Type)
	return err
}

// inferType names the parameter type of a Go type; sub is the struct behind a dict with fixed keys.
func inferType(t reflect.Type) (kind, elements string, sub reflect.Type) {
	if t.Implements(unmarshalerType) || reflect.PointerTo(t).Implements(unmarshalerType) {
		return "raw", "", nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "str", "", nil
	case reflect.Bool:
		return "bool", "", nil
	case reflect.Int, reflect.Int64:
		return "int", "", nil
	case reflect.Float64:
		return "float", "", nil
	case reflect.Map:
		return "dict", "", nil
	case reflect.Struct:
		return "dict", "", t
	case reflect.Slice:
		kind, _, sub := inferType(t.Elem())
		if kind == "raw" {
			kind = ""
		}
		return "list", kind, sub
	default:
		return "raw", "", nil
	}
}

func (f *field) resolveDefault(tag reflect.StructTag) error {
	text, has := tag.Lookup("default")
	if !has {
		return nil
	}
	if f.Type == "list" && text == "[]" {
		f.Default, f.hasValue = []any{}, true
		return nil
	}
	v, err := f.coerce(expander{}, text)
	if err != nil {
		return err
	}
	if f.element != nil {
		if v, err = f.elements(expander{}, v); err != nil {
			return err
		}
	}
	f.Default, f.hasValue = v, true
	return nil
}

// checkRules makes sure that rules name parameters that exist.
func (s *Spec) checkRules() error {
	var names []string
	for _, group := range [][][]string{s.rules.Exclusive, s.rules.Together, s.rules.OneOf} {
		for _, g := range group {
			names = append(names, g...)
		}
	}
	for _, r := range s.rules.If {
		names = append(append(names, r.Param), r.Needs...)
	}
	for k, v := range s.rules.By {
		names = append(append(names, k), v...)
	}
	for _, n := range names {
		if i, ok := s.byName[n]; !ok || s.fields[i].Name != n {
			return fmt.Errorf("a rule names %q, which is no parameter", n)
		}
	}
	return nil
}

// supported lists the parameters and aliases as messages about unknown parameters do.
func (s *Spec) supported() (text string, names []string) {
	var params, aliases []string
	for i := range s.fields {
		if !s.fields[i].Hidden {
			params = append(params, s.fields[i].Name)
			aliases = append(aliases, s.fields[i].Aliases...)
		}
	}
	sort.Strings(params)
	sort.Strings(aliases)
	text = strings.Join(params, ", ")
	if len(aliases) > 0 {
		text += " (" + strings.Join(aliases, ", ") + ")"
	}
	return text, append(params, aliases...)
}
