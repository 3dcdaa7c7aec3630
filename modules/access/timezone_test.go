package access_test

import (
	"testing"

	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestTimezone(t *testing.T) {
	zones := func(t *testing.T, s sys.System) {
		for _, dir := range []string{"/usr/share", "/usr/share/zoneinfo", "/usr/share/zoneinfo/Etc", "/usr/share/zoneinfo/Asia"} {
			modulestest.Dir(t, s, dir)
		}
		for _, name := range []string{"Etc/UTC", "Asia/Tokyo"} {
			modulestest.Write(t, s, "/usr/share/zoneinfo/"+name, "TZif", 0o644)
		}
	}
	utc := func(t *testing.T, s sys.System) {
		zones(t, s)
		if err := s.Symlink("/usr/share/zoneinfo/Etc/UTC", "/etc/localtime"); err != nil {
			t.Fatal(err)
		}
		modulestest.Write(t, s, "/etc/timezone", "Etc/UTC\n", 0o644)
		modulestest.Write(t, s, "/etc/adjtime", "0.5 1 0.0\n1\nUTC\n", 0o644)
	}
	tokyo := map[string]any{"name": "Asia/Tokyo"}
	modulestest.Run(t, access.Timezone(), []modulestest.Case{
		{Name: "another zone", Setup: utc, Args: tokyo, Files: map[string]string{"/etc/timezone": "Asia/Tokyo\n", "/etc/localtime": "TZif"},
			Result: map[string]any{"diff": map[string]any{"before": map[string]any{"name": "Etc/UTC"}, "after": map[string]any{"name": "Asia/Tokyo"}}},
			Meddle: func(t *testing.T, s sys.System) {
				if err := s.Remove("/etc/localtime"); err != nil {
					t.Fatal(err)
				}
				if err := s.Symlink("/usr/share/zoneinfo/Asia/Seoul", "/etc/localtime"); err != nil {
					t.Fatal(err)
				}
			}},
		{Name: "the same", Setup: utc, Args: map[string]any{"name": "Etc/UTC"}, Unchanged: true},
		{Name: "a machine without a zone", Setup: zones, Args: tokyo, Files: map[string]string{"/etc/localtime": "TZif"}},
		{Name: "local clock", Setup: utc, Args: map[string]any{"hwclock": "local"}, Files: map[string]string{"/etc/adjtime": "0.5 1 0.0\n1\nLOCAL\n"}},
		{Name: "local clock, first time", Setup: zones, Args: map[string]any{"rtc": "local"}, Files: map[string]string{"/etc/adjtime": "0.0 0 0.0\n0\nLOCAL\n"}},
		{Name: "no such zone", Setup: utc, Args: map[string]any{"name": "Mars/Base"}, Failed: `given timezone "Mars/Base" is not available`},
		{Name: "out of the zones", Setup: utc, Args: map[string]any{"name": "../../../etc/passwd"}, Failed: "is not available"},
		{Name: "nothing", Setup: utc, Args: map[string]any{}, Failed: "one of the following is required: hwclock, name"},
	})
}
