package facts

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// selinux reads the state of SELinux from its file system and its configuration.
func (g *gathering) selinux() map[string]any {
	facts := map[string]any{"status": "disabled"}
	if enforce := g.text("/sys/fs/selinux/enforce"); enforce != "" {
		config := parseSELinuxConfig(g.lines("/etc/selinux/config"))
		facts = map[string]any{"status": "enabled", "mode": selinuxMode(enforce),
			"config_mode": config["SELINUX"], "type": config["SELINUXTYPE"], "policyvers": "unknown"}
		if v, err := strconv.Atoi(g.text("/sys/fs/selinux/policyvers")); err == nil {
			facts["policyvers"] = v
		}
	}
	return map[string]any{"selinux": facts, "selinux_python_present": g.hasLibrary("libselinux.so.1")}
}

func selinuxMode(enforce string) string {
	switch enforce {
	case "1":
		return "enforcing"
	case "0":
		return "permissive"
	}
	return "unknown"
}

// parseSELinuxConfig returns SELINUX and SELINUXTYPE, "unknown" where the file does not say.
func parseSELinuxConfig(text []string) map[string]string {
	config := map[string]string{"SELINUX": "unknown", "SELINUXTYPE": "unknown"}
	modes := []string{"enforcing", "permissive", "disabled"}
	for _, line := range text {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
		case name == "SELINUX" && slices.Contains(modes, strings.ToLower(value)):
			config[name] = strings.ToLower(value)
		case name == "SELINUXTYPE" && value != "":
			config[name] = value
		}
	}
	return config
}

// hasLibrary looks for a shared library where the dynamic linker does.
func (g *gathering) hasLibrary(name string) bool {
	arch, _ := g.platform()["machine"].(string)
	for _, dir := range []string{"/usr/lib64", "/usr/lib/" + arch + "-linux-gnu", "/lib64", "/lib/" + arch + "-linux-gnu", "/usr/lib", "/lib"} {
		if g.exists(path.Join(dir, name)) {
			return true
		}
	}
	for _, dir := range g.names("/usr/lib") {
		if strings.Contains(dir, "-linux-") && g.exists(path.Join("/usr/lib", dir, name)) {
			return true
		}
	}
	return false
}

func (g *gathering) apparmor() map[string]any {
	status := "disabled"
	if g.exists("/sys/kernel/security/apparmor") {
		status = "enabled"
	}
	return map[string]any{"apparmor": map[string]any{"status": status}}
}

func (g *gathering) fips() map[string]any {
	return map[string]any{"fips": g.text("/proc/sys/crypto/fips_enabled") == "1"}
}

// chroot compares the root folder with process 1's. Who may not look at that one judges by the root's inode, which
// file systems fix.
func (g *gathering) chroot() map[string]any {
	if g.environ()["debian_chroot"] != "" {
		return map[string]any{"is_chroot": true}
	}
	own, err := g.r.Stat("/")
	if err != nil {
		return nil
	}
	if first, err := g.r.Stat("/proc/1/root/."); err == nil {
		return map[string]any{"is_chroot": own.Inode != first.Inode || own.Dev != first.Dev}
	}
	const btrfs, xfs = 0x9123683e, 0x58465342
	inode := uint64(2)
	if g.k != nil {
		switch g.k.fsType("/") & 0xffffffff {
		case btrfs:
			inode = 256
		case xfs:
			inode = 128
		}
	}
	return map[string]any{"is_chroot": own.Inode != inode}
}
