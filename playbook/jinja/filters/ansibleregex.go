package filters

import (
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyregex"
)

// patterns is how many compiled patterns a set of filters keeps.
const patterns = 512

func ansibleRegex() map[string]Func {
	c := regexFilters{pyregex.NewCache(patterns)}
	return map[string]Func{
		"regex_replace": Strict("regex_replace(value='', pattern='', replacement='', ignorecase=False, multiline=False, count=0, mandatory_count=0)", c.replace),
		"regex_findall": Strict("regex_findall(value, regex, multiline=False, ignorecase=False)", c.findAll),
		"regex_search":  Strict("regex_search(value, regex, *args, **kwargs)", c.search),
		"regex_escape":  Strict("regex_escape(string, re_type='python')", regexEscape),
	}
}

// regexFilters share their compiled patterns.
type regexFilters struct{ cache *pyregex.Cache }

func (c regexFilters) replace(_ Env, a *value.Args) (any, error) {
	re, err := c.cache.Compile(a.Text("pattern"), pyregex.Flags{IgnoreCase: a.Bool("ignorecase"), Multiline: a.Bool("multiline")})
	if err != nil || a.Err() != nil {
		return nil, err
	}
	text, n, err := re.Sub(a.Text("replacement"), a.Str("value"), a.Int("count"))
	if err != nil {
		return nil, err
	}
	if want := a.Int("mandatory_count"); want > 0 && n != want {
		return nil, errorf("'%s' should match %d times, but matches %d times in '%s'", a.Text("pattern"), want, n, a.Str("value"))
	}
	return text, nil
}

func (c regexFilters) findAll(_ Env, a *value.Args) (any, error) {
	re, err := c.cache.Compile(a.Text("regex"), pyregex.Flags{IgnoreCase: a.Bool("ignorecase"), Multiline: a.Bool("multiline")})
	if err != nil || a.Err() != nil {
		return nil, err
	}
	all, err := re.FindAll(a.Str("value"), 0)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(all))
	for i, m := range all {
		switch re.Groups() {
		case 0:
			out[i], _ = m.Group(0)
		case 1:
			out[i], _ = m.Group(1)
		default:
			groups := make([]any, re.Groups())
			for g := range groups {
				groups[g], _ = m.Group(g + 1)
			}
			out[i] = tuple(groups...)
		}
	}
	return list(out), nil
}

func (c regexFilters) search(_ Env, a *value.Args) (any, error) {
	flag := func(name string) bool {
		v, _ := a.Keywords.Get(name)
		return value.Truth(v)
	}
	re, err := c.cache.Compile(a.Text("regex"), pyregex.Flags{IgnoreCase: flag("ignorecase"), Multiline: flag("multiline")})
	if err != nil || a.Err() != nil {
		return nil, err
	}
	groups, err := wantedGroups(re, a.Rest)
	if err != nil {
		return nil, err
	}
	m, err := re.Search(a.Str("value"))
	if err != nil || m == nil {
		return nil, err
	}
	if len(groups) == 0 {
		s, _ := m.Group(0)
		return s, nil
	}
	out := make([]any, len(groups))
	for i, g := range groups {
		if s, ok := m.Group(g); ok {
			out[i] = s
		}
	}
	return list(out), nil
}

// wantedGroups reads the arguments \1 and \g<name>.
func wantedGroups(re *pyregex.Regexp, args []any) ([]int, error) {
	var out []int
	for _, arg := range args {
		s, ok := arg.(string)
		if !ok {
			return nil, errorf("Unknown argument")
		}
		name, named := strings.CutPrefix(s, `\g<`)
		digits, numbered := strings.CutPrefix(s, `\`)
		switch {
		case named:
			name, _, _ = strings.Cut(name, ">")
			n, known := re.GroupIndex(name)
			if i, err := strconv.Atoi(name); err == nil {
				n, known = i, i >= 0 && i <= re.Groups()
			}
			if !known {
				return nil, errorf("no such group: %s", name)
			}
			out = append(out, n)
		case numbered:
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 || n > re.Groups() {
				return nil, errorf("no such group: %s", digits)
			}
			out = append(out, n)
		default:
			return nil, errorf("Unknown argument")
		}
	}
	return out, nil
}

func regexEscape(_ Env, a *value.Args) (any, error) {
	s := a.Str("string")
	switch kind := a.Any("re_type"); kind {
	case "python":
		return pyregex.Escape(s), nil
	case "posix_basic":
		var b strings.Builder
		for _, r := range s {
			if strings.ContainsRune(`].[^$*\`, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return b.String(), nil
	case "posix_extended":
		return nil, errorf("Regex type (%s) not yet implemented", value.Str(kind))
	default:
		return nil, errorf("Invalid regex type (%s)", value.Str(kind))
	}
}
