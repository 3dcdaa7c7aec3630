package settings

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// file is a parsed ansible.cfg. Keys are lower case; sections are as written.
type file struct {
	path     string
	sections map[string]map[string]entry
}

// entry is one assignment and its place.
type entry struct {
	text string
	pos  diag.Pos
}

// get returns a key of a section; what [DEFAULT] says holds for every section that exists.
func (f *file) get(section, key string) (entry, bool) {
	if f == nil {
		return entry{}, false
	}
	keys, ok := f.sections[section]
	if !ok {
		return entry{}, false
	}
	if e, ok := keys[key]; ok {
		return e, true
	}
	e, ok := f.sections["DEFAULT"][key]
	return e, ok
}

var (
	sectionLine = regexp.MustCompile(`^\[(.+)\]`)
	optionLine  = regexp.MustCompile(`^(.*?)\s*[=:]\s*(.*)$`)
)

// iniParser reads the dialect of Python's configparser that ansible.cfg is written in: comments from # or ; at the
// start of a line and from " ;" within one, values that continue on deeper indented lines, keys in any case.
type iniParser struct {
	file    *file
	section map[string]entry
	key     string
	indent  int
	found   diag.List
}

func parseINI(path string, src []byte) (*file, diag.List) {
	p := &iniParser{file: &file{path: path, sections: map[string]map[string]entry{}}}
	text := strings.TrimPrefix(string(src), "\ufeff")
	for i, line := range strings.Split(text, "\n") {
		p.line(strings.TrimRight(line, "\r"), i+1)
	}
	for _, keys := range p.file.sections {
		for k, e := range keys {
			e.text = strings.TrimRight(e.text, " \t\r\n")
			keys[k] = e
		}
	}
	return p.file, p.found
}

func (p *iniParser) line(line string, number int) {
	content := strings.TrimSpace(cutComment(line))
	col := len([]rune(line)) - len([]rune(strings.TrimLeft(line, " \t"))) + 1
	pos := diag.Pos{File: p.file.path, Line: number, Col: col}
	if content == "" {
		if strings.TrimSpace(line) == "" && p.key != "" {
			p.extend("")
		}
		return
	}
	if p.key != "" && col > p.indent {
		p.extend(content)
		return
	}
	p.indent = col
	if m := sectionLine.FindStringSubmatch(content); m != nil {
		p.startSection(m[1], pos)
		return
	}
	if p.section == nil {
		p.found.Add(diag.Errorf(pos, "this line stands before the first [section]").
			WithHint("settings of ansible.cfg belong into a section, most into [defaults]"))
		p.section = map[string]entry{}
		return
	}
	p.option(content, pos)
}

func (p *iniParser) extend(more string) {
	e := p.section[p.key]
	e.text += "\n" + more
	p.section[p.key] = e
}

func (p *iniParser) startSection(name string, pos diag.Pos) {
	p.key = ""
	if _, ok := p.file.sections[name]; ok && name != "DEFAULT" {
		p.found.Add(diag.Errorf(pos, "section [%s] is there twice", name).WithHint("join the two sections into one"))
	} else {
		p.file.sections[name] = map[string]entry{}
	}
	p.section = p.file.sections[name]
}

func (p *iniParser) option(content string, pos diag.Pos) {
	m := optionLine.FindStringSubmatch(content)
	if m == nil || m[1] == "" {
		p.key = ""
		p.found.Add(diag.Errorf(pos, "a line of the form key = value was expected, but this is %q", content))
		return
	}
	p.key = strings.ToLower(m[1])
	if first, ok := p.section[p.key]; ok {
		p.found.Add(diag.Errorf(pos, "%s is set twice in this section, first in line %d", p.key, first.pos.Line))
	}
	p.section[p.key] = entry{m[2], pos}
}

// cutComment removes a comment: a whole line after # or ;, the rest of a line after a ; that follows a blank.
func cutComment(line string) string {
	trimmed := strings.TrimSpace(line)
	if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
		return ""
	}
	for i := 1; i < len(line); i++ {
		if line[i] == ';' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}
