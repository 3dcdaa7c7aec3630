package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/musterhq/muster/facts"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// HostnameParams are the parameters of hostname.
type HostnameParams struct {
	Name string `param:"name,required" doc:"The host's new name."`
	Use  string `param:"use" choices:"alpine,debian,freebsd,generic,macos,macosx,darwin,openbsd,openrc,redhat,sles,solaris,systemd" doc:"How the name is kept, where the host does not show it."`
}

// HostnameState is the name a host goes by and the one it starts with.
type HostnameState struct {
	Current     string    `json:"current"`
	Permanent   string    `json:"permanent"`
	MachineInfo *keptFile `json:"machine_info,omitempty"` // /etc/machine-info, which systemd keeps a pretty name in
	File        *keptFile `json:"file,omitempty"`         // the file with the permanent name, as it was

	fqdn string
}

// keptFile is a small file as it was: programs that set the name replace it, and give it a mode of their own.
type keptFile struct {
	Text string `json:"text"`
	Perm uint32 `json:"perm"`
	UID  int    `json:"uid"`
	GID  int    `json:"gid"`
}

// Hostname sets a host's name.
func Hostname() modules.Module {
	return modules.State[HostnameParams, HostnameState]{
		Info: modules.Info{
			Name:    "hostname",
			Summary: "Set the host's name, now and for its next start.",
			Notes: "systemd hosts are told by hostnamectl; elsewhere the distribution's file is written and the hostname " +
				"program run. /etc/hosts is left alone.",
			Undo: modules.UndoFull, Facts: true,
			Examples: `
- name: Set a hostname
  hostname:
    name: web01
`,
		},
		Validate: func(p *HostnameParams) error {
			if strings.ContainsAny(p.Name, "\n \t/") || p.Name == "" {
				return fmt.Errorf("%q is no name for a host", p.Name)
			}
			return nil
		},
		Read: readHostname,
		Want: func(p HostnameParams, now HostnameState) (HostnameState, error) {
			want := now
			want.Current, want.Permanent = p.Name, p.Name
			return want, nil
		},
		Equal: func(a, b HostnameState) bool { return a.Current == b.Current && a.Permanent == b.Permanent },
		Apply: applyHostname,
		Report: func(p HostnameParams, from, to HostnameState, changed bool) modules.Result {
			_, domain, _ := strings.Cut(to.fqdn, ".")
			short, _, _ := strings.Cut(p.Name, ".")
			res := modules.Result{"name": p.Name, "ansible_facts": map[string]any{"ansible_hostname": short, "ansible_nodename": p.Name,
				"ansible_fqdn": to.fqdn, "ansible_domain": domain}}
			if changed {
				was := from.Permanent
				if from.Current != p.Name {
					was = from.Current
				}
				res["diff"] = map[string]any{"before": "hostname = " + was + "\n", "after": "hostname = " + p.Name + "\n"}
			}
			return res
		},
	}.Module()
}

func readHostname(ctx context.Context, r sys.Reader, p HostnameParams) (HostnameState, error) {
	how, err := p.strategy(r)
	if err != nil {
		return HostnameState{}, err
	}
	var s HostnameState
	if s.File, err = optionalFile(r, how.file); err != nil {
		return s, err
	}
	if s.MachineInfo, err = optionalFile(r, machineInfo); err != nil {
		return s, err
	}
	if s.File != nil {
		s.Permanent = how.find(s.File.Text)
	}
	s.Current = s.Permanent
	if r.Root() == "/" {
		s.Current = currentHostname(r)
	}
	s.fqdn = facts.FQDN(ctx, r, s.Current)
	return s, nil
}

const machineInfo = "/etc/machine-info"

// optionalFile reads a file, nil where there is none.
func optionalFile(r sys.Reader, file string) (*keptFile, error) {
	st, err := r.Stat(file)
	var data []byte
	if err == nil {
		data, err = r.ReadFile(file)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("failed to read hostname: %w", err)
	}
	return &keptFile{Text: string(data), Perm: st.Perm, UID: st.UID, GID: st.GID}, nil
}

func applyHostname(ctx context.Context, s sys.System, p HostnameParams, from, to HostnameState) error {
	how, err := p.strategy(s)
	if err != nil {
		return err
	}
	switch {
	case modules.Undoing(ctx):
		return undoHostname(ctx, s, how, from, to)
	case how.systemd:
		return setBySystemd(ctx, s, from, to)
	}
	if from.Permanent != to.Permanent {
		content := ""
		if from.File != nil {
			content = from.File.Text
		}
		if err := writeKeeping(s, how.file, how.set(content, to.Permanent)); err != nil {
			return fmt.Errorf("failed to update hostname: %w", err)
		}
	}
	return setCurrent(ctx, s, from, to)
}

// setCurrent tells the kernel the name; a throw-away machine has no kernel of its own.
func setCurrent(ctx context.Context, s sys.System, from, to HostnameState) error {
	if from.Current == to.Current || s.Root() != "/" {
		return nil
	}
	return hostnameProgram(ctx, s, "hostname", to.Current)
}

// setBySystemd sets the permanent name first: NetworkManager complains of a name that only the kernel knows.
func setBySystemd(ctx context.Context, s sys.System, from, to HostnameState) error {
	if len(to.Permanent) > 64 {
		return fmt.Errorf("name cannot be longer than 64 characters on systemd servers, try a shorter name")
	}
	if from.Permanent != to.Permanent {
		if err := hostnameProgram(ctx, s, "hostnamectl", "--pretty", "--static", "set-hostname", to.Permanent); err != nil {
			return err
		}
	}
	if now := currentHostname(s); now == to.Current {
		return nil
	}
	return hostnameProgram(ctx, s, "hostnamectl", "--transient", "set-hostname", to.Current)
}

func hostnameProgram(ctx context.Context, s sys.System, argv ...string) error {
	out, err := s.Run(ctx, sys.Command{Argv: argv})
	if err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	if out.Code != 0 {
		return fmt.Errorf("Command failed rc=%d, out=%s, err=%s", out.Code, out.Stdout, out.Stderr) //nolint:staticcheck // the words users know
	}
	return nil
}

// undoHostname puts the files back as they were, after the programs had their say.
func undoHostname(ctx context.Context, s sys.System, how hostnameStrategy, from, to HostnameState) error {
	if how.systemd && to.Permanent != "" {
		if err := setBySystemd(ctx, s, from, to); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		path string
		was  *keptFile
	}{{how.file, to.File}, {machineInfo, to.MachineInfo}} {
		if err := restoreFile(s, f.path, f.was); err != nil {
			return err
		}
	}
	if how.systemd {
		return nil
	}
	return setCurrent(ctx, s, from, to)
}

// restoreFile brings a file back as it was, or removes one that was not there.
func restoreFile(s sys.System, file string, was *keptFile) error {
	now, err := optionalFile(s, file)
	switch {
	case err != nil:
		return err
	case was == nil && now == nil, was != nil && now != nil && *was == *now:
		return nil
	case was == nil:
		return s.Remove(file)
	}
	o := sys.WriteOptions{Perm: was.Perm, UID: was.UID, GID: was.GID}
	return s.WriteFile(resolveLinks(s, file), strings.NewReader(was.Text), o)
}

// writeKeeping writes a file with the mode and owner it has; a new one is readable for everybody.
func writeKeeping(s sys.System, file, content string) error {
	o := sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1}
	if st, err := s.Stat(file); err == nil {
		o = sys.WriteOptions{Perm: st.Perm, UID: st.UID, GID: st.GID}
	}
	return s.WriteFile(resolveLinks(s, file), strings.NewReader(content), o)
}
