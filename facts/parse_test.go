package facts

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// same compares values by way of JSON, which does not tell ints from floats.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func TestProcessors(t *testing.T) {
	intel := func(n int, physical, core, siblings, cores string) string {
		return strings.NewReplacer("N", string(rune('0'+n)), "P", physical, "C", core, "S", siblings, "K", cores).Replace(
			"processor\t: N\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: P\nsiblings\t: S\ncore id\t\t: C\ncpu cores\t: K\nflags\t\t: fpu vme de\n\n")
	}
	threads := intel(0, "0", "0", "4", "2") + intel(1, "0", "1", "4", "2") + intel(2, "0", "0", "4", "2") + intel(3, "0", "1", "4", "2")
	arm := "processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\n\nprocessor\t: 1\nBogoMIPS\t: 108.00\n\n"
	power := "processor\t: 0\ncpu\t\t: POWER9\n\nprocessor\t: 1\ncpu\t\t: POWER9\n\n"
	tests := []struct {
		name, text, arch string
		xen              bool
		want             map[string]any
	}{
		{"two threads a core", threads, "x86_64", false, map[string]any{"processor_count": 1, "processor_cores": 2, "processor_threads_per_core": 2, "processor_vcpus": 4, "processor_nproc": 4}},
		{"xen hvm", threads, "x86_64", true, map[string]any{"processor_vcpus": 4}},
		{"xen pv", strings.ReplaceAll(threads, "vme ", ""), "x86_64", true, map[string]any{"processor_count": 4, "processor_cores": 4, "processor_threads_per_core": 1, "processor_vcpus": 4, "processor_nproc": nil}},
		{"arm", arm, "aarch64", false, map[string]any{"processor": []string{"0", "1"}, "processor_count": 2, "processor_cores": 1, "processor_vcpus": 2, "processor_nproc": 2}},
		{"power", power, "ppc64le", false, map[string]any{"processor": []string{"0", "POWER9", "1", "POWER9"}, "processor_count": 2}},
		{"s390x", "vendor_id       : IBM/S390\n# processors    : 4\n", "s390x", false, map[string]any{"processor": []string{"IBM/S390"}, "processor_cores": 4, "processor_count": nil}},
		{"empty", "", "x86_64", false, map[string]any{"processor": []string{}, "processor_count": 0, "processor_cores": 1}},
	}
	for _, tt := range tests {
		got := parseCPUInfo(lines(tt.text)).facts(tt.arch, tt.xen)
		for key, want := range tt.want {
			same(t, tt.name+": "+key, got[key], want)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	got := parseMeminfo(lines("MemTotal:       24683744 kB\nMemFree:        23964000 kB\nBuffers:           4000 kB\nCached:          200000 kB\nSwapCached:            0 kB\nSwapTotal:       1048576 kB\nSwapFree:         524288 kB\nHugePages_Total:       0\n"))
	same(t, "memory", got, map[string]any{"memtotal_mb": 24105, "memfree_mb": 23402, "swaptotal_mb": 1024, "swapfree_mb": 512,
		"memory_mb": map[string]any{"real": map[string]any{"total": 24105, "free": 23402, "used": 703},
			"nocache": map[string]any{"free": 23402 + 3 + 195, "used": 24105 - 23402 - 3 - 195},
			"swap":    map[string]any{"total": 1024, "free": 512, "used": 512, "cached": 0}}})
	part, _ := parseMeminfo(lines("MemTotal: 2048 kB\n"))["memory_mb"].(map[string]any)
	same(t, "missing", part["real"], map[string]any{"total": 2, "free": nil, "used": nil})
}

func TestMounts(t *testing.T) {
	list := byPoint(parseMounts(lines("/dev/sda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\nsrv:/a\\040b /mnt/a\\040b nfs4 rw 0 0\n/dev/sdb1 /x ext4 rw 0 0\n/dev/sdc1 /x xfs ro 0 0\nnone /n none rw 0 0\nshort line\n")))
	same(t, "mounts", len(list), 3)
	want := []mount{{"/dev/sda1", "/", "ext4", "rw,relatime"}, {"srv:/a b", "/mnt/a b", "nfs4", "rw"}, {"/dev/sdc1", "/x", "xfs", "ro"}}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("mount %d: %+v, want %+v", i, list[i], want[i])
		}
	}
	binds := parseBinds(lines("36 35 98:0 /sub /bound\\040here rw - ext4 /dev/sda1 rw\n37 35 98:0 / / rw - ext4 /dev/sda1 rw\nbad\n"))
	if !binds["/bound here"] || binds["/"] {
		t.Errorf("binds: %v", binds)
	}
}

