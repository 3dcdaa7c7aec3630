package facts

import (
	"path"
	"strings"
)

// serviceMgr names what runs as process 1, and judges by what is installed where that name tells nothing.
func (g *gathering) serviceMgr() map[string]any {
	first := g.text("/proc/1/comm")
	if first == "" {
		first, _ = g.r.Readlink("/sbin/init")
	}
	first = strings.TrimSpace(path.Base(first))
	known := map[string]string{"procd": "openwrt_init", "runit-init": "runit", "svscan": "svc", "openrc-init": "openrc"}
	name := known[first]
	switch {
	case name != "":
	case first == "." || first == "init" || first == "COMMAND" || strings.HasSuffix(first, "sh"):
		name = g.installedServiceMgr() // an init of any kind, or a shell in a container
	default:
		name = first
	}
	return map[string]any{"service_mgr": name}
}

func (g *gathering) installedServiceMgr() string {
	systemd := g.has("systemctl")
	booted := g.exists("/run/systemd/system") || g.exists("/dev/.run/systemd") || g.exists("/dev/.systemd")
	switch {
	case g.distribution()["distribution"] == "OpenWrt":
		return "openwrt_init"
	case systemd && booted:
		return "systemd"
	case g.has("initctl") && g.exists("/etc/init"):
		return "upstart"
	case g.exists("/sbin/openrc"):
		return "openrc"
	case systemd && g.linkBase("/sbin/init") == "systemd":
		return "systemd"
	case g.exists("/etc/init.d"):
		return "sysvinit"
	}
	return "service"
}
