package files

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
)

type pamdParams struct {
	Name       string   `param:"name,required" doc:"The service: a file in path."`
	Type       string   `param:"type,required" choices:"account,-account,auth,-auth,password,-password,session,-session" doc:"The type of the rule."`
	Control    string   `param:"control,required" doc:"The control of the rule, such as required or [success=1 default=ignore]."`
	Module     string   `param:"module_path,required" doc:"The PAM module of the rule."`
	NewType    *string  `param:"new_type" choices:"account,-account,auth,-auth,password,-password,session,-session" doc:"The type of a new or changed rule."`
	NewControl *string  `param:"new_control" doc:"The control of a new or changed rule."`
	NewModule  *string  `param:"new_module_path" doc:"The PAM module of a new or changed rule."`
	Args       []string `param:"module_arguments" elements:"str" doc:"Arguments: of the new or changed rule, or to add or remove."`
	State      string   `param:"state" choices:"absent,before,after,args_absent,args_present,updated" default:"updated" doc:"What happens: the rule goes or is changed, another one is put before or after it, or arguments are added or removed."`
	Dir        string   `param:"path" type:"path" default:"/etc/pam.d" doc:"The folder of the services."`
	Backup     bool     `param:"backup" default:"false" doc:"Whether to keep the file as it was under a name with the date."`
}

// Pamd manages rules of PAM services.
func Pamd() modules.Module {
	e := editor[pamdParams]{
		common: func(p pamdParams) editCommon { return editCommon{Path: path.Join(p.Dir, p.Name), Backup: p.Backup} },
		create: func(pamdParams) bool { return false },
		edit:   editPamd,
		diff:   contentDiff,
		report: func(_ pamdParams, st editState, backup string) modules.Result {
			return modules.Result{"change_count": st.done.extra["count"], "backupdest": backup}
		},
	}
	info := modules.Info{
		Name: "pamd", Summary: "Manages rules of PAM services.", Aliases: []string{"community.general.pamd"},
		Notes: "A file that changes is written in one form, with a mark in its second line.",
		Examples: `- name: No message of the day for SSH
  pamd:
    name: sshd
    type: session
    control: optional
    module_path: pam_motd.so
    state: absent
- name: Strong hashes
  pamd:
    name: common-password
    type: password
    control: "[success=1 default=ignore]"
    module_path: pam_unix.so
    module_arguments: [sha512, rounds=100000]
    state: args_present
`,
	}
	needs := []string{"new_control", "new_type", "new_module_path"}
	return e.module(info, modules.Rules{If: []modules.RequiredIf{
		{Param: "state", Value: "args_present", Needs: []string{"module_arguments"}}, {Param: "state", Value: "args_absent", Needs: []string{"module_arguments"}},
		{Param: "state", Value: "before", Needs: needs}, {Param: "state", Value: "after", Needs: needs},
	}})
}

func editPamd(p pamdParams, content []byte, exists bool) (edited, error) {
	if !exists {
		return edited{}, modules.Fail(nil, "Unable to open/read PAM module file %s with error [Errno 2] No such file or directory.", path.Join(p.Dir, p.Name))
	}
	lines, err := parsePam(string(content))
	if err != nil {
		return edited{}, err
	}
	args := pamArguments(p.Args)
	if p.State == "args_present" && slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "[") }) {
		return edited{}, modules.Fail(nil, "Unable to process bracketed '[' complex arguments with 'args_present'. Please use 'updated'.")
	}
	lines, count := p.change(lines, args)
	for _, l := range lines {
		if err := l.check(); err != nil {
			return edited{}, err
		}
	}
	out := edited{content: content, exists: true, extra: modules.Result{"count": count}}
	if count > 0 {
		out.content = []byte(pamText(lines))
	}
	return out, nil
}

func (p pamdParams) matches(l pamLine) bool {
	return l.rule && l.kind == p.Type && l.control == plainControl(p.Control) && l.module == p.Module
}

// made is the rule that before and after put in.
func (p pamdParams) made(args []string) pamLine {
	return pamLine{rule: true, kind: *p.NewType, control: plainControl(*p.NewControl), module: *p.NewModule, args: args}
}

// change changes the rules that match and returns how many it was.
func (p pamdParams) change(lines []pamLine, args []string) (out []pamLine, count int) {
	for i, l := range lines {
		if !p.matches(l) {
			out = append(out, l)
			continue
		}
		changed := true
		switch p.State {
		case "absent":
		case "before":
			if changed = !sameRule(neighbour(lines, i, -1), p.made(args)); changed {
				out = append(out, p.made(args))
			}
			out = append(out, l)
		case "after":
			out = append(out, l)
			if changed = !sameRule(neighbour(lines, i, 1), p.made(args)); changed {
				out = append(out, p.made(args))
			}
		default:
			var now pamLine
			now, changed = p.update(l, args)
			out = append(out, now)
		}
		if changed {
			count++
		}
	}
	return out, count
}

// neighbour is the next line in a direction that is no comment and not empty; a zero one at the end of the file.
func neighbour(lines []pamLine, i, step int) pamLine {
	for i += step; i >= 0 && i < len(lines); i += step {
		if l := lines[i]; l.rule || strings.HasPrefix(strings.TrimSpace(l.text), "@include") {
			return l
		}
	}
	return pamLine{}
}

func sameRule(a, b pamLine) bool {
	return a.rule && a.kind == b.kind && a.control == b.control && a.module == b.module
}

// update changes one rule.
func (p pamdParams) update(l pamLine, args []string) (pamLine, bool) {
	now := l
	now.args = slices.Clone(l.args)
	switch p.State {
	case "args_absent":
		now.args = slices.DeleteFunc(now.args, func(a string) bool { return slices.Contains(args, a) })
	case "args_present":
		for _, a := range args {
			key, _, valued := strings.Cut(a, "=")
			at := slices.IndexFunc(now.args, func(b string) bool { return b == a || valued && strings.HasPrefix(b, key+"=") })
			if at >= 0 {
				now.args[at] = a
			} else {
				now.args = append(now.args, a)
			}
		}
	default:
		for from, to := range map[*string]*string{p.NewType: &now.kind, p.NewModule: &now.module} {
			if from != nil && *from != "" {
				*to = *from
			}
		}
		if p.NewControl != nil && *p.NewControl != "" {
			now.control = plainControl(*p.NewControl)
		}
		if p.Args != nil {
			now.args = args
		}
	}
	return now, now.String() != l.String()
}

const pamMark = "# Updated by muster"

// pamText is the file; its second line tells who changed it.
func pamText(lines []pamLine) string {
	text := make([]string, 0, len(lines)+1)
	for _, l := range lines {
		text = append(text, l.String())
	}
	switch {
	case len(text) <= 1:
		text = append([]string{"", pamMark}, text...)
	case strings.HasPrefix(text[1], "# Updated by "):
		text[1] = pamMark
	default:
		text = slices.Insert(text, 1, pamMark)
	}
	return strings.Join(text, "\n") + "\n"
}

// pamLine is a rule, or any other line as it is.
type pamLine struct {
	rule                  bool
	kind, control, module string
	args                  []string
	text                  string
}

// String is the line as it is written.
func (l pamLine) String() string {
	if !l.rule {
		return l.text
	}
	return strings.Join(append([]string{fmt.Sprintf("%-11s%s", l.kind, l.control), l.module}, l.args...), " ")
}