func TestParseCmdline(t *testing.T) {
	last, every := parseCmdline(`BOOT_IMAGE=/vmlinuz root=UUID=a=b ro console=tty0 console=ttyS0 console=x quiet`)
	same(t, "last", last, map[string]any{"BOOT_IMAGE": "/vmlinuz", "root": "UUID=a=b", "ro": true, "console": "x", "quiet": true})
	same(t, "every", every, map[string]any{"BOOT_IMAGE": "/vmlinuz", "root": "UUID=a=b", "ro": true, "console": []string{"tty0", "ttyS0", "x"}, "quiet": true})
}

func TestParseResolvConf(t *testing.T) {
	got := parseResolvConf(lines("# note\n; note\nnameserver 1.1.1.1\nnameserver 8.8.8.8\nsearch a.example b.example\ndomain example\noptions ndots:2 rotate\nsortlist 10.0.0.0\n"))
	same(t, "dns", got, map[string]any{"nameservers": []string{"1.1.1.1", "8.8.8.8"}, "search": []string{"a.example", "b.example"},
		"domain": "example", "options": map[string]any{"ndots": "2", "rotate": true}, "sortlist": []string{"10.0.0.0"}})
}

func TestDateTime(t *testing.T) {
	berlin := time.FixedZone("CEST", 7200)
	got := dateTimeFacts(time.Date(2026, 3, 1, 1, 2, 3, 4005000, berlin))
	same(t, "date", got, map[string]any{"year": "2026", "month": "03", "day": "01", "hour": "01", "minute": "02", "second": "03",
		"weekday": "Sunday", "weekday_number": "0", "weeknumber": "08", "epoch": "1772319723", "epoch_int": "1772319723",
		"date": "2026-03-01", "time": "01:02:03", "iso8601": "2026-02-28T23:02:03Z", "iso8601_micro": "2026-02-28T23:02:03.004005Z",
		"iso8601_basic": "20260301T010203004005", "iso8601_basic_short": "20260301T010203", "tz": "CEST", "tz_dst": "CEST", "tz_offset": "+0200"})
	for zone, want := range map[string]string{"Europe/Berlin": "CEST", "Australia/Sydney": "AEDT", "UTC": "UTC", "Asia/Tokyo": "JST"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatalf("the time zones of this machine: %v", err)
		}
		if got := summerZone(time.Date(2026, 11, 23, 0, 0, 0, 0, location)); got != want {
			t.Errorf("summer zone of %s: %s, want %s", zone, got, want)
		}
	}
}

func TestParseLSB(t *testing.T) {
	same(t, "lsb_release", parseLSB("No LSB modules are available.\nDistributor ID:\tDebian\nDescription:\tDebian GNU/Linux 12 (bookworm)\nRelease:\t12\nCodename:\tbookworm\n"),
		map[string]string{"id": "Debian", "description": "Debian GNU/Linux 12 (bookworm)", "release": "12", "codename": "bookworm"})
	same(t, "os-release", lsbOfOSRelease(parseOSRelease("NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n")),
		map[string]string{"id": "Debian", "description": "Debian GNU/Linux 12 (bookworm)", "release": "12", "codename": "n/a"})
	got := gatherOf(t, tree(t, map[string]string{"/etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04\"\n"})).lsb()
	same(t, "file", got, map[string]any{"lsb": map[string]any{"id": "Ubuntu", "release": "22.04", "codename": "jammy", "description": "Ubuntu 22.04", "major_release": "22"}})
}

