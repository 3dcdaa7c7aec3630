package files

import (
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/tree"
)

type iniParams struct {
	Path          string   `param:"path,required" alias:"dest" type:"path" doc:"File to edit; it is made where it is not there."`
	Section       *string  `param:"section" doc:"Name of the section; without one the option stands before the first section."`
	Option        *string  `param:"option" doc:"Name of the option; without one the whole section is meant."`
	Value         *string  `param:"value" doc:"The option's value."`
	Values        []string `param:"values" elements:"str" doc:"Values of an option that stands there several times."`
	Backup        bool     `param:"backup" default:"false" doc:"Whether to keep the file as it was under a name with the date."`
	State         string   `param:"state" choices:"absent,present" default:"present" doc:"Whether the option or section should be there."`
	Exclusive     bool     `param:"exclusive" default:"true" doc:"Whether other lines of the option are replaced or removed as well."`
	NoExtraSpaces bool     `param:"no_extra_spaces" default:"false" doc:"Whether to write no blanks around the equals sign."`
	Create        bool     `param:"create" default:"true" doc:"Whether to make a file that is not there."`
	AllowNoValue  bool     `param:"allow_no_value" default:"false" doc:"Whether an option may stand without an equals sign and a value."`
	tree.Attrs
}

// IniFile manages options of INI files.
func IniFile() modules.Module {
	e := editor[iniParams]{
		common: func(p iniParams) editCommon { return editCommon{Path: p.Path, Backup: p.Backup, Attrs: p.Attrs} },
		create: func(p iniParams) bool { return p.Create },
		edit:   editIni,
		diff: func(p editCommon, from, to editState) any {
			return map[string]any{"before": strings.TrimPrefix(string(from.Main().Data()), byteOrderMark), "after": string(to.Main().Data()),
				"before_header": p.Path + " (content)", "after_header": p.Path + " (content)"}
		},
		report: func(p iniParams, st editState, backup string) modules.Result {
			msg, _, _ := strings.Cut(st.done.msg, " and "+attributesChanged)
			res := modules.Result{"msg": msg, "path": p.Path}
			if backup != "" {
				res["backup_file"] = backup
			}
			return res
		},
	}
	info := modules.Info{
		Name: "ini_file", Summary: "Sets and removes options of INI files.", Aliases: []string{"community.general.ini_file"},
		Examples: `- name: A setting of the server
  ini_file:
    path: /etc/app.ini
    section: server
    option: port
    value: "8080"
    mode: "0640"
- name: No such section
  ini_file:
    path: /etc/app.ini
    section: legacy
    state: absent
`,
	}
	return e.module(info, modules.Rules{Exclusive: [][]string{{"value", "values"}}})
}

const byteOrderMark = "\ufeff"

func editIni(p iniParams, content []byte, exists bool) (edited, error) {
	switch {
	case p.State == "present" && !p.AllowNoValue && p.Value == nil && len(p.Values) == 0:
		return edited{}, modules.Fail(nil, "Parameter 'value(s)' must be defined if state=present and allow_no_value=False.")
	case !exists && !p.Create:
		return edited{}, modules.Fail(modules.Result{"rc": 257}, "Destination %s does not exist!", p.Path)
	}
	w := newIniWork(p, splitUniversalLines(strings.TrimPrefix(string(content), byteOrderMark)))
	if p.State == "present" {
		w.present()
	} else {
		w.absent()
	}
	out := edited{content: content, exists: exists, msg: w.msg}
	if w.changed {
		out.content, out.exists = []byte(strings.Join(w.all(), "")), true
	}
	return out, nil
}

// splitUniversalLines splits a text as Python reads it: \r\n and \r are read as \n.
func splitUniversalLines(s string) []string {
	return splitKeep([]byte(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)))
}

// iniWork is one change of a file.
type iniWork struct {
	p             iniParams
	values        []string
	before, after []string // the lines around the section
	section       []string // the lines of the section, its head included where it has one
	settled       []bool   // lines that say what is wanted, beside section
	head          int      // 1 where section starts with its head
	found         bool     // the section is there
	changed       bool
	msg           string
}

func newIniWork(p iniParams, lines []string) *iniWork {
	w := &iniWork{p: p, msg: "OK"}
	given := p.Values
	if p.Value != nil {
		given = []string{*p.Value}
	}
	for _, v := range given {
		if !slices.Contains(w.values, v) {
			w.values = append(w.values, v)
		}
	}
	// An empty file gets an empty line, and a last line that lacks its end gets it.
	if len(lines) == 0 {
		lines = []string{"\n"}
	}
	if last := len(lines) - 1; !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
		w.changed = true
	}
	w.split(lines)
	return w
}

// split finds the section. Without a name it is what stands before the first one; of several with the name that follow
// each other, it is the last.
func (w *iniWork) split(lines []string) {
	start, end, named := 0, len(lines), w.p.Section != nil && *w.p.Section != ""
	w.found = !named
	for i, l := range lines {
		if named && strings.HasPrefix(l, "["+*w.p.Section+"]") {
			start, w.found = i, true
		} else if w.found && strings.HasPrefix(l, "[") {
			end = i
			break
		}
	}
	if !w.found {
		w.before = lines
		return
	}
	if named {
		w.head = 1
	}
	w.before, w.section, w.after = lines[:start], slices.Clone(lines[start:end]), lines[end:]
	w.settled = make([]bool, len(w.section))
}

