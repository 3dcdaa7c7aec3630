package files

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
)

type lineParams struct {
	editCommon
	State        string  `param:"state" choices:"absent,present" default:"present" doc:"Whether the line should be there."`
	Regexp       *string `param:"regexp" alias:"regex" doc:"Pattern of the line to replace (the last that matches) or of all lines to remove."`
	SearchString *string `param:"search_string" doc:"Text in the line to replace or in the lines to remove, instead of regexp."`
	Line         *string `param:"line" alias:"value" doc:"The line to have in the file, or to remove."`
	InsertAfter  *string `param:"insertafter" doc:"Where a new line goes: after the last line that matches the pattern, or EOF."`
	InsertBefore *string `param:"insertbefore" doc:"Where a new line goes: before the last line that matches the pattern, or BOF."`
	Backrefs     bool    `param:"backrefs" default:"false" doc:"Whether the line refers to groups of regexp; without a match the file is left alone."`
	Create       bool    `param:"create" default:"false" doc:"Whether to make a file that is not there."`
	FirstMatch   bool    `param:"firstmatch" default:"false" doc:"Whether the first match counts instead of the last."`
}

// LineInFile makes sure that a line is in a file, or that it is not.
func LineInFile() modules.Module {
	e := editor[lineParams]{
		common: func(p lineParams) editCommon { return p.editCommon },
		create: func(p lineParams) bool { return p.Create },
		edit:   editLine,
		warn:   warnEmpty,
		report: func(p lineParams, st editState, backup string) modules.Result {
			res := modules.Result{"msg": st.done.msg, "backup": backup}
			if st.done.bare {
				delete(res, "backup")
			}
			for k, v := range st.done.extra {
				res[k] = v
			}
			return res
		},
	}
	info := modules.Info{
		Name: "lineinfile", Summary: "Makes sure that a line is in a file, replaces a line by a pattern, or removes lines.",
		Examples: `- name: A setting
  lineinfile:
    path: /etc/ssh/sshd_config
    regexp: '^#?PermitRootLogin'
    line: PermitRootLogin no
    validate: /usr/sbin/sshd -t -f %s
- name: No such host
  lineinfile:
    path: /etc/hosts
    regexp: '\sold\.example$'
    state: absent
`,
	}
	return e.module(info, modules.Rules{Exclusive: [][]string{{"insertbefore", "insertafter"}, {"regexp", "search_string"}}})
}

// warnEmpty is Ansible's warning about a pattern that matches everything.
func warnEmpty(p lineParams) string {
	name, hint := "", ""
	switch {
	case p.Regexp != nil && *p.Regexp == "":
		name, hint = "regular expression", " If this is desired, use '^' to match every line in the file and avoid this warning."
	case p.SearchString != nil && *p.SearchString == "":
		name = "search string"
	default:
		return ""
	}
	return "The " + name + " is an empty string, which will match every line in the file. " +
		"This may have unintended consequences, such as replacing the last line in the file rather than appending." + hint
}

func editLine(p lineParams, content []byte, exists bool) (edited, error) {
	if p.State == "absent" {
		return removeLines(p, content, exists)
	}
	switch {
	case p.Backrefs && p.SearchString != nil:
		return edited{}, modules.Fail(nil, "parameters are mutually exclusive: backrefs|search_string")
	case p.Backrefs && p.Regexp == nil:
		return edited{}, modules.Fail(nil, "regexp is required with backrefs=true")
	case p.Line == nil:
		return edited{}, modules.Fail(nil, "line is required with state=present")
	case !exists && !p.Create:
		return edited{}, modules.Fail(modules.Result{"rc": 257}, "Destination %s does not exist !", p.Path)
	}
	w := &lineWork{p: p, line: *p.Line, lines: splitKeep(content)}
	if err := w.find(); err != nil {
		return edited{}, err
	}
	msg, err := w.place()
	if err != nil {
		return edited{}, err
	}
	return edited{content: []byte(strings.Join(w.lines, "")), exists: true, msg: msg}, nil
}

