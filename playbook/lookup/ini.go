package lookup

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyregex"
)

// iniOptions are the options of one term.
type iniOptions struct {
	text map[string]any
}

func ini(c *call) ([]any, error) {
	o := iniOptions{text: map[string]any{}}
	for _, name := range []string{"file", "section", "type", "re", "default", "encoding", "case_sensitive", "allow_no_value", "allow_none", "interpolation"} {
		o.text[name] = c.Any(name)
	}
	out := []any{}
	for _, t := range c.terms {
		term := value.Str(t)
		key := term
		if strings.ContainsAny(strings.TrimSpace(term), "= ") {
			var err error
			if key, err = o.inline(term); err != nil {
				return nil, err
			}
		}
		found, err := o.search(c, key)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// inline reads "key section=x file=y", where what follows an option without a = belongs to it.
func (o *iniOptions) inline(term string) (string, error) {
	var parts []string
	index := map[string]int{}
	current := "key"
	for _, word := range strings.Fields(term) {
		for name := range o.text {
			if strings.Contains(word, name+"=") {
				current = name
			}
		}
		if i, ok := index[current]; ok {
			parts[i] += " " + word
		} else {
			index[current] = len(parts)
			parts = append(parts, word)
		}
	}
	key, found := term, false
	for _, p := range parts {
		name, v, isOption := strings.Cut(p, "=")
		switch {
		case isOption && strings.Contains(v, "="):
			return "", errorf("Could not use '%s' from '%s': too many values to unpack (expected 2)", p, value.Repr(parts))
		case isOption:
			if _, ok := o.text[name]; !ok {
				return "", errorf("%s is not a valid option.", name)
			}
			o.text[name] = v
		case !found:
			key, found = p, true
		}
	}
	if !found {
		return "", errorf("No key to lookup was provided as first term with in string inline options: %s", term)
	}
	return key, nil
}

func (o *iniOptions) on(name string) bool {
	if s, ok := o.text[name].(string); ok {
		switch strings.ToLower(s) {
		case "yes", "true", "on", "1", "y", "t":
			return true
		}
		return false
	}
	return value.Truth(o.text[name])
}

func (o *iniOptions) search(c *call, key string) ([]any, error) {
	name, section := value.Str(o.text["file"]), value.Str(o.text["section"])
	path, ok := c.find("files", name)
	if !ok {
		return nil, errorf("the ini file %s could not be found", name)
	}
	raw, err := c.read(path)
	if err != nil {
		return nil, err
	}
	decoded, err := value.Decode(value.Bytes(raw), value.Str(o.text["encoding"]), "strict")
	if err != nil {
		return nil, err
	}
	text := decoded.(string)
	if o.text["type"] == "properties" {
		section = "java_properties"
		text = "[java_properties]\n" + text
	}
	parsed, err := parseINI(name, text, o.on("case_sensitive"), o.on("allow_no_value") || o.on("allow_none"))
	if err != nil {
		return nil, err
	}
	if !parsed.has(section) {
		return nil, errorf("No section '%s' in %s", section, name)
	}
	if o.on("re") {
		return o.matching(parsed, section, key)
	}
	if !o.on("case_sensitive") {
		key = value.Lower(key)
	}
	v, ok := parsed.option(section, key)
	if !ok {
		v = o.text["default"]
	} else if v, err = o.expanded(parsed, section, key, v); err != nil {
		return nil, err
	}
	if items, isList := listItems(v); isList {
		return items, nil
	}
	if v == nil {
		return nil, nil
	}
	return []any{v}, nil
}

func (o *iniOptions) expanded(parsed *iniFile, section, key string, v any) (any, error) {
	s, ok := v.(string)
	if !ok || !o.on("interpolation") {
		return v, nil
	}
	return parsed.interpolate(section, key, s, 0)
}

func (o *iniOptions) matching(parsed *iniFile, section, pattern string) ([]any, error) {
	re, err := pyregex.Compile(pattern, pyregex.Flags{})
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, key := range parsed.keys(section) {
		ok, err := re.MatchStart(key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		v, _ := parsed.option(section, key)
		if v, err = o.expanded(parsed, section, key, v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
