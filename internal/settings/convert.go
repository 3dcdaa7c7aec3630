package settings

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// kind is the type of a setting.
type kind int

const (
	text     kind = iota
	boolean       // yes, on, true, 1, t, y and their opposites
	integer       // decimal
	float         // decimal fraction
	list          // separated by commas
	path          // made absolute
	pathList      // paths separated by commas
	pathSpec      // paths separated by colons
	location      // a path made absolute, a URL, or off
)

// unset is the default of settings that have none.
const unset = "\x00"

// definition says how a setting is called and what it may be. Several variables or keys: the last one that is set counts.
type definition struct {
	name    string
	kind    kind
	initial string // the default, written as a user would
	env     string // variables, separated by commas
	ini     string // section.key, separated by commas
	choices string // legal values, separated by commas
}

// convert turns the text of a setting into bool, int, float64, string or []string. Relative paths count from base.
func (s *Settings) convert(d definition, raw, base string) (any, error) {
	switch d.kind {
	case boolean:
		return parseBool(raw)
	case integer:
		n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(raw), "_", ""))
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", raw)
		}
		return n, nil
	case float:
		f, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
		if err != nil || math.IsNaN(f) {
			return nil, fmt.Errorf("%q is no number", raw)
		}
		return f, nil
	case list:
		return split(raw, ",", unquote), nil
	case path:
		return s.resolve(raw, base), nil
	case location:
		if raw = unquote(raw); raw == "" || raw == "off" || strings.Contains(raw, "://") {
			return raw, nil
		}
		return s.resolve(raw, base), nil
	case pathList:
		return s.paths(raw, base), nil
	case pathSpec:
		return split(raw, string(filepath.ListSeparator), func(p string) string { return s.resolve(p, base) }), nil
	default:
		return unquote(raw), nil
	}
}

// paths splits inventory sources. A text that ends with a comma is one list of hosts, as on the command line.
func (s *Settings) paths(raw, base string) []string {
	if trimmed := strings.TrimSpace(raw); strings.HasSuffix(trimmed, ",") {
		return []string{trimmed}
	}
	return split(raw, ",", func(p string) string { return s.resolve(p, base) })
}

func split(raw, separator string, each func(string) string) []string {
	if strings.TrimSpace(raw) == "" {
		return []string{}
	}
	parts := strings.Split(raw, separator)
	for i, p := range parts {
		parts[i] = each(strings.TrimSpace(p))
	}
	return parts
}

// unquote removes one pair of equal quotes around a text.
func unquote(s string) string {
	if n := len(s); n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') && s[n-2] != '\\' {
		return s[1 : n-1]
	}
	return s
}

func parseBool(raw string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(raw)) {
	case "y", "yes", "on", "1", "true", "t", "1.0":
		return true, nil
	case "n", "no", "off", "0", "false", "f", "0.0":
		return false, nil
	default:
		return false, fmt.Errorf("%q is neither yes nor no", raw)
	}
}

// allowed checks a converted value against the choices.
func (d definition) allowed(v any) error {
	if d.choices == "" {
		return nil
	}
	choices := strings.Split(d.choices, ",")
	values, ok := v.([]string)
	if !ok {
		values = []string{fmt.Sprint(v)}
	}
	for _, x := range values {
		if !slices.Contains(choices, x) {
			return fmt.Errorf("%q is not one of %s", x, strings.Join(choices, ", "))
		}
	}
	return nil
}
