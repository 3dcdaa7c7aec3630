package inventory

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

func (l *loader) readINI(s string) error {
	if filepath.Ext(s) == ".toml" {
		return errDeclined // its tables look like sections
	}
	src, err := l.readFile(s)
	if err != nil {
		return err
	}
	return l.v.parseINI(s, src)
}

// readFile returns the bytes of a source file, decrypted when it is a vault. A source that is no readable file is
// declined.
func (l *loader) readFile(path string) ([]byte, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, errDeclined
	}
	return l.v.files.decrypt(path, src)
}

var (
	sectionLine = regexp.MustCompile(`^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$`)
	groupLine   = regexp.MustCompile(`^([^:\]\s]+)\s*(?:#.*)?$`)
)

// iniReader walks the lines of an INI inventory. It starts in the section of ungrouped hosts.
type iniReader struct {
	v       *Inventory
	file    string
	pos     diag.Pos
	line    string // as it stands in the file
	group   *Group
	kind    string // hosts, vars or children
	waiting map[string]*promise
	order   []string // names of waiting, in the order of the file
}

// promise is a group that a section speaks of before another declares it.
type promise struct {
	kind    string
	pos     diag.Pos
	parents []string
}

func (v *Inventory) parseINI(file string, src []byte) error {
	r := &iniReader{v: v, file: file, group: v.groups[groupUngrouped], kind: "hosts", waiting: map[string]*promise{}}
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		r.line, r.pos = line, diag.Pos{File: file, Line: number, Col: 1}
		if err := r.readLine(); err != nil {
			return err
		}
	}
	return r.unkept()
}

func (r *iniReader) readLine() error {
	line := strings.TrimFunc(r.line, unicode.IsSpace)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return nil
	}
	r.pos.Col = r.column(line)
	if !utf8.ValidString(line) {
		return diag.Errorf(r.pos, "this line is not UTF-8").WithHint("save the file as UTF-8")
	}
	if line[0] == '[' {
		if m := sectionLine.FindStringSubmatch(line); m != nil {
			return r.section(m[1], m[2])
		}
		if strings.HasSuffix(line, "]") {
			return diag.Errorf(r.pos, "invalid section %s", line).
				WithHint("a section is [group], [group:vars] or [group:children], without blanks")
		}
	}
	switch r.kind {
	case "hosts":
		return r.hostLine(line)
	case "vars":
		return r.varLine(line)
	default:
		return r.childLine(line)
	}
}

// column returns where text begins in the current line, counted in runes from 1.
func (r *iniReader) column(text string) int {
	i := strings.Index(r.line, text)
	if i < 0 {
		return 1
	}
	return utf8.RuneCountInString(r.line[:i]) + 1
}

func (r *iniReader) section(name, kind string) error {
	if kind == "" {
		kind = "hosts"
	}
	if kind != "hosts" && kind != "vars" && kind != "children" {
		d := diag.Errorf(r.pos, "section [%s:%s] has the unknown type %s", name, kind, kind).
			WithHint("a section is [group], [group:vars] or [group:children]")
		if s := diag.Suggest(kind, []string{"vars", "children", "hosts"}); s != "" {
			d = d.WithHint("did you mean [%s:%s]?", name, s)
		}
		return d
	}
	_, known := r.v.groups[r.v.options.safeGroupName(name)]
	r.group, r.kind = r.v.addGroup(name), kind
	name = r.group.Name
	waiting := r.waiting[name]
	if !known && kind == "vars" && waiting == nil {
		r.wait(name, &promise{kind: "vars", pos: r.pos})
	}
	if waiting == nil || kind == "vars" {
		return nil
	}
	if waiting.kind == "children" {
		return r.adopt(name)
	}
	r.keep(name)
	return nil
}

func (r *iniReader) wait(name string, p *promise) {
	r.waiting[name] = p
	r.order = append(r.order, name)
}

func (r *iniReader) keep(name string) { delete(r.waiting, name) }

