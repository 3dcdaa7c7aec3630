package access

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// SELinuxParams are the parameters of selinux.
type SELinuxParams struct {
	State  string  `param:"state,required" choices:"enforcing,permissive,disabled" doc:"The mode."`
	Policy *string `param:"policy" doc:"The policy, such as targeted; needed unless state is disabled."`
	File   string  `param:"configfile" alias:"conf,file" default:"/etc/selinux/config" doc:"The file that says so for the next start."`
	Kernel bool    `param:"update_kernel_param" default:"false" doc:"Whether to turn SELinux on or off in the kernels' command lines, too, with grubby."`
}

// SELinuxState is the mode now and what the file says for the next start.
type SELinuxState struct {
	tree.State
	Mode   string `json:"mode"`   // the kernel's: enforcing, permissive or disabled
	Policy string `json:"policy"` // of the host's own file
	Before string `json:"before"` // the mode in the file
	Type   string `json:"type"`   // the policy in the file
	Known  bool   `json:"known"`  // the wanted policy is on the host
	Kernel string `json:"kernel"` // in the kernels' command lines: enabled, disabled or <inconsistent>; "" where it is not asked for
}

const seLinuxConfig = "/etc/selinux/config"

// SELinux sets the mode and the policy of SELinux.
func SELinux() modules.Module {
	return modules.State[SELinuxParams, SELinuxState]{
		Info: modules.Info{
			Name: "selinux", Summary: "Set the mode and the policy of SELinux.", Undo: modules.UndoFull, Aliases: []string{"ansible.posix.selinux"},
			Notes: "Turning SELinux on or off takes a restart: reboot_required says so. No Python library is needed.",
			Examples: `- name: Enforce
  selinux:
    policy: targeted
    state: enforcing
`,
		},
		Validate: func(p *SELinuxParams) error {
			if p.State != "disabled" && (p.Policy == nil || *p.Policy == "") {
				return modules.Fail(nil, "Policy is required if state is not 'disabled'")
			}
			return nil
		},
		Read:   readSELinux,
		Want:   wantSELinux,
		Apply:  applySELinux,
		Report: reportSELinux,
		Diff: func(ctx context.Context, r sys.Reader, p SELinuxParams, from, to SELinuxState) (any, error) {
			return tree.ContentDiff(ctx, r, from.Main(), to.Main(), p.File, p.File)
		},
		Equal:   sameSELinux,
		Settled: func(_ SELinuxParams, want, got SELinuxState) bool { return sameSELinux(want, got) },
		Same:    sameSELinux,
		Keep: func(ctx context.Context, r sys.Reader, _ SELinuxParams, from *SELinuxState, want SELinuxState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
	}.Module()
}

func sameSELinux(a, b SELinuxState) bool {
	return a.Mode == b.Mode && a.Type == b.Type && a.Kernel == b.Kernel && tree.Same(a.State, b.State)
}

// configured is the last value of a key in a file like /etc/selinux/config.
func configured(text, key string) (string, bool) {
	value, found := "", false
	for l := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(l, key+"="); ok && !found {
			value, found = strings.TrimSpace(v), true
		}
	}
	return value, found
}

func readSELinux(ctx context.Context, r sys.Reader, p SELinuxParams) (SELinuxState, error) {
	s := SELinuxState{Mode: "disabled", Policy: policyType(r)}
	if b, err := r.ReadFile(path.Join(selinuxFS, "enforce")); err == nil {
		s.Mode = "permissive"
		if strings.HasPrefix(string(b), "1") {
			s.Mode = "enforcing"
		}
	}
	if st, err := r.Stat(p.File); err != nil || !st.IsRegular() {
		return s, modules.Fail(modules.Result{"details": "Please install SELinux-policy package, if this package is not installed previously."},
			"Unable to find file %s", p.File)
	}
	var err error
	if p.Kernel {
		if s.Kernel, err = kernelSELinux(ctx, r); err != nil {
			return s, err
		}
	}
	if s.State, err = tree.Begin(ctx, r, tree.Attrs{}, p.File); err != nil {
		return s, err
	}
	file, err := tree.RealPath(r, p.File)
	if err != nil {
		return s, err
	}
	n, err := tree.ReadNode(ctx, r, file, tree.Look{Load: true})
	if err != nil {
		return s, err
	}
	s.Nodes = []tree.Node{n}
	s.Before, _ = configured(string(n.Data()), "SELINUX")
	s.Type, _ = configured(string(n.Data()), "SELINUXTYPE")
	if p.Policy != nil {
		_, err = r.Stat("/etc/selinux/" + *p.Policy + "/policy")
		s.Known = err == nil
	}
	return s, nil
}

// The words for what the kernels' command lines say.
const (
	kernelOn    = "enabled"
	kernelOff   = "disabled"
	kernelMixed = "<inconsistent>"
)

