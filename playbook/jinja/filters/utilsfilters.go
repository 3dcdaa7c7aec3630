package filters

import (
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// utilsFilters are those of ansible.utils that work on data of any depth.
func utilsFilters() map[string]Func {
	const arguments = "(data, target, matching_parameter='equality')"
	return map[string]Func{
		"keep_keys":    Whole("keep_keys"+arguments, keepKeys),
		"remove_keys":  Whole("remove_keys"+arguments, removeKeys),
		"replace_keys": Whole("replace_keys"+arguments, replaceKeys),
		"get_path":     Strict("get_path(var, path, wantlist=False)", getPath),
		"to_paths":     Whole("to_paths(var, prepend=None, wantlist=None)", toPaths),
	}
}

func keepKeys(_ Env, a *value.Args) (any, error) {
	matches, err := keyMatches(a)
	if err != nil {
		return nil, err
	}
	return kept(a.Any("data"), matches, 0)
}

// kept leaves only the scalars under keys that match, with the mappings and lists around them.
func kept(v any, matches []func(string) (bool, error), depth int) (any, error) {
	if depth > 200 {
		return nil, errorf("keep_keys: the value is nested too deeply")
	}
	if l, ok := v.(*value.List); ok {
		out := list(nil)
		for _, item := range l.Items {
			inner, err := kept(item, matches, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, inner)
		}
		return out, nil
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return v, nil
	}
	out := value.NewDict()
	for k, item := range d.All() {
		if !isContainer(item) {
			match, err := anyMatch(matches, k)
			if err != nil {
				return nil, err
			}
			if match {
				out.Set(k, item)
			}
			continue
		}
		inner, err := kept(item, matches, depth+1)
		if err != nil {
			return nil, err
		}
		if l, isList := inner.(*value.List); isList {
			inner = withoutEmpty(l)
			if onlyTexts(inner.(*value.List)) {
				continue
			}
		}
		if value.Truth(inner) {
			out.Set(k, inner)
		}
	}
	return out, nil
}

func isContainer(v any) bool {
	switch v.(type) {
	case *value.List, *value.Dict:
		return true
	}
	return false
}

func withoutEmpty(l *value.List) *value.List {
	out := list(nil)
	for _, item := range l.Items {
		if !isContainer(item) || value.Truth(item) {
			out.Items = append(out.Items, item)
		}
	}
	return out
}

func onlyTexts(l *value.List) bool {
	for _, item := range l.Items {
		if _, ok := item.(string); !ok {
			return false
		}
	}
	return true
}

func removeKeys(_ Env, a *value.Args) (any, error) {
	matches, err := keyMatches(a)
	if err != nil {
		return nil, err
	}
	return rewritten(a.Any("data"), 0, func(d *value.Dict) (*value.Dict, error) {
		out := value.NewDict()
		for k, v := range d.All() {
			match, err := anyMatch(matches, k)
			if err != nil {
				return nil, err
			}
			if !match {
				out.Set(k, v)
			}
		}
		return out, nil
	}, true)
}

func replaceKeys(_ Env, a *value.Args) (any, error) {
	return rewritten(a.Any("data"), 0, func(d *value.Dict) (*value.Dict, error) { return renamed(d, a) }, false)
}

// rewritten changes every mapping of a value; items of lists that are empty then are dropped when they are asked to be.
func rewritten(v any, depth int, change func(*value.Dict) (*value.Dict, error), drop bool) (any, error) {
	if depth > 200 {
		return nil, errorf("the value is nested too deeply")
	}
	switch x := v.(type) {
	case *value.List:
		out := list(nil)
		for _, item := range x.Items {
			inner, err := rewritten(item, depth+1, change, drop)
			if err != nil {
				return nil, err
			}
			if !drop || value.Truth(inner) {
				out.Items = append(out.Items, inner)
			}
		}
		return out, nil
	case *value.Dict:
		d, err := change(x)
		if err != nil {
			return nil, err
		}
		out := value.NewDict()
		for k, item := range d.All() {
			inner, err := rewritten(item, depth+1, change, drop)
			if err != nil {
				return nil, err
			}
			out.Set(k, inner)
		}
		return out, nil
	}
	return v, nil
}

// getPath follows a path such as a.b[0]["c d"].
func getPath(env Env, a *value.Args) (any, error) {
	v := a.Any("var")
	steps, err := pathSteps(a.Str("path"))
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if v, err = env.GetItem(v, s); err != nil {
			return nil, err
		}
		if err := value.Defined(v); err != nil {
			return nil, err
		}
	}
	if a.Bool("wantlist") {
		if _, ok := v.(*value.List); !ok {
			return list([]any{v}), nil
		}
	}
	return v, nil
}

func pathSteps(path string) ([]any, error) {
	var out []any
	for path != "" {
		if path[0] != '[' {
			end := strings.IndexAny(path[1:], ".[")
			word := strings.TrimPrefix(path, ".")
			if end >= 0 {
				word = strings.TrimPrefix(path[:end+1], ".")
			}
			path = path[min(len(path), max(end+1, 0)):]
			if end < 0 {
				path = ""
			}
			if n, err := strconv.Atoi(word); err == nil {
				out = append(out, n)
			} else if word != "" {
				out = append(out, word)
			}
			continue
		}
		end := strings.IndexByte(path, ']')
		if end < 0 {
			return nil, errorf("the path %q has a bracket that is not closed", path)
		}
		key, err := value.ParseLiteral(path[1:end])
		if err != nil {
			return nil, errorf("the path has the key %s, which is no number and no quoted text", path[1:end])
		}
		out = append(out, key)
		path = path[end+1:]
	}
	return out, nil
}

// toPaths flattens a value into a mapping of paths to what is there.
func toPaths(_ Env, a *value.Args) (any, error) {
	out := value.NewDict()
	prefix := ""
	if a.Any("prepend") != nil {
		prefix = a.Str("prepend")
	}
	if err := addPaths(out, prefix, a.Any("var"), 0); err != nil {
		return nil, err
	}
	if a.Bool("wantlist") {
		return list([]any{out}), nil
	}
	return out, nil
}

func addPaths(out *value.Dict, path string, v any, depth int) error {
	if depth > 200 {
		return errorf("to_paths: the value is nested too deeply")
	}
	if !isContainer(v) || !value.Truth(v) {
		out.Set(path, v)
		return nil
	}
	if l, ok := v.(*value.List); ok {
		for i, item := range l.Items {
			if err := addPaths(out, path+"["+strconv.Itoa(i)+"]", item, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	for k, item := range v.(*value.Dict).All() {
		next := ""
		switch name, isText := k.(string); {
		case !isText:
			next = path + "[" + value.Repr(k) + "]"
		case !value.IsIdentifier(name):
			next = path + "['" + name + "']"
		case path == "":
			next = name
		default:
			next = path + "." + name
		}
		if err := addPaths(out, next, item, depth+1); err != nil {
			return err
		}
	}
	return nil
}