// splitKeep splits at newlines and keeps them.
func splitKeep(content []byte) []string {
	if len(content) == 0 {
		return nil
	}
	lines := strings.SplitAfter(string(content), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// lineWork is one search for where a line belongs.
type lineWork struct {
	p      lineParams
	line   string
	lines  []string
	re     *pyregex.Regexp
	match  *pyregex.Match
	hit    int // the line to replace; -1 none
	insert int // where a new line goes; -1 unknown
}

// insertAfter and insertBefore apply the default: at the end.
func (w *lineWork) positions() (after, before string) {
	if w.p.InsertAfter != nil {
		after = *w.p.InsertAfter
	}
	if w.p.InsertBefore != nil {
		before = *w.p.InsertBefore
	}
	if w.p.InsertAfter == nil && w.p.InsertBefore == nil {
		after = "EOF"
	}
	return after, before
}

func (w *lineWork) find() error {
	w.hit, w.insert = -1, -1
	matched := false
	if w.p.Regexp != nil {
		re, err := compileFor("regexp", *w.p.Regexp, pyregex.Flags{})
		if err != nil {
			return err
		}
		w.re = re
		for i, l := range w.lines {
			m, err := re.Search(l)
			if err != nil {
				return fmt.Errorf("regexp: %w", err)
			}
			if m != nil {
				w.hit, w.match, matched = i, m, true
				if w.p.FirstMatch {
					break
				}
			}
		}
	}
	if w.p.SearchString != nil {
		for i, l := range w.lines {
			if strings.Contains(l, *w.p.SearchString) {
				w.hit, matched = i, true
				if w.p.FirstMatch {
					break
				}
			}
		}
	}
	if matched {
		return nil
	}
	return w.findPlace()
}

// findPlace looks for the line itself and for where it is to be inserted.
func (w *lineWork) findPlace() error {
	after, before := w.positions()
	pattern := ""
	switch {
	case after != "" && after != "BOF" && after != "EOF":
		pattern = after
	case before != "" && before != "BOF":
		pattern = before
	}
	var re *pyregex.Regexp
	if pattern != "" {
		var err error
		if re, err = compileFor("insertafter or insertbefore", pattern, pyregex.Flags{}); err != nil {
			return err
		}
	}
	for i, l := range w.lines {
		if strings.TrimRight(l, "\r\n") == w.line {
			w.hit = i
			continue
		}
		if re == nil {
			continue
		}
		m, err := re.Search(l)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if w.insert = i; after != "" {
			w.insert = i + 1
		}
		if w.p.FirstMatch {
			break
		}
	}
	return nil
}

// place changes the lines and says what happened.
func (w *lineWork) place() (string, error) {
	after, before := w.positions()
	switch {
	case w.hit >= 0:
		return w.replace()
	case w.p.Backrefs:
		return "", nil
	case before == "BOF" || after == "BOF":
		w.insertAt(0)
	case after == "EOF" || w.insert < 0:
		w.endLine()
		w.lines = append(w.lines, w.line+"\n")
	case after != "":
		if w.insert == len(w.lines) {
			if strings.TrimRight(w.lines[w.insert-1], "\r\n") == w.line {
				return "", nil
			}
			w.endLine()
			w.lines = append(w.lines, w.line+"\n")
			break
		}
		if strings.TrimRight(w.lines[w.insert], "\r\n") == w.line {
			return "", nil
		}
		w.insertAt(w.insert)
	default:
		w.insertAt(w.insert)
	}
	return "line added", nil
}

func (w *lineWork) replace() (string, error) {
	line := w.line
	if w.p.Backrefs && w.match != nil {
		var err error
		if line, err = w.re.Expand(w.match, line); err != nil {
			return "", fmt.Errorf("line: %w", err)
		}
	}
	if !strings.HasSuffix(line, "\n") {
		line += "\n"
	}
	if w.lines[w.hit] == line {
		return "", nil
	}
	w.lines[w.hit] = line
	return "line replaced", nil
}

func (w *lineWork) insertAt(i int) {
	w.lines = append(w.lines[:i:i], append([]string{w.line + "\n"}, w.lines[i:]...)...)
}

// endLine ends the last line of a file that lacks its newline.
func (w *lineWork) endLine() {
	if n := len(w.lines); n > 0 && !strings.HasSuffix(w.lines[n-1], "\n") && !strings.HasSuffix(w.lines[n-1], "\r") {
		w.lines[n-1] += "\n"
	}
}

func compileFor(name, pattern string, flags pyregex.Flags) (*pyregex.Regexp, error) {
	re, err := pyregex.Compile(pattern, flags)
	if err != nil {
		return nil, modules.Fail(nil, "%s: %q is no regular expression: %v", name, pattern, err)
	}
	return re, nil
}

func removeLines(p lineParams, content []byte, exists bool) (edited, error) {
	if p.Regexp == nil && p.SearchString == nil && p.Line == nil {
		return edited{}, modules.Fail(nil, "one of line, search_string, or regexp is required with state=absent")
	}
	if !exists {
		return edited{msg: "file not present", bare: true}, nil
	}
	gone, err := lineMatcher(p)
	if err != nil {
		return edited{}, err
	}
	var kept bytes.Buffer
	found := 0
	for _, l := range splitKeep(content) {
		hit, err := gone(l)
		if err != nil {
			return edited{}, err
		}
		if hit {
			found++
		} else {
			kept.WriteString(l)
		}
	}
	out := edited{content: kept.Bytes(), exists: true, extra: modules.Result{"found": found}}
	if found > 0 {
		out.msg = fmt.Sprintf("%d line(s) removed", found)
	}
	return out, nil
}

func lineMatcher(p lineParams) (func(string) (bool, error), error) {
	switch {
	case p.Regexp != nil:
		re, err := compileFor("regexp", *p.Regexp, pyregex.Flags{})
		return func(l string) (bool, error) {
			m, err := re.Search(l)
			return m != nil, err
		}, err
	case p.SearchString != nil:
		return func(l string) (bool, error) { return strings.Contains(l, *p.SearchString), nil }, nil
	default:
		return func(l string) (bool, error) { return strings.TrimRight(l, "\r\n") == *p.Line, nil }, nil
	}
}
