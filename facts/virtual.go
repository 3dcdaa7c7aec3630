package facts

import (
	"slices"
	"strings"
)

// technologies collects the virtualization a machine shows; the first sign decides its type and role.
type technologies struct {
	kind, role  string
	found       bool
	guest, host []string
}

func (t *technologies) asGuest(name string) { t.sign(name, "guest", &t.guest) }
func (t *technologies) asHost(name string)  { t.sign(name, "host", &t.host) }

func (t *technologies) sign(name, role string, list *[]string) {
	if !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
	t.decide(name, role)
}

func (t *technologies) decide(name, role string) {
	if !t.found {
		t.kind, t.role, t.found = name, role, true
	}
}

func (g *gathering) virtual() map[string]any {
	t := &technologies{guest: []string{}, host: []string{}}
	g.containerSigns(t)
	g.xenSigns(t)
	firmwareSigns(t, g.text(dmiDir+"product_name"), g.text(dmiDir+"sys_vendor"), g.text(dmiDir+"product_family"),
		g.text(dmiDir+"bios_vendor"))
	vserverSigns(t, g.lines("/proc/self/status"))
	g.cpuSigns(t)
	g.moduleSigns(t)
	if product := g.text(dmiDir + "product_name"); strings.HasPrefix(product, "VMware") {
		t.asGuest("VMware")
	} else if strings.Contains(product, "BHYVE") {
		t.asGuest("bhyve")
	}
	if g.exists("/dev/kvm") {
		t.asHost("kvm")
	}
	t.decide("NA", "NA")
	slices.Sort(t.guest)
	slices.Sort(t.host)
	return map[string]any{"virtualization_type": t.kind, "virtualization_role": t.role,
		"virtualization_tech_guest": t.guest, "virtualization_tech_host": t.host}
}

func (g *gathering) containerSigns(t *technologies) {
	cgroupSigns(t, g.lines("/proc/1/cgroup"))
	environSigns(t, strings.Split(g.text("/proc/1/environ"), "\x00"))
	if g.exists("/proc/vz") && !g.exists("/proc/lve") {
		t.kind = "openvz" // outranks what was seen before it
		if g.exists("/proc/bc") {
			t.asHost("openvz")
		} else {
			t.asGuest("openvz")
		}
	}
	systemd := g.text("/run/systemd/container")
	if systemd != "" {
		t.asGuest(systemd)
	}
	if g.exists("/.dockerenv") || g.exists("/.dockerinit") {
		t.asGuest("docker")
	}
	kinds := []string{"docker", "lxc", "podman", "openvz", "containerd"}
	inside := slices.ContainsFunc(t.guest, func(name string) bool { return slices.Contains(kinds, name) })
	if inside || systemd != "" {
		t.asGuest("container")
	}
}

func cgroupSigns(t *technologies, text []string) {
	for _, line := range text {
		if strings.Contains(line, "/docker/") || strings.Contains(line, "/docker-") && strings.HasSuffix(line, ".scope") {
			t.asGuest("docker")
		}
		if strings.Contains(line, "/lxc/") || strings.Contains(line, "/machine.slice/machine-lxc") {
			t.asGuest("lxc")
		}
		if strings.Contains(line, "/system.slice/containerd.service") {
			t.asGuest("containerd")
		}
	}
}

func environSigns(t *technologies, pairs []string) {
	for _, pair := range pairs {
		if strings.Contains(pair, "container=lxc") {
			t.asGuest("lxc")
		}
		if strings.Contains(pair, "container=podman") {
			t.asGuest("podman")
		}
		if rest, ok := strings.CutPrefix(pair, "container="); ok && rest != "" {
			t.asGuest("container")
		}
	}
}

func (g *gathering) xenSigns(t *technologies) {
	if !g.exists("/proc/xen") {
		return
	}
	if strings.Contains(g.text("/proc/xen/capabilities"), "control_d") {
		t.asHost("xen")
	} else {
		t.decide("xen", "guest")
	}
}

