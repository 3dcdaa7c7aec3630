package facts

import (
	"errors"
	"maps"
	"regexp"
	"strings"
)

var (
	errINI     = errors.New("not an INI file")
	iniSection = regexp.MustCompile(`^\[(.+)\]`)
	iniOption  = regexp.MustCompile(`^(.*?)\s*[=:]\s*(.*)$`)
)

// parseINI reads an INI file as Python's configparser does: option names in lower case, `=` or `:` between name and
// value, comments on lines of their own, indented lines continue a value, %(name)s refers to another option, and what
// stands under [DEFAULT] counts in every section.
func parseINI(text string) (map[string]any, error) {
	p := iniParser{sections: map[string]map[string]string{}, defaults: map[string]string{}}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	out := map[string]any{}
	for name, own := range p.sections {
		all := maps.Clone(p.defaults)
		maps.Copy(all, own)
		section := map[string]any{}
		for option, value := range all {
			full, err := interpolate(value, all, 0)
			if err != nil {
				return nil, err
			}
			section[option] = full
		}
		out[name] = section
	}
	return out, nil
}

type iniParser struct {
	sections map[string]map[string]string
	defaults map[string]string
	current  map[string]string
	option   string // that a continued line belongs to
	indent   int
}

func (p *iniParser) line(line string) error {
	text := strings.TrimSpace(line)
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	switch {
	case text == "" && p.option != "":
		p.current[p.option] += "\n"
		return nil
	case text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";"):
		return nil
	case p.option != "" && indent > p.indent:
		p.current[p.option] += "\n" + text
		return nil
	}
	p.finish()
	p.indent = indent
	if m := iniSection.FindStringSubmatch(text); m != nil {
		return p.section(m[1])
	}
	m := iniOption.FindStringSubmatch(text)
	if m == nil || m[1] == "" || p.current == nil {
		return errINI
	}
	name := strings.ToLower(strings.TrimSpace(m[1]))
	if _, twice := p.current[name]; twice {
		return errINI
	}
	p.current[name], p.option = m[2], name
	return nil
}

// finish ends a value: blank lines after it do not belong to it.
func (p *iniParser) finish() {
	if p.option != "" {
		p.current[p.option] = strings.TrimRight(p.current[p.option], "\n")
	}
	p.option = ""
}

func (p *iniParser) section(name string) error {
	if name == "DEFAULT" {
		p.current = p.defaults
		return nil
	}
	if p.sections[name] != nil {
		return errINI
	}
	p.current = map[string]string{}
	p.sections[name] = p.current
	return nil
}

// interpolate replaces %(name)s by another option of the section, ten levels deep at most.
func interpolate(value string, options map[string]string, depth int) (string, error) {
	if depth > 10 {
		return "", errINI
	}
	var out strings.Builder
	for {
		head, rest, ok := strings.Cut(value, "%")
		out.WriteString(head)
		if !ok {
			return strings.TrimRight(out.String(), "\n"), nil
		}
		if strings.HasPrefix(rest, "%") {
			out.WriteByte('%')
			value = rest[1:]
			continue
		}
		name, after, ok := strings.Cut(strings.TrimPrefix(rest, "("), ")s")
		other, known := options[strings.ToLower(name)]
		if !ok || !known || !strings.HasPrefix(rest, "(") {
			return "", errINI
		}
		full, err := interpolate(other, options, depth+1)
		if err != nil {
			return "", err
		}
		if out.Len()+len(full) > 1<<20 {
			return "", errINI
		}
		out.WriteString(full)
		value = after
	}
}
