package files

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

type limitParams struct {
	Domain  string `param:"domain,required" doc:"Whom it limits: a user, an @group, a wildcard or a range of ids."`
	Type    string `param:"limit_type,required" choices:"hard,soft,-" doc:"Which of the two limits, or both."`
	Item    string `param:"limit_item,required" choices:"core,data,fsize,memlock,nofile,rss,stack,cpu,nproc,as,maxlogins,maxsyslogins,priority,locks,sigpending,msgqueue,nice,rtprio,chroot" doc:"What is limited."`
	Value   string `param:"value,required" doc:"The limit: a number, or unlimited, infinity or -1."`
	UseMax  bool   `param:"use_max" default:"false" doc:"Whether a higher limit in the file stays."`
	UseMin  bool   `param:"use_min" default:"false" doc:"Whether a lower limit in the file stays."`
	Backup  bool   `param:"backup" default:"false" doc:"Whether to keep the file as it was under a name with the date."`
	Dest    string `param:"dest" type:"path" default:"/etc/security/limits.conf" doc:"The file to edit; it is made where it is not there."`
	Comment string `param:"comment" default:"" doc:"A comment behind the limit."`
}

// PamLimits manages lines of limits.conf(5).
func PamLimits() modules.Module {
	e := editor[limitParams]{
		common: func(p limitParams) editCommon { return editCommon{Path: p.Dest, Backup: p.Backup} },
		create: func(limitParams) bool { return true },
		edit:   editLimit,
		diff: func(_ editCommon, from, to editState) any {
			return map[string]any{"before": string(from.Main().Data()), "after": string(to.Main().Data())}
		},
		report: func(p limitParams, st editState, backup string) modules.Result {
			res := modules.Result{"msg": st.done.msg}
			if backup != "" {
				res["backup_file"] = backup
			}
			return res
		},
	}
	info := modules.Info{
		Name: "pam_limits", Summary: "Sets limits of users and groups in limits.conf.", Aliases: []string{"community.general.pam_limits"},
		Examples: `- name: Many open files for joe
  pam_limits:
    domain: joe
    limit_type: soft
    limit_item: nofile
    value: "64000"
- name: At least as many processes
  pam_limits:
    dest: /etc/security/limits.d/90-app.conf
    domain: "@app"
    limit_type: "-"
    limit_item: nproc
    value: "4096"
    use_max: true
    comment: for the workers
`,
	}
	return e.module(info, modules.Rules{})
}

// noLimit are the words for a value without bounds.
var noLimit = []string{"unlimited", "infinity", "-1"}

// checkLimit says whether a value makes sense for an item.
func checkLimit(prefix, item, value string) error {
	switch n, err := strconv.Atoi(value); {
	case item == "nice" || item == "priority":
		if err != nil || n < -20 || n > 19 {
			return modules.Fail(nil, "%s Value of %s for item %s is invalid. Value must be a number in the range -20 to 19 inclusive.",
				prefix, modules.PyRepr(value), modules.PyRepr(item))
		}
	case !slices.Contains(noLimit, value) && (err != nil || n < 0):
		return modules.Fail(nil, "%s Value of %s for item %s is invalid. Value must be 'unlimited', 'infinity' or -1 for no limit, or a number of 0 or more.",
			prefix, modules.PyRepr(value), modules.PyRepr(item))
	}
	return nil
}

func editLimit(p limitParams, content []byte, _ bool) (edited, error) {
	if p.UseMax && p.UseMin {
		return edited{}, modules.Fail(nil, "Cannot use use_min and use_max at the same time.")
	}
	if err := checkLimit("", p.Item, p.Value); err != nil {
		return edited{}, err
	}
	out := edited{exists: true}
	comment, found := p.Comment, false
	lines := splitKeep(content)
	for i, line := range lines {
		bare, old, commented := strings.Cut(line, "#")
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if comment == "" && commented { // a comment stays with what follows, as Ansible does it
			comment = strings.TrimRight(old, "\n")
		}
		fields := strings.Fields(bare)
		if len(fields) != 4 {
			continue
		}
		if err := checkLimit(fmt.Sprintf("Invalid configuration found in '%s'.", p.Dest), fields[2], fields[3]); err != nil {
			return edited{}, err
		}
		if fields[0] != p.Domain || fields[1] != p.Type || fields[2] != p.Item {
			continue
		}
		found = true
		if value := p.against(fields[3]); value != fields[3] {
			lines[i] = p.line(value, comment)
		}
		out.msg = lines[i]
	}
	if !found {
		out.msg = p.line(p.Value, comment)
		if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
			lines[n-1] += "\n"
		}
		lines = append(lines, out.msg)
	}
	out.content = []byte(strings.Join(lines, ""))
	return out, nil
}

// line is a limit as it is written.
func (p limitParams) line(value, comment string) string {
	if comment != "" {
		comment = "\t#" + comment
	}
	return strings.Join([]string{p.Domain, p.Type, p.Item, value}, "\t") + comment + "\n"
}

// against is the value to have where the file has one already.
func (p limitParams) against(now string) string {
	switch unlimited := slices.Contains(noLimit, p.Value) && slices.Contains(noLimit, now); {
	case !p.UseMax && !p.UseMin:
		return p.Value
	case unlimited:
		return now
	}
	// The higher of two limits is the one that is none.
	higher := func(a, b string) bool {
		if slices.Contains(noLimit, b) {
			return false
		}
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return slices.Contains(noLimit, a) || x > y
	}
	if p.UseMax == higher(p.Value, now) {
		return p.Value
	}
	return now
}
