package systemd

import (
	"strings"
)

// generatorInputs are what the generators of systemd itself read, by the generator's name. Kernel command line and
// firmware are left out: they do not change while the system runs.
func generatorInputs() map[string][]string {
	return map[string][]string{
		"systemd-bless-boot-generator":       nil,
		"systemd-cryptsetup-generator":       {"/etc/crypttab"},
		"systemd-debug-generator":            nil,
		"systemd-fstab-generator":            {"/etc/fstab"},
		"systemd-getty-generator":            nil,
		"systemd-gpt-auto-generator":         nil,
		"systemd-hibernate-resume-generator": nil,
		"systemd-integritysetup-generator":   {"/etc/integritytab"},
		"systemd-rc-local-generator":         {"/etc/rc.local", "/etc/rc.d/rc.local"},
		"systemd-run-generator":              nil,
		"systemd-system-update-generator":    {"/system-update"},
		"systemd-sysv-generator": {"/etc/init.d", "/etc/rc.d/init.d", "/etc/rc0.d", "/etc/rc1.d", "/etc/rc2.d", "/etc/rc3.d",
			"/etc/rc4.d", "/etc/rc5.d", "/etc/rc6.d", "/etc/rcS.d"},
		"systemd-tpm2-generator":        nil,
		"systemd-veritysetup-generator": {"/etc/veritytab"},
	}
}

// generators looks at generators, their inputs and the manager's own configuration. A generator whose inputs are not
// known counts as changed.
func (c changes) generators() string {
	known := generatorInputs()
	for _, dir := range []string{"/run/systemd/system-generators", "/etc/systemd/system-generators",
		"/usr/local/lib/systemd/system-generators", "/usr/lib/systemd/system-generators"} {
		if p := c.tree(dir, 0); p != "" {
			return p
		}
		list, _ := c.r.ReadDir(dir)
		for _, e := range list {
			inputs, ok := known[e.Name()]
			if !ok {
				return dir + "/" + e.Name()
			}
			for _, in := range inputs {
				if p := c.tree(in, 0); p != "" {
					return p
				}
			}
		}
	}
	for _, p := range []string{"/etc/systemd/system.conf", "/etc/systemd/system.conf.d", "/run/systemd/system.conf.d",
		"/usr/lib/systemd/system.conf.d", "/run/systemd/system-environment-generators", "/etc/systemd/system-environment-generators",
		"/usr/lib/systemd/system-environment-generators", "/etc/environment.d"} {
		if found := c.tree(p, 0); found != "" {
			return found
		}
	}
	return ""
}

// unusualMount returns a mount at or above a folder of units that may have appeared late with old files in it: an
// extension image over /usr, say. Plain mounts of /, /usr and /run are there from the start.
func (c changes) unusualMount(unitPath []string) string {
	table, err := c.r.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "/proc/self/mountinfo"
	}
	for _, line := range strings.Split(string(table), "\n") {
		f := strings.Fields(line)
		if len(f) < 7 {
			continue
		}
		at := f[4]
		kind := ""
		if _, rest, ok := strings.Cut(line, " - "); ok {
			kind, _, _ = strings.Cut(rest, " ")
		}
		if at == "/" || at == "/run" || at == "/usr" && kind != "overlay" {
			continue
		}
		for _, dir := range unitPath {
			if dir == at || strings.HasPrefix(dir, at+"/") || strings.HasPrefix(at, dir+"/") {
				return at
			}
		}
	}
	return ""
}
