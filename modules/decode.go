package modules

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/modules/sys"
)

// Decoded is what decoding leaves beside the filled struct.
type Decoded struct {
	Args     map[string]any // every parameter with its default, as Ansible's invocation shows it; secrets replaced
	Secrets  []string       // the texts of secret parameters, to be masked everywhere
	Warnings []string
	given    map[string]any
}

// Hidden stands where a secret parameter's value would.
const Hidden = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

// Decode fills a new P from args as strictly as Ansible does, with Ansible's messages. r gives the environment and
// home folders for paths; nil expands nothing.
func Decode[P any](ctx context.Context, s *Spec, name string, r sys.Reader, args map[string]any) (P, Decoded, error) {
	var p P
	d, err := s.decodeInto(reflect.ValueOf(&p).Elem(), name, expander{ctx, r}, args)
	return p, d, err
}

func (s *Spec) decodeInto(dst reflect.Value, name string, x expander, args map[string]any) (Decoded, error) {
	run := &decoding{x: x}
	given, firstUnknown := run.canonical(s, args)
	run.Args = make(map[string]any, len(s.fields))
	err := run.fill(s, dst, given, run.Args, "")
	run.given = given
	if err == nil && firstUnknown != nil {
		err = unsupported(s, name, firstUnknown)
	}
	return run.Decoded, err
}

type decoding struct {
	Decoded
	x expander
}

// canonical maps aliases to names; an alias wins over the name, as in Ansible. It returns the unknown keys sorted.
func (d *decoding) canonical(s *Spec, args map[string]any) (given map[string]any, unknown []string) {
	given = make(map[string]any, len(args))
	for k, v := range args {
		i, ok := s.byName[k]
		if !ok {
			unknown = append(unknown, k)
			continue
		}
		name := s.fields[i].Name
		if k == name {
			if _, has := given[name]; !has {
				given[name] = v
			}
			continue
		}
		if _, both := args[name]; both {
			d.Warnings = append(d.Warnings, fmt.Sprintf("Both option %s and its alias %s are set.", name, k))
		}
		given[name] = v
	}
	sort.Strings(unknown)
	sort.Strings(d.Warnings)
	return given, unknown
}

func unsupported(s *Spec, name string, unknown []string) error {
	text, names := s.supported()
	msg := fmt.Sprintf("Unsupported parameters for (%s) module: %s. Supported parameters include: %s.", name, strings.Join(unknown, ", "), text)
	if near := diag.Suggest(unknown[0], names); near != "" {
		msg += fmt.Sprintf(" Did you mean %s?", near)
	}
	return fmt.Errorf("%s", msg)
}

// fill coerces and stores all parameters of one level; show receives what the invocation prints.
func (d *decoding) fill(s *Spec, dst reflect.Value, given, show map[string]any, context string) error {
	if err := checkExclusive(s.rules.Exclusive, given); err != nil {
		return withContext(err, context)
	}
	if err := s.checkRequired(given); err != nil {
		return withContext(err, context)
	}
	d.noteSecrets(s, given)
	for i := range s.fields {
		if err := d.coerceField(&s.fields[i], given, show, context); err != nil {
			return err
		}
	}
	for i := range s.fields {
		if err := withContext(s.fields[i].checkChoices(show[s.fields[i].Name], given), context); err != nil {
			return err
		}
	}
	if err := s.rules.check(given, show); err != nil {
		return withContext(err, context)
	}
	return d.store(s, dst, given, show, context)
}

func withContext(err error, context string) error {
	if err == nil || context == "" {
		return err
	}
	return fmt.Errorf("%w found in %s", err, context)
}

func (d *decoding) coerceField(f *field, given, show map[string]any, context string) error {
	v, has := given[f.Name]
	if !has {
		show[f.Name] = f.Default
		if text, ok := f.Default.(string); ok && f.Type == "path" {
			show[f.Name] = d.x.path(text)
		}
		return nil
	}
	if v == nil {
		show[f.Name] = nil
		return nil
	}
	c, err := f.coerce(d.x, v)
	if err != nil {
		found := ""
		if context != "" {
			found = fmt.Sprintf(" found in '%s'.", context)
		}
		return fmt.Errorf("argument '%s' is of type %s%s and we were unable to convert to %s: %w", f.Name, pyType(v), found, f.Type, err)
	}
	if f.element != nil {
		if c, err = f.elements(d.x, c); err != nil {
			return err
		}
	}
	show[f.Name] = c
	return nil
}

