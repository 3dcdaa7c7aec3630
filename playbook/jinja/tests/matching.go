package tests

import (
	"math"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/internal/value/pyversion"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// patterns is how many compiled patterns the tests keep.
const patterns = 512

func matching() map[string]filters.Func {
	c := regexTests{pyregex.NewCache(patterns)}
	version := filters.Strict("version_compare(value, version, operator='eq', strict=None, version_type=None)", versionCompare)
	return map[string]filters.Func{
		"match":           filters.Strict("match(value, pattern='', ignorecase=False, multiline=False)", c.test("match")),
		"search":          filters.Strict("search(value, pattern='', ignorecase=False, multiline=False)", c.test("search")),
		"regex":           filters.Strict("regex(value='', pattern='', ignorecase=False, multiline=False, match_type='search')", c.test("")),
		"version":         version,
		"version_compare": version,
	}
}

// regexTests share their compiled patterns.
type regexTests struct{ cache *pyregex.Cache }

func (c regexTests) test(how string) filters.Body {
	return func(_ filters.Env, a *value.Args) (any, error) {
		re, err := c.cache.Compile(a.Text("pattern"), pyregex.Flags{IgnoreCase: a.Bool("ignorecase"), Multiline: a.Bool("multiline")})
		if err != nil || a.Err() != nil {
			return nil, err
		}
		kind := how
		if kind == "" {
			kind = a.Str("match_type")
		}
		text := a.Str("value")
		var m *pyregex.Match
		switch kind {
		case "match":
			m, err = re.Match(text)
		case "fullmatch":
			m, err = re.FullMatch(text)
		default:
			m, err = re.Search(text)
		}
		return m != nil, err
	}
}

func versionCompare(_ filters.Env, a *value.Args) (any, error) {
	fail := func(message string) (any, error) { return nil, &filters.Error{Message: message} }
	scheme := "loose"
	switch {
	case a.Any("strict") != nil && a.Any("version_type") != nil:
		return fail("Cannot specify both 'strict' and 'version_type'")
	case !value.Truth(a.Any("value")):
		return fail("Input version value cannot be empty")
	case !value.Truth(a.Any("version")):
		return fail("Version parameter to compare against cannot be empty")
	case a.Bool("strict"):
		scheme = "strict"
	case a.Bool("version_type"):
		scheme = a.Str("version_type")
	}
	switch scheme {
	case "loose", "strict", "semver", "semantic", "pep440":
	default:
		return fail("Invalid version type (" + scheme + "). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'")
	}
	holds, ok := comparison(a.Str("operator"))
	if !ok {
		return fail("Invalid operator type (" + a.Str("operator") +
			"). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'")
	}
	order, err := pyversion.Compare(scheme, a.Str("value"), a.Str("version"))
	if err != nil {
		return fail("Version comparison failed: " + err.Error())
	}
	return holds(order), nil
}

func comparison(operator string) (func(order int) bool, bool) {
	switch operator {
	case "==", "=", "eq":
		return func(o int) bool { return o == 0 }, true
	case "!=", "<>", "ne":
		return func(o int) bool { return o != 0 }, true
	case "<", "lt":
		return func(o int) bool { return o < 0 }, true
	case "<=", "le":
		return func(o int) bool { return o <= 0 }, true
	case ">", "gt":
		return func(o int) bool { return o > 0 }, true
	case ">=", "ge":
		return func(o int) bool { return o >= 0 }, true
	}
	return nil, false
}

func sets() map[string]filters.Func {
	subset := filters.Strict("issubset(a, b)", func(_ filters.Env, a *value.Args) (any, error) { return within(a.Any("a"), a.Any("b")) })
	superset := filters.Strict("issuperset(a, b)", func(_ filters.Env, a *value.Args) (any, error) { return within(a.Any("b"), a.Any("a")) })
	nan := filters.Strict("isnotanumber(x)", func(_ filters.Env, a *value.Args) (any, error) {
		f, ok := a.Any("x").(float64)
		return ok && math.IsNaN(f), nil
	})
	return map[string]filters.Func{
		"subset": subset, "issubset": subset, "superset": superset, "issuperset": superset, "nan": nan, "isnan": nan,
		"contains": filters.Strict("contains(seq, value)", func(_ filters.Env, a *value.Args) (any, error) {
			return value.Contains(a.Any("seq"), a.Any("value"))
		}),
		"any":    filters.Strict("any(iterable, /)", quantifier(true)),
		"all":    filters.Strict("all(iterable, /)", quantifier(false)),
		"truthy": filters.Strict("truthy(value, convert_bool=False)", truthy(true)),
		"falsy":  filters.Strict("falsy(value, convert_bool=False)", truthy(false)),
	}
}

// within reports whether every item of a is one of b.
func within(a, b any) (any, error) {
	x, err := value.Iterate(a)
	if err != nil {
		return nil, err
	}
	y, err := value.Iterate(b)
	if err != nil {
		return nil, err
	}
	index := value.NewDict()
	for _, item := range append(append([]any{}, x...), y...) {
		if err := value.Hashable(item); err != nil {
			return nil, err
		}
	}
	for _, item := range y {
		index.Set(item, nil)
	}
	for _, item := range x {
		if _, ok := index.Get(item); !ok {
			return false, nil
		}
	}
	return true, nil
}

// quantifier stops at the first item with the given truth, which is then the answer.
func quantifier(stop bool) filters.Body {
	return func(_ filters.Env, a *value.Args) (any, error) {
		for _, item := range a.Items("iterable") {
			if err := value.Defined(item); err != nil {
				return nil, err
			}
			if value.Truth(item) == stop {
				return stop, nil
			}
		}
		return !stop, nil
	}
}

func truthy(want bool) filters.Body {
	return func(_ filters.Env, a *value.Args) (any, error) {
		v := a.Any("value")
		if a.Bool("convert_bool") {
			if b, ok := booleanWord(v); ok {
				v = b
			}
		}
		return value.Truth(v) == want, nil
	}
}

// booleanWord reads the words that Ansible takes for booleans in parameters.
func booleanWord(v any) (result, ok bool) {
	s, isText := v.(string)
	if isText {
		s = value.Lower(value.Strip(s, nil, true, true))
	} else {
		s = value.Str(v)
	}
	switch s {
	case "y", "yes", "on", "1", "true", "t", "1.0", "True":
		return true, true
	case "n", "no", "off", "0", "false", "f", "0.0", "False":
		return false, true
	}
	return false, false
}
