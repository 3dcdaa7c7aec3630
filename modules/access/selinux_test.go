package access_test

import (
	"slices"
	"testing"

	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// seLinuxHost is a machine with SELinux whose programs do what the real ones do to files. local is what was set for the next
// start, as setsebool -P writes it.
type seLinuxHost struct {
	s        sys.System
	grub     bool   // it has grubby, and /etc/cmdline is the end of the kernel's command line
	semanage string // what semanage boolean -l -n prints; "" without that program
}

func (h *seLinuxHost) machine(t *testing.T) ([]sys.RootedOption, func() string) {
	write := func(file, text string) { modulestest.Write(t, h.s, file, text, 0o644) }
	fake := sys.NewFakeCommands()
	fake.OnFunc("setsebool", func(c sys.Command) (sys.Output, error) {
		args := slices.DeleteFunc(slices.Clone(c.Argv[1:]), func(a string) bool { return a == "-P" })
		write("/sys/fs/selinux/booleans/"+args[0], args[1]+" "+args[1])
		if c.Argv[1] == "-P" {
			write("/var/lib/selinux/targeted/active/booleans.local", "# kept\n"+args[0]+"="+args[1]+"\n")
		}
		return sys.Output{}, nil
	})
	fake.OnFunc("setenforce", func(c sys.Command) (sys.Output, error) {
		write("/sys/fs/selinux/enforce", c.Argv[1])
		return sys.Output{}, nil
	})
	if h.grub {
		fake.OnFunc("grubby --info=ALL", func(sys.Command) (sys.Output, error) {
			line, err := h.s.ReadFile("/etc/cmdline")
			return sys.Output{Stdout: []byte("index=0\nargs=\"ro quiet" + string(line) + "\"\nroot=/dev/sda1\n")}, err
		})
		fake.OnFunc("grubby --update-kernel=ALL", func(c sys.Command) (sys.Output, error) {
			write("/etc/cmdline", map[string]string{"--args": " selinux=0", "--remove-args": ""}[c.Argv[2]])
			return sys.Output{}, nil
		})
	}
	if h.semanage != "" {
		fake.On("semanage boolean -l -n", sys.Output{Stdout: []byte(h.semanage)})
	}
	return []sys.RootedOption{fake.Option()}, nil
}

// setup gives the machine files: pairs of names and contents.
func (h *seLinuxHost) setup(files ...string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		h.s = s
		for _, dir := range []string{"/sys", "/sys/fs", "/sys/fs/selinux", "/sys/fs/selinux/booleans", "/etc/selinux", "/etc/selinux/targeted",
			"/etc/selinux/targeted/policy", "/var/lib", "/var/lib/selinux", "/var/lib/selinux/targeted", "/var/lib/selinux/targeted/active"} {
			modulestest.Dir(t, s, dir)
		}
		modulestest.Write(t, s, "/etc/selinux/config", "# the mode\nSELINUX=enforcing\nSELINUXTYPE=targeted\n", 0o644)
		for i := 0; i < len(files); i += 2 {
			modulestest.Write(t, s, files[i], files[i+1], 0o644)
		}
	}
}

const (
	connect = "/sys/fs/selinux/booleans/httpd_can_network_connect"
	kept    = "/var/lib/selinux/targeted/active/booleans.local"
)

func TestSEBoolean(t *testing.T) {
	args := func(more ...any) map[string]any {
		a := map[string]any{"name": "httpd_can_network_connect", "state": true}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	on := []string{"/sys/fs/selinux/enforce", "1", connect, "1 1"}
	off := []string{"/sys/fs/selinux/enforce", "1", connect, "0 0"}
	var bare seLinuxHost
	full := seLinuxHost{semanage: "httpd_can_connect              (off  ,  off)  No\nhttpd_can_network_connect      (off  ,   on)  Allow it\n"}
	for name, c := range map[string]struct {
		host *seLinuxHost
		modulestest.Case
	}{
		"on":                           {&bare, modulestest.Case{Setup: bare.setup(off...), Args: args(), Files: map[string]string{connect: "1 1"}, Result: map[string]any{"name": "httpd_can_network_connect", "state": true, "persistent": false}}},
		"on already":                   {&bare, modulestest.Case{Setup: bare.setup(on...), Args: args(), Unchanged: true}},
		"off, for ever":                {&bare, modulestest.Case{Setup: bare.setup(append(on, kept, "httpd_can_network_connect=1\n")...), Args: args("state", false, "persistent", true), Files: map[string]string{connect: "0 0", kept: "# kept\nhttpd_can_network_connect=0\n"}, NoUndo: true}},
		"for ever already":             {&bare, modulestest.Case{Setup: bare.setup(append(on, kept, "# kept\nhttpd_can_network_connect=1\n")...), Args: args("persistent", true), Unchanged: true}},
		"now only":                     {&bare, modulestest.Case{Setup: bare.setup(append(on, kept, "# kept\nother=1\n")...), Args: args("persistent", true), NoUndo: true}},
		"the policy's own value":       {&full, modulestest.Case{Setup: full.setup(on...), Args: args("persistent", true), Unchanged: true}},
		"not the policy's own value":   {&full, modulestest.Case{Setup: full.setup(off...), Args: args("state", false, "persistent", true), NoUndo: true}},
		"a boolean with a new name":    {&bare, modulestest.Case{Setup: bare.setup(append(off, "/etc/selinux/targeted/booleans.subs_dist", "old httpd_can_network_connect\n")...), Args: args("name", "old"), Files: map[string]string{connect: "1 1"}}},
		"no such boolean":              {&bare, modulestest.Case{Setup: bare.setup(off...), Args: args("name", "nonsense"), Failed: "SELinux boolean nonsense does not exist."}},
		"a name that is a path":        {&bare, modulestest.Case{Setup: bare.setup(off...), Args: args("name", "../enforce"), Failed: "does not exist."}},
		"SELinux is off":               {&bare, modulestest.Case{Setup: bare.setup(), Args: args(), Failed: "SELinux is disabled on this host."}},
		"SELinux is off, as it may be": {&bare, modulestest.Case{Setup: bare.setup(), Args: args("ignore_selinux_state", true), Failed: "Failed to get list of boolean names"}},
	} {
		c.Name, c.Machine = name, c.host.machine
		modulestest.Run(t, access.SEBoolean(), []modulestest.Case{c.Case})
	}
}

// TestSEBooleanUndo takes back what was set for ever: the value that there was, not the lack of one.
func TestSEBooleanUndo(t *testing.T) {
	var host seLinuxHost
	setup := host.setup("/sys/fs/selinux/enforce", "1", connect, "0 0", kept, "# kept\nhttpd_can_network_connect=0\n")
	modulestest.Run(t, access.SEBoolean(), []modulestest.Case{{
		Name: "for ever", Machine: host.machine, Setup: setup, Args: map[string]any{"name": "httpd_can_network_connect", "state": true, "persistent": true},
		Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, connect, "0 0", 0o644) },
	}})
}

