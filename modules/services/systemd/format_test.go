package systemd

import (
	"math"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/services/dbus"
)

func TestPropertiesPrintAsSystemctlPrintsThem(t *testing.T) {
	const unset = uint64(math.MaxUint64)
	exec := func(flags any, code, status int32) []any {
		return []any{[]any{"/bin/a", []string{"/bin/a", "-x"}, flags, uint64(1767225600000000), uint64(0), uint64(0), uint64(0), uint32(7), code, status}}
	}
	for _, c := range []struct {
		name  string
		value any
		want  string // "-" where nothing is printed
	}{
		{"Description", "a b", "a b"}, {"Description", "two\nlines", `two\nlines`}, {"StatusText", "", "-"},
		{"RemainAfterExit", true, "yes"}, {"RemainAfterExit", false, "no"},
		{"MainPID", uint32(12), "12"}, {"UID", uint32(math.MaxUint32), "[not set]"}, {"UMask", uint32(0o22), "0022"}, {"RuntimeDirectoryMode", uint32(0o755), "0755"},
		{"OOMScoreAdjust", int32(-5), "-5"}, {"SuccessActionExitStatus", int32(-1), "-"}, {"NUMAPolicy", int32(-1), "n/a"}, {"NUMAPolicy", int32(2), "bind"},
		{"RestartUSec", uint64(100000), "100ms"}, {"TimeoutStopUSec", uint64(90000000), "1min 30s"}, {"RuntimeMaxUSec", unset, "infinity"},
		{"ActiveEnterTimestamp", uint64(1767225600000000), "Thu 2026-01-01 00:00:00 UTC"}, {"ActiveExitTimestamp", uint64(0), "-"},
		{"ActiveEnterTimestampMonotonic", uint64(5), "5"}, {"LastTriggerUSec", uint64(0), "-"},
		{"MemoryCurrent", unset, "[not set]"}, {"MemoryMax", unset, "infinity"}, {"LimitNOFILESoft", unset, "infinity"}, {"TasksMax", uint64(50), "50"},
		{"IPIngressBytes", unset, "[no data]"}, {"IOReadBytes", unset, "18446744073709551615"}, {"CoredumpFilter", uint64(0x33), "0x33"},
		{"CapabilityBoundingSet", uint64(1<<12 | 1), "cap_chown cap_net_admin"}, {"AmbientCapabilities", uint64(0), "-"},
		{"RestrictNamespaces", uint64(0x7e020000), "no"}, {"RestrictNamespaces", uint64(0), "yes"}, {"RestrictNamespaces", uint64(0x42000000), "cgroup net"},
		{"MountFlags", uint64(1 << 19), "slave"}, {"MountFlags", uint64(0), "-"},
		{"Names", []string{"a.service", "b.service"}, "a.service b.service"}, {"Documentation", []string{"man:x(8)"}, `"man:x(8)"`},
		{"Environment", []string{"A=b", `Q="q" $x`}, `A=b "Q=\"q\" \$x"`}, {"After", []string{}, "-"},
		{"InvocationID", []byte{0xab, 1}, "ab01"}, {"CPUAffinity", []byte{0b10111}, "0-2 4"}, {"StandardInputData", []byte("hello\n"), "aGVsbG8K"},
		{"ExecStart", exec(true, 0, 0), "{ path=/bin/a ; argv[]=/bin/a -x ; ignore_errors=yes ; start_time=[Thu 2026-01-01 00:00:00 UTC] ; stop_time=[n/a] ; pid=7 ; code=(null) ; status=0/0 }"},
		{"ExecStartEx", exec([]string{"ignore-failure"}, 1, 3), "{ path=/bin/a ; argv[]=/bin/a -x ; flags=ignore-failure ; start_time=[Thu 2026-01-01 00:00:00 UTC] ; stop_time=[n/a] ; pid=7 ; code=exited ; status=3 }"},
		{"ExecStop", exec(false, 2, 9), "{ path=/bin/a ; argv[]=/bin/a -x ; ignore_errors=no ; start_time=[Thu 2026-01-01 00:00:00 UTC] ; stop_time=[n/a] ; pid=7 ; code=killed ; status=9/KILL }"},
		{"EnvironmentFiles", []any{[]any{"/a", false}, []any{"/b", true}}, "/b (ignore_errors=yes)"},
		{"Listen", []any{[]any{"Stream", "/run/x"}}, "/run/x (Stream)"}, {"Paths", []any{[]any{"PathExists", "/x"}}, "/x (PathExists)"},
		{"TimersMonotonic", []any{[]any{"OnBootUSec", uint64(3600000000), unset}}, "{ OnBootUSec=1h ; next_elapse=infinity }"},
		{"TimersCalendar", []any{[]any{"OnCalendar", "*-*-* 00:00:00", uint64(0)}}, "{ OnCalendar=*-*-* 00:00:00 ; next_elapse=(null) }"},
		{"SystemCallFilter", []any{true, []string{"read", "write"}}, "read write"}, {"SystemCallFilter", []any{false, []string{"mount"}}, "~mount"}, {"SystemCallFilter", []any{false, []string{}}, "-"},
		{"SELinuxContext", []any{true, "x"}, "-x"}, {"SELinuxContext", []any{false, ""}, "-"},
		{"LoadError", []any{"a.b", "not found"}, `a.b "not found"`}, {"LoadError", []any{"", ""}, "-"},
		{"Job", []any{uint32(5), dbus.Path("/j")}, "5"}, {"Job", []any{uint32(0), dbus.Path("/")}, "-"},
		{"SuccessExitStatus", []any{[]any{int32(3)}, []any{int32(9)}}, "3 KILL"},
		{"BindPaths", []any{[]any{"/a", "/b", false, uint64(16384)}, []any{"/c", "/c", true, uint64(0)}}, "/a:/b:rbind -/c:/c:norbind"},
		{"TemporaryFileSystem", []any{[]any{"/srv", "ro"}, []any{"/tmp", ""}}, "/srv:ro /tmp"},
		{"IPAddressDeny", []any{[]any{int32(2), []byte{127, 0, 0, 0}, uint32(8)}}, "127.0.0.0/8"},
		{"IOReadBandwidthMax", []any{[]any{"/dev/x", uint64(9)}}, "/dev/x 9"},
		{"Conditions", []any{[]any{"ConditionPathExists"}}, "-"},
	} {
		got, ok := Show(map[string]dbus.Variant{c.name: {Value: c.value}}, time.UTC)[c.name]
		if !ok {
			got = "-"
		}
		if got != c.want {
			t.Errorf("%s: %#v: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestTimespans(t *testing.T) {
	for usec, want := range map[uint64]string{
		0: "0", 7: "7us", 1500: "1.500ms", 100000: "100ms", 1500000: "1.500000s", 60000000: "1min", 61000000: "1min 1s",
		3780000000: "1h 3min", 87642948886: "1d 20min 42.948886s", 864000 * 1000000: "1w 3d", math.MaxUint64: "infinity", 3600000000 * 24 * 400: "1y 1month 4d 7h 30min",
	} {
		if got := Timespan(usec); got != want {
			t.Errorf("%d: got %q, want %q", usec, got, want)
		}
	}
}

func TestUnitNames(t *testing.T) {
	for name, want := range map[string]string{
		"ssh": "ssh.service", "ssh.socket": "ssh.socket", "a@b": "a@b.service", "/mnt/a-b": `mnt-a\x2db.mount`, "/": "-.mount",
		"/dev/sda1": "dev-sda1.device", "a b": `a\x20b.service`, ".service": ".service.service",
	} {
		if got := UnitName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := objectPath("a-1@b.service"); got != "/org/freedesktop/systemd1/unit/a_2d1_40b_2eservice" {
		t.Error(got)
	}
	if !IsTemplate("a@.service") || IsTemplate("a@b.service") || template("a@b.service") != "a@.service" || template("a.service") != "" {
		t.Error("templates")
	}
}