// kernelSELinux asks grubby whether the kernels start with SELinux.
func kernelSELinux(ctx context.Context, r sys.Reader) (string, error) {
	if !hasProgram(r, "grubby") {
		return "", modules.Fail(modules.Result{"details": "In order to update the kernel command line enabled/disabled setting, the grubby package needs to be present on the system."},
			"'grubby' command not found on host")
	}
	out, err := r.Query(ctx, sys.Command{Argv: []string{"grubby", "--info=ALL"}})
	if err != nil || out.Code != 0 {
		return "", modules.Fail(nil, "unable to run grubby")
	}
	on, off := false, false
	for l := range strings.Lines(string(out.Stdout)) {
		args, ok := strings.CutPrefix(strings.TrimSpace(l), `args="`)
		if !ok {
			continue
		}
		if slices.Contains(strings.Fields(strings.TrimSuffix(args, `"`)), "selinux=0") {
			off = true
		} else {
			on = true
		}
	}
	switch {
	case on == off:
		return kernelMixed, nil
	case on:
		return kernelOn, nil
	}
	return kernelOff, nil
}

// setKernelSELinux has all kernels start with SELinux, or without.
func setKernelSELinux(ctx context.Context, s sys.System, to string) error {
	way, failure := "--remove-args", "unable to remove selinux=0 from kernel config"
	if to == kernelOff {
		way, failure = "--args", "unable to add selinux=0 to kernel config"
	}
	out, err := s.Run(ctx, sys.Command{Argv: []string{"grubby", "--update-kernel=ALL", way, "selinux=0"}})
	if err == nil && out.Code != 0 {
		err = modules.Fail(modules.Result{"rc": out.Code, "stderr": string(out.Stderr)}, "%s", failure)
	}
	return err
}

func wantSELinux(p SELinuxParams, now SELinuxState) (SELinuxState, error) {
	want := now
	want.State = now.Clone()
	text := string(now.Main().Data())
	if p.Policy != nil && *p.Policy != "" && *p.Policy != now.Type {
		if !now.Known {
			return want, modules.Fail(nil, "Policy %s does not exist in /etc/selinux/", *p.Policy)
		}
		text, want.Type = configure(text, "SELINUXTYPE", *p.Policy), *p.Policy
	}
	if p.State != now.Before {
		text, want.Before = configure(text, "SELINUX", p.State), p.State
	}
	if text != string(now.Main().Data()) {
		want.Nodes[0].SetData([]byte(text))
		want.Rewrite(&want.Nodes[0])
	}
	if p.Kernel {
		want.Kernel = kernelOn
		if p.State == "disabled" {
			want.Kernel = kernelOff
		}
	}
	switch {
	case now.Mode == "disabled":
	case p.State == "disabled":
		want.Mode = "permissive" // until the next start
	default:
		want.Mode = p.State
	}
	return want, nil
}

// configure sets a key in all its lines, or in a new one at the end.
func configure(text, key, value string) string {
	line := regexp.MustCompile(`(?m)^` + key + `=.*$`)
	if line.MatchString(text) {
		return line.ReplaceAllLiteralString(text, key+"="+value)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + key + "=" + value + "\n"
}

func applySELinux(ctx context.Context, s sys.System, _ SELinuxParams, from, to SELinuxState) error {
	if err := (tree.Change{}).Apply(ctx, s, from.State, to.State); err != nil {
		return err
	}
	if from.Kernel != to.Kernel && to.Kernel != kernelMixed && to.Kernel != "" {
		if err := setKernelSELinux(ctx, s, to.Kernel); err != nil {
			return err
		}
	}
	if from.Mode == to.Mode || to.Mode == "disabled" || from.Mode == "disabled" {
		return nil
	}
	value := "0"
	if to.Mode == "enforcing" {
		value = "1"
	}
	return program(ctx, s, modules.Result{"rc": 0}, nil, sys.Command{Argv: []string{"setenforce", value}})
}

func reportSELinux(p SELinuxParams, from, to SELinuxState, _ bool) modules.Result {
	policy := to.Type
	if p.Policy != nil && *p.Policy != "" {
		policy = *p.Policy
	}
	var msgs, warnings []string
	say := func(list *[]string, format string, args ...any) { *list = append(*list, fmt.Sprintf(format, args...)) }
	reboot := false
	if policy != from.Policy {
		say(&msgs, "Running SELinux policy changed from '%s' to '%s'", from.Policy, policy)
	}
	if policy != from.Type {
		say(&msgs, "SELinux policy configuration in '%s' changed from '%s' to '%s'", p.File, from.Type, policy)
	}
	switch {
	case p.State == from.Mode:
	case from.Mode == "disabled":
		say(&warnings, "Reboot is required to set SELinux state to '%s'", p.State)
		reboot = true
	case p.State == "disabled" && from.Mode == "permissive":
		say(&warnings, "SELinux state change will take effect next reboot")
		reboot = true
	case p.State == "disabled":
		say(&warnings, "SELinux state temporarily changed from '%s' to 'permissive'. State change will take effect next reboot.", from.Mode)
		reboot = true
	default:
		say(&msgs, "SELinux state changed from '%s' to '%s'", from.Mode, p.State)
	}
	if p.State != from.Before {
		say(&msgs, "Config SELinux state changed from '%s' to '%s'", from.Before, p.State)
	}
	if from.Kernel != to.Kernel {
		say(&msgs, "Kernel SELinux state changed from '%s' to '%s'", from.Kernel, to.Kernel)
	}
	res := modules.Result{"msg": strings.Join(msgs, ", "), "configfile": p.File, "policy": policy, "state": p.State, "reboot_required": reboot}
	if warnings != nil {
		var list []any
		for _, w := range warnings {
			list = append(list, w)
		}
		res["warnings"] = list
	}
	return res
}