func TestSELinux(t *testing.T) {
	args := func(more ...any) map[string]any {
		a := map[string]any{"state": "enforcing", "policy": "targeted"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	const file = "/etc/selinux/config"
	var host seLinuxHost
	enforcing := host.setup("/sys/fs/selinux/enforce", "1")
	cases := []modulestest.Case{
		{Name: "as it is", Setup: enforcing, Args: args(), Unchanged: true, Result: map[string]any{"msg": "", "policy": "targeted", "state": "enforcing", "reboot_required": false, "configfile": file}},
		{Name: "permissive", Setup: enforcing, Args: args("state", "permissive"), Files: map[string]string{"/sys/fs/selinux/enforce": "0", file: "# the mode\nSELINUX=permissive\nSELINUXTYPE=targeted\n"},
			Result: map[string]any{"msg": "SELinux state changed from 'enforcing' to 'permissive', Config SELinux state changed from 'enforcing' to 'permissive'"},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, file, "SELINUX=disabled\n", 0o644) }},
		{Name: "the file alone", Setup: host.setup("/sys/fs/selinux/enforce", "1", file, "SELINUXTYPE=targeted"), Args: args(), Files: map[string]string{file: "SELINUXTYPE=targeted\nSELINUX=enforcing\n"}},
		{Name: "disabled", Setup: enforcing, Args: map[string]any{"state": "disabled"}, Files: map[string]string{"/sys/fs/selinux/enforce": "0"}, Result: map[string]any{"reboot_required": true, "policy": "targeted"}},
		{Name: "on where it is off", Setup: host.setup(file, "SELINUX=disabled\nSELINUXTYPE=targeted\n"), Args: args(), Result: map[string]any{"reboot_required": true, "msg": "Config SELinux state changed from 'disabled' to 'enforcing'",
			"warnings": []any{"Reboot is required to set SELinux state to 'enforcing'"}}},
		{Name: "no such policy", Setup: enforcing, Args: args("policy", "mls"), Failed: "Policy mls does not exist in /etc/selinux/"},
		{Name: "no policy", Setup: enforcing, Args: map[string]any{"state": "permissive"}, Failed: "Policy is required if state is not 'disabled'"},
		{Name: "no file", Setup: enforcing, Args: args("configfile", "/no"), Failed: "Unable to find file /no"},
		{Name: "kernel", Setup: enforcing, Args: args("update_kernel_param", true), Failed: "'grubby' command not found on host"},
	}
	for i := range cases {
		cases[i].Machine = host.machine
	}
	grub := seLinuxHost{grub: true}
	cases = append(cases, modulestest.Case{Name: "kernel, on", Machine: grub.machine, Setup: grub.setup("/sys/fs/selinux/enforce", "1", "/etc/cmdline", " selinux=0"), Args: args("update_kernel_param", true),
		Files: map[string]string{"/etc/cmdline": ""}, Result: map[string]any{"msg": "Kernel SELinux state changed from 'disabled' to 'enabled'"}},
		modulestest.Case{Name: "kernel, off", Machine: grub.machine, Setup: grub.setup("/etc/cmdline", "", file, "SELINUX=disabled\nSELINUXTYPE=targeted\n"), Args: map[string]any{"state": "disabled", "update_kernel_param": true},
			Files: map[string]string{"/etc/cmdline": " selinux=0"}},
		modulestest.Case{Name: "kernel, as it is", Machine: grub.machine, Setup: grub.setup("/sys/fs/selinux/enforce", "1", "/etc/cmdline", ""), Args: args("update_kernel_param", true), Unchanged: true})
	modulestest.Run(t, access.SELinux(), cases)
}
