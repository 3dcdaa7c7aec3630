package lookup

import (
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// iniFile is a file as Python's configparser reads it: options of sections, with those of DEFAULT in every section.
type iniFile struct {
	sections map[string]*value.Dict
	defaults *value.Dict
	fold     bool // option names are written small
}

// iniReader gathers lines into options; an option goes on in the lines that are indented deeper than it.
type iniReader struct {
	file    *iniFile
	name    string
	section *value.Dict
	title   string
	option  string
	value   []string
	hasText bool
	indent  int
	noValue bool
}

func parseINI(name, text string, caseSensitive, allowNoValue bool) (*iniFile, error) {
	f := &iniFile{sections: map[string]*value.Dict{}, defaults: value.NewDict(), fold: !caseSensitive}
	r := &iniReader{file: f, name: name, noValue: allowNoValue}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if err := r.line(i+1, line); err != nil {
			return nil, err
		}
	}
	r.finish()
	return f, nil
}

func (r *iniReader) line(number int, line string) error {
	trimmed := strings.TrimSpace(line)
	if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
		return nil
	}
	if trimmed == "" {
		if r.option != "" && r.hasText {
			r.value = append(r.value, "")
		}
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t\v\f"))
	if r.option != "" && r.hasText && r.section != nil && indent > r.indent {
		r.value = append(r.value, trimmed)
		return nil
	}
	r.finish()
	r.indent = indent
	if trimmed[0] == '[' {
		if end := strings.LastIndexByte(trimmed, ']'); end > 1 {
			return r.open(number, trimmed[1:end])
		}
	}
	if r.section == nil {
		return errorf("File contains no section headers.\nfile: '%s', line: %d\n%s", r.name, number, value.Repr(line))
	}
	return r.assign(number, trimmed)
}

func (r *iniReader) open(number int, title string) error {
	r.title = title
	if title == "DEFAULT" {
		r.section = r.file.defaults
		return nil
	}
	if _, ok := r.file.sections[title]; ok {
		return errorf("While reading from '%s' [line %2d]: section '%s' already exists", r.name, number, title)
	}
	r.section = value.NewDict()
	r.file.sections[title] = r.section
	return nil
}

func (r *iniReader) assign(number int, line string) error {
	at := strings.IndexAny(line, "=:")
	if at <= 0 && (at == 0 || !r.noValue) {
		return errorf("Source contains parsing errors: '%s'\n\t[line %2d]: %s", r.name, number, value.Repr(line))
	}
	name, text := line, ""
	if at > 0 {
		name, text = strings.TrimRight(line[:at], " \t"), strings.TrimSpace(line[at+1:])
	}
	if r.file.fold {
		name = value.Lower(name)
	}
	if _, taken := r.section.Get(name); taken {
		return errorf("Duplicate option in '%s': While reading from '%s' [line %2d]: option '%s' in section '%s' already exists",
			r.name, r.name, number, name, r.title)
	}
	r.option, r.value, r.hasText = name, []string{text}, at > 0
	r.section.Set(name, nil)
	return nil
}

// finish stores the option that was being read.
func (r *iniReader) finish() {
	if r.option != "" && r.hasText {
		r.section.Set(r.option, strings.TrimRight(strings.Join(r.value, "\n"), " \t\n\r\v\f"))
	}
	r.option, r.value = "", nil
}

func (f *iniFile) has(section string) bool {
	_, ok := f.sections[section]
	return ok || section == "DEFAULT"
}

func (f *iniFile) option(section, key string) (any, bool) {
	if v, ok := f.sections[section].Get(key); ok {
		return v, true
	}
	return f.defaults.Get(key)
}

// keys lists the options of a section, those of DEFAULT first.
func (f *iniFile) keys(section string) []string {
	all := f.defaults.Clone()
	all.Merge(f.sections[section])
	out := make([]string, 0, all.Len())
	for _, k := range all.Keys() {
		out = append(out, k.(string))
	}
	return out
}

// interpolate replaces %(name)s by another option and %% by a percent sign.
func (f *iniFile) interpolate(section, key, s string, depth int) (string, error) {
	if depth > 10 {
		return "", errorf("Recursion limit exceeded in value substitution: option '%s' in section '%s'", key, section)
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return b.String() + s, nil
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "%%") {
			b.WriteByte('%')
			s = s[2:]
			continue
		}
		end := strings.Index(s, ")s")
		if !strings.HasPrefix(s, "%(") || end < 0 {
			return "", errorf("'%%' must be followed by '%%' or '(', found: %s", value.Repr(s))
		}
		name := s[2:end]
		if f.fold {
			name = value.Lower(name)
		}
		v, ok := f.option(section, name)
		text, isText := v.(string)
		if !ok || !isText {
			return "", errorf("Bad value substitution: option '%s' in section '%s' contains an interpolation key '%s' which is not a valid option name", key, section, name)
		}
		inner, err := f.interpolate(section, key, text, depth+1)
		if err != nil {
			return "", err
		}
		b.WriteString(inner)
		s = s[end+2:]
	}
}
