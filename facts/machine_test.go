package facts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

func TestFQDN(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"full name first", map[string]string{"/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 web.example.com web\n"}, "web.example.com"},
		{"short name first", map[string]string{"/etc/hosts": "127.0.1.1 web web.example.com\n"}, "web.example.com"},
		{"of the address's first line", map[string]string{"/etc/hosts": "127.0.0.1 localhost.localdomain localhost\n127.0.0.1 web\n"}, "localhost.localdomain"},
		{"IPv6 loopback preferred", map[string]string{"/etc/hosts": "127.0.0.1 four.example web\n::1 six.example web\n"}, "six.example"},
		{"no dot anywhere", map[string]string{"/etc/hosts": "10.0.0.1 server web # comment.example\n"}, "server"},
		{"unknown", map[string]string{"/etc/hosts": "bad line\n"}, "web"},
		{"files not asked", map[string]string{"/etc/hosts": "10.0.0.1 web.example.com web\n", "/etc/nsswitch.conf": "hosts: dns # files\n"}, "web"},
	}
	for _, tt := range tests {
		if got := gatherOf(t, tree(t, tt.files)).fqdn("web"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestDNSPatience(t *testing.T) {
	conf := func(text string) map[string]any { return parseResolvConf(lines(text)) }
	for _, tt := range []struct {
		node, conf string
		want       time.Duration
	}{
		{"web", "nameserver 10.0.0.1\n", dnsLongShot},
		{"web", "nameserver 127.0.0.53\n", loopbackTimeout},
		{"web", "nameserver 10.0.0.1\nsearch lan\n", dnsPatience},
		{"web.example.com", "nameserver 10.0.0.1\n", dnsPatience},
	} {
		if got := dnsTime(tt.node, conf(tt.conf)); got != tt.want {
			t.Errorf("%s with %q: %v, want %v", tt.node, tt.conf, got, tt.want)
		}
	}
}

func FuzzParseHosts(f *testing.F) {
	f.Add("127.0.0.1 a b\n::1 a\n", "a")
	f.Fuzz(func(_ *testing.T, text, name string) { parseHosts(lines(text)).namesOfHost(name) })
}

func TestServiceManager(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"systemd":          {map[string]string{"/proc/1/comm": "systemd\n"}, "systemd"},
		"runit":            {map[string]string{"/proc/1/comm": "runit-init\n"}, "runit"},
		"shell":            {map[string]string{"/proc/1/comm": "bash\n", "/etc/init.d/x": ""}, "sysvinit"},
		"openrc":           {map[string]string{"/proc/1/comm": "init\n", "/sbin/openrc": ""}, "openrc"},
		"busybox procd":    {map[string]string{"/proc/1/comm": "procd\n"}, "openwrt_init"},
		"nothing is known": {map[string]string{"/proc/1/comm": "init\n"}, "service"},
		"some other":       {map[string]string{"/proc/1/comm": "tini\n"}, "tini"},
	} {
		if got := gatherOf(t, tree(t, tt.files)).serviceMgr()["service_mgr"]; got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestPackageManager(t *testing.T) {
	release := func(id, version string) string { return "NAME=" + id + "\nID=" + id + "\nVERSION_ID=" + version + "\n" }
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"debian with dnf": {map[string]string{"/etc/os-release": "NAME=Debian\nID=debian\n", "/usr/bin/apt-get": "", "/usr/bin/dnf": ""}, "apt"},
		"rhel 7":          {map[string]string{"/etc/os-release": release("rhel", "7.9"), "/etc/redhat-release": "Red Hat 7.9", "/usr/bin/yum": ""}, "yum"},
		"rhel 9":          {map[string]string{"/etc/os-release": release("rhel", "9.1"), "/etc/redhat-release": "Red Hat 9.1", "/usr/bin/yum": ""}, "dnf"},
		"amazon 2":        {map[string]string{"/etc/os-release": "NAME=\"Amazon Linux\"\nID=amzn\nVERSION_ID=\"2\"\n", "/usr/bin/yum": ""}, "yum"},
		"amazon 2023":     {map[string]string{"/etc/os-release": "NAME=\"Amazon Linux\"\nID=amzn\nVERSION_ID=\"2023\"\n", "/usr/bin/dnf": "", "/usr/bin/yum": ""}, "dnf"},
		"alpine":          {map[string]string{"/etc/alpine-release": "3.18\n", "/sbin/apk": ""}, "apk"},
		"arch":            {map[string]string{"/etc/arch-release": "", "/usr/bin/pacman": ""}, "pacman"},
		"none":            {map[string]string{"/etc/os-release": release("x", "1")}, "unknown"},
		"ostree":          {map[string]string{"/etc/redhat-release": "Red Hat 9", "/run/ostree-booted": ""}, "atomic_container"},
	} {
		if got := gatherOf(t, tree(t, tt.files)).pkgMgr()["pkg_mgr"]; got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestVirtualization(t *testing.T) {
	const dmi = "/sys/devices/virtual/dmi/id/"
	for name, tt := range map[string]struct {
		files                   map[string]string
		kind, role, guest, host string
	}{
		"nothing":        {map[string]string{"/x": ""}, "NA", "NA", "", ""},
		"docker":         {map[string]string{"/.dockerenv": ""}, "docker", "guest", "container docker", ""},
		"cgroup":         {map[string]string{"/proc/1/cgroup": "1:x:/docker/abc\n"}, "docker", "guest", "container docker", ""},
		"lxc":            {map[string]string{"/proc/1/environ": "A=b\x00container=lxc\x00"}, "lxc", "guest", "container lxc", ""},
		"nspawn":         {map[string]string{"/run/systemd/container": "systemd-nspawn"}, "systemd-nspawn", "guest", "container systemd-nspawn", ""},
		"kvm":            {map[string]string{dmi + "sys_vendor": "QEMU\n", dmi + "product_name": "Standard PC\n"}, "kvm", "guest", "kvm", ""},
		"vmware":         {map[string]string{dmi + "product_name": "VMware20,1\n"}, "VMware", "guest", "VMware", ""},
		"virtualbox":     {map[string]string{dmi + "bios_vendor": "innotek GmbH\n"}, "virtualbox", "guest", "virtualbox", ""},
		"kvm host":       {map[string]string{"/proc/modules": "kvm_intel 1\nkvm 2\n"}, "kvm", "host", "", "kvm"},
		"xen host":       {map[string]string{"/proc/xen/capabilities": "control_d\n"}, "xen", "host", "", "xen"},
		"xen guest":      {map[string]string{"/proc/xen/capabilities": "\n"}, "xen", "guest", "", ""},
		"openvz":         {map[string]string{"/proc/vz/x": ""}, "openvz", "guest", "container openvz", ""},
		"z":              {map[string]string{"/proc/cpuinfo": "vendor_id       : IBM/S390\n"}, "ibm_systemz", "guest", "PR/SM ibm_systemz", ""},
		"guest with kvm": {map[string]string{"/run/systemd/container": "podman", "/dev/kvm": ""}, "podman", "guest", "container podman", "kvm"},
	} {
		facts := gatherOf(t, tree(t, tt.files)).virtual()
		guest, _ := facts["virtualization_tech_guest"].([]string)
		host, _ := facts["virtualization_tech_host"].([]string)
		if facts["virtualization_type"] != tt.kind || facts["virtualization_role"] != tt.role || strings.Join(guest, " ") != tt.guest || strings.Join(host, " ") != tt.host {
			t.Errorf("%s: %v", name, facts)
		}
	}
}

func TestDevicesOfAMachine(t *testing.T) {
	r := tree(t, map[string]string{"/sys/block/sda/size": "2048\n", "/sys/block/sda/removable": "0\n", "/sys/block/sda/queue/rotational": "1\n",
		"/sys/block/sda/queue/scheduler": "[none] x\n", "/sys/block/sda/queue/logical_block_size": "4096\n", "/sys/block/sda/device/vendor": "ATA  \n",
		"/sys/block/sda/sda1/size": "1024\n", "/sys/block/sda/sda1/start": "64\n", "/sys/block/sda/sda1/holders/dm-0/dm/name": "vg-root\n"})
	got, _ := gatherOf(t, r).devices()["devices"].(map[string]any)
	none := map[string]any{"ids": []string{}, "labels": []string{}, "masters": []string{}, "uuids": []string{}}
	same(t, "disk", got["sda"], map[string]any{"virtual": 0, "links": none, "host": "", "holders": []string{}, "removable": "0", "rotational": "1",
		"support_discard": nil, "scheduler_mode": "none", "vendor": "ATA", "model": nil, "sas_address": nil, "sas_device_handle": nil,
		"sectors": "2048", "sectorsize": "4096", "size": "1.00 MB",
		"partitions": map[string]any{"sda1": map[string]any{"links": none, "holders": []string{"vg-root"}, "uuid": nil, "start": "64", "sectors": "1024", "sectorsize": 512, "size": "512.00 KB"}}})
}

func TestThrowAwayMachineNeverFails(t *testing.T) {
	facts, warnings, err := Gather(t.Context(), sys.Rooted(t.TempDir()), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	for _, name := range []string{"system", "kernel", "machine", "hostname", "fqdn", "distribution", "os_family", "pkg_mgr", "service_mgr", "date_time",
		"env", "user_id", "virtualization_type", "interfaces", "default_ipv4", "dns", "local", "lsb", "selinux", "apparmor", "fips", "mounts", "devices"} {
		if facts["ansible_"+name] == nil {
			t.Errorf("no fact %s", name)
		}
	}
}

func TestThisMachine(t *testing.T) {
	facts, _, err := Gather(t.Context(), sys.Real(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	interfaces, _ := facts["ansible_interfaces"].([]string)
	if !slices.Contains(interfaces, "lo") && facts["ansible_system"] == "Linux" {
		t.Errorf("interfaces: %v", interfaces)
	}
	if lo, _ := facts["ansible_lo"].(map[string]any); facts["ansible_system"] == "Linux" && lo["type"] != "loopback" {
		t.Errorf("lo: %v", lo)
	}
	if n, _ := facts["ansible_memtotal_mb"].(int); n <= 0 && facts["ansible_system"] == "Linux" {
		t.Errorf("memory: %v", facts["ansible_memtotal_mb"])
	}
}

func BenchmarkGather(b *testing.B) {
	for b.Loop() {
		if _, _, err := Gather(b.Context(), sys.Real(), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
