package settings

import (
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// idle is a setting that is read, shown by muster config, and otherwise does nothing.
type idle struct {
	name string
	why  string
	// loud says that any value but the default asks for something that is not done, which is worth a warning.
	loud bool
	// fine are values besides the default that ask for nothing.
	fine []string
}

// WithoutEffect describes the settings that ask for something that is not done: one line each, with where the value stands and
// why it has no effect.
func (s *Settings) WithoutEffect() []string {
	var out []string
	for _, i := range idleSettings() {
		if !i.loud {
			continue
		}
		x, ok := s.Lookup(i.name)
		if !ok || x.Origin.Text == originDefault || s.asks(i, x.Value) == "" {
			continue
		}
		out = append(out, s.named(i.name, x.Origin)+" "+s.asks(i, x.Value)+" has no effect: "+i.why)
	}
	return out
}

// asks is the part of a value that asks for something, "" when nothing does.
func (s *Settings) asks(i idle, v any) string {
	d := s.definitions[i.name]
	if d.initial != unset {
		if def, err := s.convert(d, d.initial, s.cwd); err == nil && reflect.DeepEqual(def, v) {
			return ""
		}
	}
	words, isList := v.([]string)
	if !isList {
		words = []string{shown(v)}
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" || slices.Contains(i.fine, w) })
	return strings.Join(words, ", ")
}

// named is a setting under the name by which the user gave it.
func (s *Settings) named(name string, o Origin) string {
	if variable, ok := strings.CutPrefix(o.Text, "env: "); ok {
		return variable
	}
	keys := strings.Split(s.definitions[name].ini, ",")
	_, key, _ := strings.Cut(keys[len(keys)-1], ".")
	if o.Pos.Line == 0 {
		return key
	}
	return filepath.Base(o.Pos.File) + ":" + strconv.Itoa(o.Pos.Line) + ": " + key
}

func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}
