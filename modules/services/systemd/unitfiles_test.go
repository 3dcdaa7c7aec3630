package systemd

import (
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// host is a throw-away machine with unit files: "PATH -> TARGET" makes a link, "PATH: TEXT" a file.
func host(t *testing.T, lines ...string) sys.System {
	t.Helper()
	s := sys.Rooted(t.TempDir())
	for _, l := range lines {
		name, rest, isLink := strings.Cut(l, " -> ")
		if !isLink {
			name, rest, _ = strings.Cut(l, ": ")
		}
		full := s.Root() + name
		if err := os.MkdirAll(path.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(rest, full)
		} else {
			err = os.WriteFile(full, []byte(rest), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestEnablement(t *testing.T) {
	const etc, lib, run = "/etc/systemd/system/", "/usr/lib/systemd/system/", "/run/systemd/"
	const wanted = "[Install]\nWantedBy=multi-user.target\n"
	s := host(t,
		lib+"on.service: "+wanted, etc+"multi-user.target.wants/on.service -> /lib/systemd/system/on.service",
		lib+"off.service: "+wanted,
		lib+"static.service: [Service]\n", lib+"multi-user.target.wants/static.service -> ../static.service",
		lib+"aliased.service: [Install]\nAlias=other.service\n", etc+"other.service -> /lib/systemd/system/aliased.service",
		lib+"also.service: [Install]\nAlso=on.service\n",
		lib+"masked.service: [Service]\n", etc+"masked.service -> /dev/null",
		etc+"empty.service: ", lib+"late.service: [Service]\n", run+"system/late.service -> /dev/null",
		"/opt/linked.service: "+wanted, etc+"linked.service -> /opt/linked.service",
		"/opt/used.service: "+wanted, etc+"used.service -> /opt/used.service", etc+"multi-user.target.wants/used.service -> /opt/used.service",
		lib+"tmpl@.service: [Install]\nWantedBy=x.target\nDefaultInstance=zero\n", etc+"x.target.wants/tmpl@foo.service -> /lib/systemd/system/tmpl@.service",
		lib+"zero@.service: [Install]\nWantedBy=x.target\nDefaultInstance=zero\n", etc+"x.target.wants/zero@zero.service -> /lib/systemd/system/zero@.service",
		run+"generator.late/sysv.service: [Service]\n", run+"transient/once.service: [Service]\n",
		lib+"now.service: "+wanted, run+"system/multi-user.target.wants/now.service -> /lib/systemd/system/now.service",
		etc+"gone.service -> /nonexistent/gone.service",
		lib+"dropin.service: [Service]\n", etc+"dropin.service.d/a.conf: "+wanted,
		lib+"named.service: [Service]\n", etc+"nickname.service -> ../../../usr/lib/systemd/system/named.service",
		etc+"loop.service -> loop.service", etc+"on.timer: [Timer]\n",
	)
	if err := os.Symlink("usr/lib", s.Root()+"/lib"); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"on.service": "enabled", "off.service": "disabled", "static.service": "static", "aliased.service": "enabled", "other.service": "alias",
		"also.service": "indirect", "masked.service": "masked", "empty.service": "masked", "late.service": "masked-runtime", "linked.service": "linked", "used.service": "enabled",
		"tmpl@.service": "indirect", "zero@.service": "enabled", "sysv.service": "generated", "once.service": "transient", "now.service": "enabled-runtime",
		"gone.service": "bad", "dropin.service": "disabled", "named.service": "indirect", "nickname.service": "alias", "loop.service": "bad"}
	got := map[string]string{}
	units := map[string]string{}
	files := ScanUnitFiles(s, SearchPath())
	for _, f := range files.List(".service") {
		got[f.Name], units[f.Name] = f.State, f.Unit
	}
	for name, state := range want {
		if got[name] != state {
			t.Errorf("%s: got %q, want %q", name, got[name], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d unit files listed, want %d: %v", len(got), len(want), got)
	}
	if units["other.service"] != "aliased.service" || files.Lookup("nothing.service").State != "" || files.Lookup("tmpl@x.service").State != "disabled" {
		t.Errorf("lookups: %v, %v, %v", units["other.service"], files.Lookup("nothing.service"), files.Lookup("tmpl@x.service"))
	}
}

func TestAReloadIsNeededWhereSomethingIsNewer(t *testing.T) {
	files := []string{"/proc/self/mountinfo: 1 0 0:1 / / rw - ext4 /dev/a rw\n", "/etc/systemd/system/a.service: x", "/etc/systemd/system/b.target.wants/c.service -> ../c.service",
		"/usr/lib/systemd/system-generators/systemd-fstab-generator: x", "/etc/fstab: x", "/run/systemd/generator/x.mount: x"}
	unitDirs := []string{"/etc/systemd/system", "/run/systemd/generator", "/nonexistent"}
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if got := newerThan(host(t, files...), unitDirs, future); got != "" {
		t.Errorf("nothing is newer than tomorrow, but %s", got)
	}
	if got := newerThan(host(t, files...), unitDirs, past); got == "" {
		t.Error("everything is newer than the past")
	}
	for name, more := range map[string]string{
		"an unknown generator": "/etc/systemd/system-generators/mine: x",
		"an image over /usr":   "/proc/self/mountinfo: 1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /usr rw - overlay o rw\n",
		"a mount in between":   "/proc/self/mountinfo: 1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /etc/systemd rw - tmpfs t rw\n",
	} {
		if got := newerThan(host(t, append(files, more)...), append(unitDirs, "/usr/lib/systemd/system"), future); got == "" {
			t.Errorf("%s goes unnoticed", name)
		}
	}
	s := host(t, "/etc/systemd/system/a.service: x")
	if got := newerThan(s, unitDirs, future); got == "" {
		t.Error("without a table of mounts nothing is certain")
	}
}
