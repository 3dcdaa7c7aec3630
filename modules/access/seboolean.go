package access

import (
	"context"
	"errors"
	"path"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// SEBooleanParams are the parameters of seboolean.
type SEBooleanParams struct {
	Name       string `param:"name,required" doc:"The boolean."`
	State      bool   `param:"state,required" doc:"Whether it should be on."`
	Persistent bool   `param:"persistent" default:"false" doc:"Whether it should be so after the next start, too."`
	Ignore     bool   `param:"ignore_selinux_state" default:"false" doc:"Whether to go on where SELinux seems to be off, as in a chroot."`
}

// SEBooleanState is a boolean now and after the next start.
type SEBooleanState struct {
	Name   string `json:"name"` // as the policy calls it
	Active bool   `json:"active"`
	Kept   *bool  `json:"kept,omitempty"` // nil where it is not asked for, or the policy's own value, which nothing here tells
}

const selinuxFS = "/sys/fs/selinux"

// SEBoolean switches booleans of SELinux.
func SEBoolean() modules.Module {
	return modules.State[SEBooleanParams, SEBooleanState]{
		Info: modules.Info{
			Name: "seboolean", Summary: "Switch booleans of SELinux.", Undo: modules.UndoFull, Aliases: []string{"ansible.posix.seboolean"},
			Notes: "It needs setsebool on the host, and semanage to tell the policy's own value of a boolean that nobody set yet: without it the " +
				"first persistent task sets the value in any case. No Python library is needed.",
			Examples: `- name: The web server may talk to other hosts
  seboolean:
    name: httpd_can_network_connect
    state: true
    persistent: true
`,
		},
		Validate: func(p *SEBooleanParams) error {
			if !regexp.MustCompile(`^\w[\w.-]*$`).MatchString(p.Name) {
				return modules.Fail(nil, "SELinux boolean %s does not exist.", p.Name)
			}
			return nil
		},
		Read: readSEBoolean,
		Want: func(p SEBooleanParams, now SEBooleanState) (SEBooleanState, error) {
			want := now
			if p.Persistent && (now.Kept == nil || *now.Kept != p.State) {
				want.Kept, want.Active = &p.State, p.State
			}
			if !p.Persistent {
				want.Active = p.State
			}
			return want, nil
		},
		Apply: applySEBoolean,
		Report: func(p SEBooleanParams, _, _ SEBooleanState, _ bool) modules.Result {
			return modules.Result{"name": p.Name, "state": p.State, "persistent": p.Persistent}
		},
		Diff: func(_ context.Context, _ sys.Reader, p SEBooleanParams, from, to SEBooleanState) (any, error) {
			return map[string]any{"before": describeSEBoolean(p, from), "after": describeSEBoolean(p, to)}, nil
		},
		Settled: func(_ SEBooleanParams, want, got SEBooleanState) bool { return sameSEBoolean(want, got) },
		Same:    sameSEBoolean,
	}.Module()
}

// sameSEBoolean takes a value that nothing tells for any: undo leaves the policy's own value behind as one that was set.
func sameSEBoolean(a, b SEBooleanState) bool {
	return a.Active == b.Active && (a.Kept == nil || b.Kept == nil || *a.Kept == *b.Kept)
}

func describeSEBoolean(p SEBooleanParams, s SEBooleanState) map[string]any {
	d := map[string]any{"active": s.Active}
	if p.Persistent && s.Kept != nil {
		d["persistent"] = *s.Kept
	}
	return d
}

func readSEBoolean(ctx context.Context, r sys.Reader, p SEBooleanParams) (SEBooleanState, error) {
	s := SEBooleanState{Name: booleanName(r, p.Name)}
	if !tree.SELinux(r) {
		if p.Ignore {
			return s, modules.Fail(nil, "Failed to get list of boolean names")
		}
		return s, modules.Fail(nil, "SELinux is disabled on this host.")
	}
	value, err := r.ReadFile(path.Join(selinuxFS, "booleans", s.Name))
	if err != nil {
		return s, modules.Fail(nil, "SELinux boolean %s does not exist.", s.Name)
	}
	s.Active = strings.HasPrefix(string(value), "1")
	if p.Persistent {
		s.Kept, err = keptBoolean(ctx, r, s.Name)
	}
	return s, err
}

// booleanName follows the policy's list of booleans that have a new name.
func booleanName(r sys.Reader, name string) string {
	b, err := r.ReadFile("/etc/selinux/" + policyType(r) + "/booleans.subs_dist")
	if err != nil {
		return name
	}
	for l := range strings.Lines(string(b)) {
		if words := strings.Fields(l); len(words) > 1 && words[0] == name {
			return words[1]
		}
	}
	return name
}

// policyType is the name of the policy that the host is set up for.
func policyType(r sys.Reader) string {
	b, err := r.ReadFile(seLinuxConfig)
	if err != nil {
		return "targeted"
	}
	if v, ok := configured(string(b), "SELINUXTYPE"); ok {
		return v
	}
	return "targeted"
}

// keptBoolean is the value after the next start: what somebody set, or what semanage says of the policy's own value.
func keptBoolean(ctx context.Context, r sys.Reader, name string) (*bool, error) {
	for _, store := range []string{"/var/lib/selinux/", "/etc/selinux/"} {
		b, err := r.ReadFile(store + policyType(r) + "/active/booleans.local")
		if err != nil {
			continue
		}
		for l := range strings.Lines(string(b)) {
			if key, v, ok := strings.Cut(l, "="); ok && strings.TrimSpace(key) == name {
				on := strings.TrimSpace(v) == "1"
				return &on, nil
			}
		}
	}
	if !hasProgram(r, "semanage") {
		return nil, nil
	}
	out, err := r.Query(ctx, sys.Command{Argv: []string{"semanage", "boolean", "-l", "-n"}, Env: map[string]string{"LC_ALL": "C"}})
	if err != nil || out.Code != 0 {
		return nil, err
	}
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `\s+\(\s*(on|off)\s*,\s*(on|off)\s*\)`)
	if m := line.FindSubmatch(out.Stdout); m != nil {
		on := string(m[2]) == "on"
		return &on, nil
	}
	return nil, nil
}

func applySEBoolean(ctx context.Context, s sys.System, p SEBooleanParams, from, to SEBooleanState) error {
	if !hasProgram(s, "setsebool") {
		return errors.New("setsebool is not on the host; it comes with the package policycoreutils")
	}
	set := func(on bool, words ...string) error {
		value := "0"
		if on {
			value = "1"
		}
		return program(ctx, s, modules.Result{"rc": 0}, nil, sys.Command{Argv: append(append([]string{"setsebool"}, words...), to.Name, value)})
	}
	if p.Persistent {
		kept := to.Active // what the policy's own value is taken for
		if to.Kept != nil {
			kept = *to.Kept
		}
		if from.Kept == nil || *from.Kept != kept {
			if err := set(kept, "-P"); err != nil {
				return err
			}
			from.Active = kept
		}
	}
	if from.Active != to.Active {
		return set(to.Active)
	}
	return nil
}
