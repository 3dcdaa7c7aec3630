package facts

import (
	"slices"
	"strconv"
)

// pkgMgr names the package manager that the distribution supports, not merely one that is installed.
func (g *gathering) pkgMgr() map[string]any {
	d := g.distribution()
	family, _ := d["os_family"].(string)
	name := "unknown"
	for _, p := range packageManagers() {
		if g.exists(p.path) && (family != "Altlinux" || p.path != "/usr/bin/pkg") { // Alt's pkg is Perl's
			name = p.name
		}
	}
	switch {
	case family == "RedHat":
		name = g.redHatPkgMgr(d, name)
	case family == "Debian":
		name = "apt"
	case family == "Altlinux" && name == "apt":
		name = "apt_rpm"
	}
	if name == "apt" && g.exists("/usr/bin/rpm") {
		if _, owned := g.query("/usr/bin/rpm", "-q", "--whatprovides", "/usr/bin/apt-get"); owned {
			name = "apt_rpm"
		}
	}
	return map[string]any{"pkg_mgr": name}
}

func (g *gathering) redHatPkgMgr(d map[string]any, found string) string {
	if g.exists("/run/ostree-booted") {
		return "atomic_container"
	}
	major, _ := d["distribution_major_version"].(string)
	n, err := strconv.Atoi(major)
	limit := map[any]int{"Fedora": 23, "Amazon": 2022}[d["distribution"]]
	switch {
	case limit == 0: // RHEL and its clones
		if err == nil && n < 8 {
			return "yum"
		}
		return "dnf"
	case err != nil:
		return "dnf"
	case n < limit && g.managerExists("yum"):
		return "yum"
	case n >= limit && g.managerExists("dnf"):
		return "dnf"
	}
	return found
}

func (g *gathering) managerExists(name string) bool {
	return slices.ContainsFunc(packageManagers(), func(p packageManager) bool { return p.name == name && g.exists(p.path) })
}

type packageManager struct{ path, name string }

// packageManagers lists programs and the modules that drive them; of several the last one counts.
func packageManagers() []packageManager {
	return []packageManager{
		{"/usr/bin/rpm-ostree", "atomic_container"}, {"/usr/bin/yum", "yum"}, {"/usr/bin/dnf", "dnf"},
		{"/usr/bin/apt-get", "apt"}, {"/usr/bin/zypper", "zypper"}, {"/usr/sbin/urpmi", "urpmi"},
		{"/usr/bin/pacman", "pacman"}, {"/bin/opkg", "opkg"}, {"/usr/pkg/bin/pkgin", "pkgin"},
		{"/opt/local/bin/pkgin", "pkgin"}, {"/opt/tools/bin/pkgin", "pkgin"}, {"/opt/local/bin/port", "macports"},
		{"/usr/local/bin/brew", "homebrew"}, {"/opt/homebrew/bin/brew", "homebrew"}, {"/sbin/apk", "apk"},
		{"/usr/sbin/pkg", "pkgng"}, {"/usr/sbin/swlist", "swdepot"}, {"/usr/bin/emerge", "portage"},
		{"/usr/sbin/pkgadd", "svr4pkg"}, {"/usr/bin/pkg", "pkg5"}, {"/usr/bin/xbps-install", "xbps"},
		{"/usr/local/sbin/pkg", "pkgng"}, {"/usr/bin/swupd", "swupd"}, {"/usr/sbin/sorcery", "sorcery"},
		{"/usr/bin/installp", "installp"}, {"/QOpenSys/pkgs/bin/yum", "yum"},
	}
}
