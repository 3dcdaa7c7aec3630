package files

import (
	"fmt"

	"github.com/musterhq/muster/internal/value/pyregex"
	"github.com/musterhq/muster/modules"
)

type replaceParams struct {
	editCommon
	Regexp   string  `param:"regexp,required" doc:"Pattern to look for in the whole file; ^ and $ match at every line, (?s) lets . match newlines."`
	Replace  string  `param:"replace" default:"" doc:"What replaces each match; \\1 and \\g<name> refer to groups."`
	After    *string `param:"after" doc:"Only what follows a match of this pattern is changed."`
	Before   *string `param:"before" doc:"Only what precedes a match of this pattern is changed."`
	Encoding string  `param:"encoding" default:"utf-8" doc:"Encoding of the file."`
}

// Replace replaces all matches of a pattern in a file.
func Replace() modules.Module {
	e := editor[replaceParams]{
		common: func(p replaceParams) editCommon { return p.editCommon },
		create: func(replaceParams) bool { return false },
		edit:   editReplace,
		diff:   contentDiff,
		report: func(_ replaceParams, st editState, backup string) modules.Result {
			res := modules.Result{"msg": st.done.msg, "rc": 0}
			if backup != "" {
				res["backup_file"] = backup
			}
			return res
		},
	}
	info := modules.Info{
		Name: "replace", Summary: "Replaces all matches of a pattern in a file.",
		Examples: `- name: Comment out a section's settings
  replace:
    path: /etc/app.ini
    after: '\[old\]'
    before: '\[new\]'
    regexp: '^(\w)'
    replace: '#\1'
`,
	}
	return e.module(info, modules.Rules{})
}

func editReplace(p replaceParams, content []byte, exists bool) (edited, error) {
	if !exists {
		return edited{}, modules.Fail(modules.Result{"rc": 257}, "Path %s does not exist !", p.Path)
	}
	text, encode, err := decodeText(content, p.Encoding)
	if err != nil {
		return edited{}, modules.Fail(nil, "Unable to read the contents of %s: %v", p.Path, err)
	}
	start, end := 0, len(text)
	if pattern := p.section(); pattern != "" {
		re, err := compileFor("after or before", pattern, pyregex.Flags{DotAll: true})
		if err != nil {
			return edited{}, err
		}
		m, err := re.Search(text)
		if err != nil {
			return edited{}, err
		}
		if m == nil {
			return edited{content: content, exists: true, bare: true,
				msg: "Pattern for before/after params did not match the given file: " + pattern}, nil
		}
		group, _ := re.GroupIndex("subsection")
		start, end = m.Span(group)
	}
	re, err := compileFor("regexp", p.Regexp, pyregex.Flags{Multiline: true})
	if err != nil {
		return edited{}, err
	}
	section := text[start:end]
	replaced, n, err := re.Sub(p.Replace, section, 0)
	if err != nil {
		return edited{}, modules.Fail(nil, "Unable to process replace due to error: %v", err)
	}
	if n == 0 || replaced == section {
		return edited{content: content, exists: true}, nil
	}
	out, err := encode(text[:start] + replaced + text[end:])
	if err != nil {
		return edited{}, modules.Fail(nil, "replace: %v", err)
	}
	return edited{content: out, exists: true, msg: fmt.Sprintf("%d replacements made", n)}, nil
}

// section is the pattern of the part that after and before bound.
func (p replaceParams) section() string {
	after, before := "", ""
	if p.After != nil {
		after = *p.After
	}
	if p.Before != nil {
		before = *p.Before
	}
	switch {
	case after != "" && before != "":
		return after + "(?P<subsection>.*?)" + before
	case after != "":
		return after + "(?P<subsection>.*)"
	case before != "":
		return "(?P<subsection>.*)" + before
	default:
		return ""
	}
}