// firmwareSigns knows hypervisors by the firmware they give their guests.
func firmwareSigns(t *technologies, product, vendor, family, bios string) {
	is := func(s string, any ...string) bool { return slices.Contains(any, s) }
	for _, s := range []struct {
		sign bool
		name string
	}{
		{is(product, "KVM", "KVM Server", "Bochs", "AHV"), "kvm"},
		{vendor == "oVirt", "oVirt"},
		{vendor == "Red Hat" && family == "RHV", "RHV"},
		{vendor == "Red Hat" && family != "RHV" && product == "RHEV Hypervisor", "RHEV"},
		{is(product, "VMware Virtual Platform", "VMware7,1"), "VMware"},
		{is(product, "OpenStack Compute", "OpenStack Nova"), "openstack"},
		{bios == "Xen", "xen"},
		{bios == "innotek GmbH", "virtualbox"},
		{is(bios, "Amazon EC2", "DigitalOcean", "Hetzner"), "kvm"},
		{is(vendor, "QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"), "kvm"},
		{vendor == "KubeVirt", "KubeVirt"},
		{vendor == "Microsoft Corporation", "VirtualPC"},
		{vendor == "Parallels Software International Inc.", "parallels"},
		{vendor == "OpenStack Foundation", "openstack"},
	} {
		if s.sign {
			t.asGuest(s.name)
		}
	}
}

func vserverSigns(t *technologies, status []string) {
	for _, line := range status {
		id, ok := strings.CutPrefix(line, "VxID:")
		id = strings.TrimSpace(id)
		switch {
		case !ok || id == "" || id[0] < '0' || id[0] > '9':
		case id[0] == '0':
			t.asHost("linux_vserver")
		default:
			t.asGuest("linux_vserver")
		}
	}
}

func (g *gathering) cpuSigns(t *technologies) {
	for _, line := range g.lines("/proc/cpuinfo") {
		key, value, _ := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		switch {
		case key == "model name" && strings.Contains(value, "QEMU Virtual CPU"):
			t.asGuest("kvm")
		case key == "vendor_id" && strings.Contains(value, "User Mode Linux"), key == "model name" && strings.Contains(value, "UML"):
			t.asGuest("uml")
		case key == "machine" && strings.Contains(value, "CHRP IBM pSeries (emulated by qemu)"):
			t.asGuest("kvm")
		case key == "vendor_id" && strings.Contains(value, "PowerVM Lx86"):
			t.asGuest("powervm_lx86")
		case key == "vendor_id" && strings.Contains(value, "IBM/S390"):
			g.mainframeSigns(t)
		}
	}
}

// mainframeSigns tells a partition of an IBM Z machine, and the hypervisor in it.
func (g *gathering) mainframeSigns(t *technologies) {
	first := !t.found
	t.sign("PR/SM", "LPAR", &t.guest)
	out, ok := g.query("lscpu")
	name := "ibm_systemz"
	if g.has("lscpu") {
		name = ""
	}
	for _, line := range lines(out) {
		if key, value, _ := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "Hypervisor" {
			name = strings.TrimSpace(value)
		}
	}
	if name == "" {
		return
	}
	if first {
		t.kind, t.role = name, "guest"
	}
	t.sign(name, "guest", &t.guest)
}

// moduleSigns knows hosts, and guests with paravirtual drivers, by the kernel's modules.
func (g *gathering) moduleSigns(t *technologies) {
	loaded := set{}
	for _, line := range g.lines("/proc/modules") {
		loaded.add(before(line, " "))
	}
	if loaded["kvm"] {
		first := !t.found
		t.asHost("kvm")
		if g.isDir("/rhev") && g.runs("vdsm", "vdsmd") {
			t.host = append(t.host, "RHEV")
			if first {
				t.kind = "RHEV"
			}
		}
	}
	if loaded["vboxdrv"] {
		t.asHost("virtualbox")
	}
	if loaded["virtio"] {
		t.sign("kvm", "guest", &t.host)
	}
}

// runs reports a running process of one of the names.
func (g *gathering) runs(names ...string) bool {
	return slices.ContainsFunc(g.names("/proc"), func(pid string) bool {
		return pid[0] >= '0' && pid[0] <= '9' && slices.Contains(names, g.text("/proc/"+pid+"/comm"))
	})
}
