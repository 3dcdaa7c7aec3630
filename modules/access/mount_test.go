package access_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestMount(t *testing.T) {
	with := func(content string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/fstab", content, 0o644) }
	}
	args := func(state string, more map[string]any) map[string]any {
		all := map[string]any{"path": "/srv/my disk", "state": state}
		if state == "present" {
			all["src"], all["fstype"] = "LABEL=x", "ext4"
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	const line = "LABEL=x /srv/my\\040disk ext4 defaults 0 0\n"
	modulestest.Run(t, access.Mount(), []modulestest.Case{
		{Name: "first", Args: args("present", nil), Files: map[string]string{"/etc/fstab": line},
			Result: map[string]any{"name": "/srv/my disk", "src": "LABEL=x", "fstype": "ext4", "opts": "defaults", "dump": "0", "passno": "0", "fstab": "/etc/fstab", "boot": "yes", "backup_file": ""},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/fstab", "", 0o644) }},
		{Name: "there", Setup: with("# note\nLABEL=x  /srv/my\\040disk ext4 defaults\n"), Args: args("present", nil), Unchanged: true},
		{Name: "changed", Setup: with("# note\nLABEL=x /srv/my\\040disk ext4 defaults 0 0\nbad line"), Args: args("present", map[string]any{"opts": "ro", "boot": false}),
			Files: map[string]string{"/etc/fstab": "# note\nLABEL=x /srv/my\\040disk ext4 ro,noauto 0 0\nbad line\n"}, Result: map[string]any{"boot": "no"}},
		{Name: "swap", Setup: with("/dev/a none swap sw 0 0\n"), Args: map[string]any{"path": "none", "src": "/dev/b", "fstype": "swap", "opts": "sw", "state": "present"},
			Files: map[string]string{"/etc/fstab": "/dev/a none swap sw 0 0\n/dev/b none swap sw 0 0\n"}},
		{Name: "out of fstab", Setup: with("a b c d\n" + line), Args: args("absent_from_fstab", nil), Files: map[string]string{"/etc/fstab": "a b c d\n"}},
		{Name: "not in fstab", Setup: with("a b c d\n"), Args: args("absent_from_fstab", nil), Unchanged: true},
		{Name: "not mounted", Args: args("unmounted", nil), Unchanged: true},
		{Name: "backup", Setup: with("a b c d\n"), Args: args("present", map[string]any{"backup": true}),
			Check: func(t *testing.T, s sys.System, res modules.Result) {
				name, _ := res["backup_file"].(string)
				if data, err := s.ReadFile(name); err != nil || string(data) != "a b c d\n" {
					t.Errorf("%s: %q, %v", name, data, err)
				}
			}},
		{Name: "no source", Args: map[string]any{"path": "/x", "state": "mounted"}, Failed: "src, fstype"},
	})
}

// machines with mounts: what is run, and that a line which cannot be mounted is taken back.
func TestMountPrograms(t *testing.T) {
	const mounted = "36 35 98:0 / /srv/x rw - ext4 /dev/a rw\n"
	tests := []struct {
		name, mounts string
		args         map[string]any
		want         string
	}{
		{"mounted", "", map[string]any{"state": "mounted", "src": "/dev/a", "fstype": "ext4"}, "mount /srv/x"},
		{"own fstab", "", map[string]any{"state": "mounted", "src": "/dev/a", "fstype": "ext4", "fstab": "/etc/f"}, "mount -T /etc/f /srv/x"},
		{"new options", mounted, map[string]any{"state": "mounted", "src": "/dev/a", "fstype": "ext4", "opts": "ro"}, "mount -o remount /srv/x;umount /srv/x"},
		{"ephemeral", "", map[string]any{"state": "ephemeral", "src": "/dev/a", "fstype": "ext4", "opts": "ro"}, "mount -t ext4 -o ro /dev/a /srv/x"},
		{"unmounted", mounted, map[string]any{"state": "unmounted"}, "umount /srv/x"},
		{"remounted", mounted, map[string]any{"state": "remounted"}, "mount -o remount /srv/x;umount /srv/x"},
		{"other source", mounted, map[string]any{"state": "ephemeral", "src": "/dev/b", "fstype": "ext4"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := sys.NewFakeCommands().On("mount", sys.Output{Code: 32, Stderr: []byte("no")}).On("umount", sys.Output{Code: 32, Stderr: []byte("busy")})
			s := modulestest.NewMachine(t, fake.Option())
			for _, dir := range []string{"/proc", "/proc/self"} {
				modulestest.Dir(t, s, dir)
			}
			modulestest.Write(t, s, "/proc/self/mountinfo", tt.mounts, 0o644)
			tt.args["path"] = "/srv/x"
			before := modulestest.Snapshot(t, s)
			res := access.Mount().Run(t.Context(), &modules.Call{Sys: s, Args: tt.args})
			if got := strings.Join(fake.Lines(), ";"); got != tt.want || !res.Failed() {
				t.Errorf("ran %q, want %q: %v", got, tt.want, res)
			}
			if after := modulestest.Snapshot(t, s); tt.mounts == "" && after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}