func TestPythonVersion(t *testing.T) {
	for line, want := range map[string]pythonRelease{
		"Python 3.11.2":    {"3.11.2", 3, 11, 2, "final", 0},
		"Python 3.13.0rc2": {"3.13.0rc2", 3, 13, 0, "candidate", 2},
		"Python 3.12.0+":   {"3.12.0+", 3, 12, 0, "final", 0},
		"nonsense":         {},
	} {
		if got := parsePythonVersion(line); got != want {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}

func TestCapabilities(t *testing.T) {
	status := func(bits string) []string {
		return []string{"Name:\tx", "CapInh:\t0000000000000000", "CapPrm:\t" + bits, "CapEff:\t" + bits, "CapBnd:\t0", "CapAmb:\t0"}
	}
	for bits, want := range map[string]string{
		"000001ffffffffff": "=ep",
		"0000000000000000": "=",
		"000001fffeffffff": "=ep cap_sys_resource-ep",
		"0000000000000003": "= cap_chown,cap_dac_override+ep",
	} {
		state, ok := parseCapState(status(bits))
		if got := state.text(40); !ok || got != want {
			t.Errorf("%s: %q, want %q", bits, got, want)
		}
	}
}

func TestBytesForPeople(t *testing.T) {
	for n, want := range map[float64]string{0: "0.00 Bytes", 512: "512.00 Bytes", 274877906944: "256.00 GB", 1536: "1.50 KB", 1 << 50: "1.00 PB"} {
		if got := bytesForPeople(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}

func TestPartitionName(t *testing.T) {
	for entry, want := range map[string]string{"sda1": "sda1", "sda": "", "sda12": "sda12", "queue": "", "sdap3": "sdap3", "sdb1": "", "sdax": ""} {
		if got := partitionName("sda", entry); got != want {
			t.Errorf("%s: %q, want %q", entry, got, want)
		}
	}
	if got := partitionName("nvme0n1", "nvme0n1p2"); got != "nvme0n1p2" {
		t.Errorf("nvme: %q", got)
	}
}

func TestActiveScheduler(t *testing.T) {
	for list, want := range map[string]string{"[mq-deadline] kyber none": "mq-deadline", "none": "", "a [b] c": "b", "[x": ""} {
		if got := activeScheduler(list); got != want {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

func TestParseEthtool(t *testing.T) {
	same(t, "features", parseFeatures("Features for eth0:\nrx-checksumming: on\n\ttx-checksum-ipv4: off [fixed]\n"),
		map[string]any{"rx_checksumming": "on", "tx_checksum_ipv4": "off [fixed]"})
	same(t, "time stamping", parseTimestamping("Capabilities:\n\tsoftware-receive (SOF_TIMESTAMPING_RX_SOFTWARE)\nPTP Hardware Clock: 2\n\tnone (HWTSTAMP_FILTER_NONE)\n"),
		map[string]any{"timestamping": []string{"rx_software"}, "hw_timestamp_filters": []string{"none"}, "phc_index": 2})
}

func TestSELinuxConfig(t *testing.T) {
	same(t, "config", parseSELinuxConfig(lines("# SELINUX=x\nSELINUX=Permissive\nSELINUXTYPE=targeted\n")), map[string]string{"SELINUX": "permissive", "SELINUXTYPE": "targeted"})
	same(t, "nothing", parseSELinuxConfig(nil), map[string]string{"SELINUX": "unknown", "SELINUXTYPE": "unknown"})
	facts := gatherOf(t, tree(t, map[string]string{"/sys/fs/selinux/enforce": "1", "/sys/fs/selinux/policyvers": "33", "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n", "/usr/lib64/libselinux.so.1": ""})).selinux()
	same(t, "enabled", facts, map[string]any{"selinux": map[string]any{"status": "enabled", "mode": "enforcing", "config_mode": "enforcing", "type": "targeted", "policyvers": 33}, "selinux_python_present": true})
}