func (w *iniWork) all() []string { return slices.Concat(w.before, w.section, w.after) }

// match returns a function that says whether a line is one of the option, and its value; active ones are no comments.
func (w *iniWork) match(active bool) func(line string) (value string, ok bool) {
	start := `^[#;]?[ \t]*`
	if active {
		start = `^[ \t]*`
	}
	re := regexp.MustCompile(start + `(?:` + regexp.QuoteMeta(*w.p.Option) + `)[ \t]*(?:=|$)[ \t]*(.*)`)
	return func(line string) (string, bool) {
		m := re.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return "", false
		}
		return m[1], true
	}
}

// assignment is the option's line for a value.
func (w *iniWork) assignment(value string) string {
	if w.p.NoExtraSpaces {
		return *w.p.Option + "=" + value + "\n"
	}
	return *w.p.Option + " = " + value + "\n"
}

func (w *iniWork) set(i int, line string) {
	if w.section[i] != line {
		w.section[i], w.changed, w.msg = line, true, "option changed"
	}
	w.settled[i] = true
}

func (w *iniWork) present() {
	if !w.found {
		w.addSection()
		return
	}
	if w.p.Option == nil || *w.p.Option == "" {
		return
	}
	bare := w.keepMatching()
	if w.p.Exclusive && !w.p.AllowNoValue {
		w.replaceOthers()
	}
	w.insert(bare)
}

func (w *iniWork) addSection() {
	w.changed, w.msg = true, "only section added"
	w.before = append(slices.Clone(w.before), "["+*w.p.Section+"]\n")
	if w.p.Option == nil || *w.p.Option == "" {
		return
	}
	switch {
	case len(w.values) > 0:
		for _, v := range w.values {
			w.before = append(w.before, w.assignment(v))
		}
	case w.p.AllowNoValue:
		w.before = append(w.before, *w.p.Option+"\n")
	default:
		return
	}
	w.msg = "section and option added"
}

// keepMatching settles the lines that have a wanted value already, commented ones too, and says whether the option
// stands there without one.
func (w *iniWork) keepMatching() (bare bool) {
	match := w.match(false)
	for i, line := range w.section {
		value, ok := match(line)
		if !ok {
			continue
		}
		switch at := slices.Index(w.values, value); {
		case at >= 0 && value == "" && w.p.AllowNoValue:
			w.set(i, *w.p.Option+"\n")
			w.values = slices.Delete(w.values, at, at+1)
			bare = true
		case at >= 0:
			w.set(i, w.assignment(value))
			w.values = slices.Delete(w.values, at, at+1)
		case len(w.values) == 0 && w.p.AllowNoValue:
			w.set(i, *w.p.Option+"\n")
			return true
		}
	}
	return bare
}

// replaceOthers gives the option's other lines the values that are left, and removes what is more.
func (w *iniWork) replaceOthers() {
	match := w.match(false)
	for i, line := range w.section {
		if len(w.values) == 0 {
			break
		}
		if _, ok := match(line); ok && !w.settled[i] {
			w.set(i, w.assignment(w.values[0]))
			w.values = w.values[1:]
		}
	}
	for i := len(w.section) - 1; i >= w.head; i-- {
		if _, ok := match(w.section[i]); ok && !w.settled[i] {
			w.section, w.settled = slices.Delete(w.section, i, i+1), slices.Delete(w.settled, i, i+1)
			w.changed, w.msg = true, "option changed"
		}
	}
}

var blankOrComment = regexp.MustCompile(`^[ \t]*([#;].*)?$`)

// insert adds what is not there yet behind the section's last line that says something.
func (w *iniWork) insert(bare bool) {
	var lines []string
	for _, v := range w.values {
		lines = append(lines, w.assignment(v))
	}
	if len(w.values) == 0 && w.p.AllowNoValue && !bare {
		lines = []string{*w.p.Option + "\n"}
	}
	if len(lines) == 0 {
		return
	}
	at := len(w.section)
	for at > w.head && blankOrComment.MatchString(strings.TrimSuffix(w.section[at-1], "\n")) {
		at--
	}
	w.section = slices.Insert(w.section, at, lines...)
	w.changed, w.msg = true, "option added"
}

func (w *iniWork) absent() {
	switch {
	case !w.found:
	case w.p.Option == nil || *w.p.Option == "":
		if len(w.section) > 0 {
			w.section, w.changed, w.msg = nil, true, "section removed"
		}
	case w.p.Exclusive || len(w.values) > 0:
		match := w.match(true)
		kept := slices.DeleteFunc(slices.Clone(w.section), func(line string) bool {
			value, ok := match(line)
			return ok && (w.p.Exclusive || slices.Contains(w.values, value))
		})
		if len(kept) != len(w.section) {
			w.section, w.changed, w.msg = kept, true, "option changed"
		}
	}
}