func (f *field) elements(x expander, v any) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return v, nil
	}
	out := make([]any, len(items))
	for i, item := range items {
		c, err := f.element(x, item)
		if err != nil {
			return nil, fmt.Errorf("Elements value for option '%s' is of type %s and we were unable to convert to %s: %w", f.Name, pyType(item), f.Elements, err)
		}
		out[i] = c
	}
	return out, nil
}

func (f *field) checkChoices(v any, given map[string]any) error {
	if len(f.Choices) == 0 {
		return nil
	}
	if _, has := given[f.Name]; !has && v == nil {
		return nil
	}
	if items, ok := v.([]any); ok {
		var wrong []string
		for _, item := range items {
			if !slices.Contains(f.Choices, PyStr(item)) {
				wrong = append(wrong, PyStr(item))
			}
		}
		if len(wrong) > 0 {
			return fmt.Errorf("value of %s must be one or more of: %s. Got no match for: %s", f.Name, strings.Join(f.Choices, ", "), strings.Join(wrong, ", "))
		}
		return nil
	}
	if slices.Contains(f.Choices, PyStr(v)) || f.restoreBoolWord(v, given) {
		return nil
	}
	return fmt.Errorf("value of %s must be one of: %s, got: %s", f.Name, strings.Join(f.Choices, ", "), PyStr(v))
}

// restoreBoolWord undoes YAML's reading of a word such as no or on where exactly one choice can have been meant.
func (f *field) restoreBoolWord(v any, given map[string]any) bool {
	words := map[string][]string{"True": {"y", "yes", "on", "1", "true", "t"}, "False": {"n", "no", "off", "0", "false", "f"}}
	var found []string
	for _, w := range words[PyStr(v)] {
		if slices.Contains(f.Choices, w) {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		return false
	}
	given[f.Name] = restored(found[0])
	return true
}

// restored marks a choice that was restored from a boolean.
type restored string

// store writes the coerced values into the struct and replaces secrets in what is shown.
func (d *decoding) store(s *Spec, dst reflect.Value, given, show map[string]any, context string) error {
	for i := range s.fields {
		f := &s.fields[i]
		if w, ok := given[f.Name].(restored); ok {
			show[f.Name] = string(w)
		}
		v := show[f.Name]
		if v == nil {
			if f.Hidden {
				delete(show, f.Name)
			}
			continue
		}
		target := dst.FieldByIndex(f.index)
		if f.sub != nil {
			shown, err := d.nested(f, target, v, context)
			if err != nil {
				return err
			}
			show[f.Name] = shown
		} else if err := f.set(target, v); err != nil {
			return fieldError(f.Name, err)
		}
		switch {
		case f.Hidden:
			delete(show, f.Name)
		case f.Secret:
			show[f.Name] = Hidden
		}
	}
	return nil
}

// fieldError leaves messages that a parameter's own type words as they are.
func fieldError(name string, err error) error {
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	return fmt.Errorf("argument '%s': %w", name, err)
}

// nested fills a struct, a pointer to one or a slice of them.
func (d *decoding) nested(f *field, target reflect.Value, v any, context string) (any, error) {
	inner := f.Name
	if context != "" {
		inner = context + " -> " + f.Name
	}
	items, isList := v.([]any)
	if !isList {
		items = []any{v}
	}
	t := target.Type()
	if isList {
		target.Set(reflect.MakeSlice(t, len(items), len(items)))
	}
	shown := make([]any, len(items))
	for i, item := range items {
		m, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("value of '%s' must be of type dict or list of dicts", f.Name)
		}
		dst := target
		switch {
		case isList:
			dst = target.Index(i)
		case t.Kind() == reflect.Pointer:
			target.Set(reflect.New(t.Elem()))
			dst = target.Elem()
		}
		show, err := d.nestedOne(f.sub, dst, m, inner)
		if err != nil {
			return nil, err
		}
		shown[i] = show
	}
	if isList {
		return shown, nil
	}
	return shown[0], nil
}

func (d *decoding) nestedOne(sub *Spec, dst reflect.Value, m map[string]any, context string) (map[string]any, error) {
	given, unknown := d.canonical(sub, m)
	show := make(map[string]any, len(sub.fields))
	if err := d.fill(sub, dst, given, show, context); err != nil {
		return nil, err
	}
	if unknown != nil {
		text, _ := sub.supported()
		return nil, fmt.Errorf("Unsupported parameters: %s found in %s. Supported parameters include: %s.", strings.Join(unknown, ", "), context, text)
	}
	return show, nil
}
