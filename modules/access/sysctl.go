package access

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// SysctlParams are the parameters of sysctl.
type SysctlParams struct {
	Name         string  `param:"name,required" alias:"key" doc:"The kernel parameter, such as vm.swappiness."`
	Value        *string `param:"value" alias:"val" doc:"Its value."`
	State        string  `param:"state" choices:"present,absent" default:"present" doc:"Whether the file should set it."`
	Reload       bool    `param:"reload" default:"true" doc:"Let the kernel read the file after a change."`
	SysctlSet    bool    `param:"sysctl_set" default:"false" doc:"Set the value in the running kernel too."`
	IgnoreErrors bool    `param:"ignoreerrors" default:"false" doc:"Ignore parameters that the kernel does not know."`
	SysctlFile   string  `param:"sysctl_file" type:"path" default:"/etc/sysctl.conf" doc:"The file to manage."`
}

// SysctlState is a file of kernel parameters and the value that the running kernel has.
type SysctlState struct {
	File  fileState `json:"file"`
	Value *string   `json:"value"` // nil for a parameter that the kernel does not know
}

// Sysctl manages kernel parameters.
func Sysctl() modules.Module {
	return modules.State[SysctlParams, SysctlState]{
		Info: modules.Info{
			Name:    "sysctl",
			Summary: "Set kernel parameters, in a file and in the running kernel.",
			Aliases: []string{"ansible.posix.sysctl"},
			Undo:    modules.UndoFull,
			Examples: `
- name: Swap little
  sysctl:
    name: vm.swappiness
    value: "5"
    state: present
`,
		},
		Rules:    modules.Rules{If: []modules.RequiredIf{{Param: "state", Value: "present", Needs: []string{"value"}}}},
		Validate: validateSysctl,
		Read: func(_ context.Context, r sys.Reader, p SysctlParams) (s SysctlState, err error) {
			if data, err := r.ReadFile(procSys(p.Name)); err == nil {
				value := words(string(data))
				s.Value = &value
			}
			s.File, err = lookAtFile(r, p.SysctlFile)
			return s, err
		},
		Want: wantSysctl,
		Equal: func(a, b SysctlState) bool {
			return a.File == b.File && (a.Value == nil) == (b.Value == nil) && (a.Value == nil || *a.Value == *b.Value)
		},
		// The kernel may round a value, and other files may set it again.
		Settled: func(_ SysctlParams, want, got SysctlState) bool { return want.File.Content == got.File.Content },
		Apply:   applySysctl,
		Report:  func(SysctlParams, SysctlState, SysctlState, bool) modules.Result { return nil },
	}.Module()
}

func validateSysctl(p *SysctlParams) error {
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case p.Name == "":
		return fmt.Errorf("name cannot be blank")
	case p.State == "absent":
		return nil
	case p.Value == nil || *p.Value == "":
		return fmt.Errorf("value cannot be blank")
	case strings.ContainsAny(p.Name+*p.Value, "\n"):
		return fmt.Errorf("name and value must be one line")
	}
	value := strings.TrimSpace(*p.Value)
	switch lower := strings.ToLower(value); {
	case slices.Contains([]string{"y", "yes", "on", "true", "t"}, lower):
		value = "1"
	case slices.Contains([]string{"n", "no", "off", "false", "f"}, lower):
		value = "0"
	}
	p.Value = &value
	return nil
}

// procSys is the parameter's place in /proc/sys. In a name whose first separator is a dot, a slash stands for a dot.
func procSys(name string) string {
	if i := strings.IndexAny(name, "./"); i >= 0 && name[i] == '.' {
		name = strings.NewReplacer(".", "/", "/", ".").Replace(name)
	}
	return "/proc/sys/" + name
}

// words puts a value's words one blank apart.
func words(value string) string { return strings.Join(strings.Fields(value), " ") }

func wantSysctl(p SysctlParams, now SysctlState) (SysctlState, error) {
	want := now
	content, changed := editSysctl(p, now.File.Content)
	if changed {
		want.File.Content = content
		if !now.File.Exists {
			want.File = fileState{Exists: true, Content: content, Perm: 0o644, UID: -1, GID: -1}
		}
	}
	if p.State == "present" && (p.Reload || p.SysctlSet) && now.Value != nil {
		value := words(*p.Value)
		want.Value = &value
	}
	return want, nil
}

// editSysctl gives the file the parameter or takes it away. A file that changes is written in one form: no blanks
// around `=`, and the first line only of a parameter that stands there several times.
func editSysctl(p SysctlParams, content string) (string, bool) {
	var out []string
	seen := map[string]bool{}
	current := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSuffix(content, "\n"), "\n") {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			if content != "" {
				out = append(out, line)
			}
			continue
		}
		current[key] = value // the last one counts
		switch {
		case seen[key]:
		case key != p.Name:
			out = append(out, key+"="+value)
		case p.State == "present":
			out = append(out, key+"="+*p.Value)
		}
		seen[key] = true
	}
	value, there := current[p.Name]
	if p.State == "absent" && !there || p.State == "present" && there && value == *p.Value {
		return content, false
	}
	if p.State == "present" && !there {
		out = append(out, p.Name+"="+*p.Value)
	}
	text := strings.Join(out, "\n")
	if text != "" {
		text += "\n"
	}
	return text, true
}

func applySysctl(ctx context.Context, s sys.System, p SysctlParams, from, to SysctlState) error {
	undoing := modules.Undoing(ctx)
	valueDiffers := from.Value != nil && to.Value != nil && *from.Value != *to.Value
	if from.File != to.File {
		if err := putFile(s, p.SysctlFile, to.File); err != nil {
			return fmt.Errorf("Failed to write to file %s: %w", p.SysctlFile, err) //nolint:staticcheck // the words users know
		}
	}
	if s.Root() != "/" && !hasProgram(s, "sysctl") { // a throw-away machine has no kernel of its own
		return nil
	}
	if valueDiffers && (p.SysctlSet || undoing) {
		if err := p.run(ctx, s, "setting "+p.Name+" failed", "-w", p.Name+"="+*to.Value); err != nil {
			return err
		}
	}
	if p.Reload && !undoing {
		return p.run(ctx, s, "Failed to reload sysctl", "-p", p.SysctlFile)
	}
	return nil
}

// sysctlRefused finds errors that sysctl only prints.
var sysctlRefused = regexp.MustCompile(`(?m)^sysctl: setting key "[^"]+": (Invalid argument|Read-only file system)$`)

func (p SysctlParams) run(ctx context.Context, s sys.System, failure string, args ...string) error {
	argv := []string{"sysctl"}
	if p.IgnoreErrors {
		argv = append(argv, "-e")
	}
	out, err := s.Run(ctx, sys.Command{Argv: append(argv, args...), Env: map[string]string{"LANG": "C", "LC_ALL": "C", "LC_MESSAGES": "C"}})
	if err != nil {
		return fmt.Errorf("%s: %w", failure, err)
	}
	if out.Code != 0 || sysctlRefused.Match(out.Stderr) {
		return fmt.Errorf("%s: %s%s", failure, out.Stdout, out.Stderr)
	}
	return nil
}