// adopt links a group that is declared now below those that named it as a child before.
func (r *iniReader) adopt(name string) error {
	p := r.waiting[name]
	r.keep(name)
	for _, parent := range p.parents {
		if _, err := r.v.link(r.v.groups[parent], r.v.groups[name]); err != nil {
			return diag.Errorf(p.pos, "%v", err)
		}
		if q := r.waiting[parent]; q != nil && q.kind == "children" {
			if err := r.adopt(parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// unkept reports the first group that was spoken of but never declared.
func (r *iniReader) unkept() error {
	for _, name := range r.order {
		p := r.waiting[name]
		switch {
		case p == nil:
		case p.kind == "vars":
			return diag.Errorf(p.pos, "section [%s:vars] is for the group %q, which is not declared", name, name).
				WithHint("add a section [%s]%s", name, r.similar(name))
		default:
			return diag.Errorf(p.pos, "section [%s:children] includes the group %q, which is not declared",
				p.parents[len(p.parents)-1], name).WithHint("add a section [%s]%s", name, r.similar(name))
		}
	}
	return nil
}

func (r *iniReader) similar(name string) string {
	var names []string
	for _, g := range r.v.groupOrder {
		if g.Name != name {
			names = append(names, g.Name)
		}
	}
	if s := diag.Suggest(name, names); s != "" {
		return ", or did you mean " + s + "?"
	}
	return ""
}

func (r *iniReader) childLine(line string) error {
	m := groupLine.FindStringSubmatch(line)
	if m == nil {
		return diag.Errorf(r.pos, "a group name was expected, but this is %q", line)
	}
	name := r.v.options.safeGroupName(m[1])
	child := r.v.groups[name]
	if child == nil {
		if p := r.waiting[name]; p != nil {
			p.parents = append(p.parents, r.group.Name)
		} else {
			r.wait(name, &promise{kind: "children", pos: r.pos, parents: []string{r.group.Name}})
		}
		return nil
	}
	if _, err := r.v.link(r.group, child); err != nil {
		return diag.Errorf(r.pos, "%v", err)
	}
	return nil
}

func (r *iniReader) varLine(line string) error {
	key, raw, ok := strings.Cut(line, "=")
	if !ok {
		return diag.Errorf(r.pos, "a variable of the form name=value was expected, but this is %q", line)
	}
	return r.at(r.v.setGroup(r.group, strings.TrimSpace(key), r.literal(strings.TrimSpace(raw))))
}

func (r *iniReader) hostLine(line string) error {
	words, err := splitWords(line)
	if err != nil {
		return diag.Errorf(r.pos, "this host line cannot be read: %v", err).WithHint("quotes come in pairs")
	}
	if len(words) == 0 {
		return diag.Errorf(r.pos, "a host was expected")
	}
	names, port, err := r.hostNames(words[0])
	if err != nil {
		return err
	}
	vars := value.NewDict()
	for _, word := range words[1:] {
		key, raw, ok := strings.Cut(word, "=")
		if !ok {
			r.pos.Col = r.column(word)
			return diag.Errorf(r.pos, "a variable of the form name=value was expected, but this is %q", word).
				WithHint("one host stands on each line; values with blanks need quotes")
		}
		vars.Set(key, r.literal(raw))
	}
	return r.at(r.v.populate(r.group, names, port, vars))
}

func (r *iniReader) hostNames(pattern string) ([]string, int, error) {
	names, port, err := expandHosts(pattern)
	if err != nil {
		return nil, 0, diag.Errorf(r.pos, "%v", err)
	}
	if strings.HasSuffix(pattern, ":") && port == 0 {
		return nil, 0, diag.Errorf(r.pos, "host %q ends in a colon, after which a port is expected", pattern).
			WithHint("a YAML inventory needs the extension .yml or .yaml")
	}
	for _, n := range names {
		if n == "---" {
			return nil, 0, diag.Errorf(r.pos, "--- is no host, this looks like YAML").
				WithHint("a YAML inventory needs the extension .yml or .yaml")
		}
		if n == "" {
			return nil, 0, diag.Errorf(r.pos, "a host's name is empty")
		}
	}
	return names, port, nil
}

// at gives an error the place of the current line.
func (r *iniReader) at(err error) error {
	if err == nil {
		return nil
	}
	return diag.Errorf(r.pos, "%v", err)
}

// literal reads a value: a Python literal when it is one, else the text itself.
func (r *iniReader) literal(raw string) any {
	if !mayBeLiteral(raw) {
		return r.text(raw)
	}
	v, err := value.ParseLiteral(raw)
	if err != nil {
		return r.text(raw)
	}
	pos := r.pos
	pos.Col = r.column(raw)
	return trusted(v, pos)
}

func (r *iniReader) text(raw string) any {
	if !yaml11.HasMarkers(raw) {
		return raw
	}
	pos := r.pos
	pos.Col = r.column(raw)
	return value.Template{Src: raw, Pos: pos}
}

// mayBeLiteral is a quick look at the first characters: most values are words and need no parser.
func mayBeLiteral(raw string) bool {
	raw = strings.TrimLeft(raw, " \t")
	if raw == "" {
		return false
	}
	switch c := raw[0]; {
	case c >= '0' && c <= '9', strings.IndexByte(`[({'"+-.`, c) >= 0:
		return true
	case strings.IndexByte("TFNs", c) >= 0:
		return true
	case strings.IndexByte("rRuUbB", c) >= 0:
		return strings.ContainsAny(raw, `'"`)
	}
	return false
}

// populate adds hosts to a group and gives each the variables.
func (v *Inventory) populate(g *Group, names []string, port int, vars *value.Dict) error {
	for _, name := range names {
		h := v.addHost(name, port)
		g.join(h)
		for k, x := range vars.All() {
			if err := v.setHost(h, k, x); err != nil {
				return err
			}
		}
	}
	return nil
}
