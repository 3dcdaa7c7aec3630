package packages_test

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/packages"
	"github.com/musterhq/muster/modules/sys"
)

func TestYumRepository(t *testing.T) {
	with := func(content string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			modulestest.Dir(t, s, "/etc/yum.repos.d")
			if content != "" {
				modulestest.Write(t, s, "/etc/yum.repos.d/a.repo", content, 0o640)
			}
		}
	}
	args := func(more ...any) map[string]any {
		a := map[string]any{"name": "a", "description": "A repo", "baseurl": "https://example.com/a"}
		for i := 0; i < len(more); i += 2 {
			a[more[i].(string)] = more[i+1]
		}
		return a
	}
	file := func(text string) map[string]string { return map[string]string{"/etc/yum.repos.d/a.repo": text} }
	const plain = "[a]\nbaseurl = https://example.com/a\nname = A repo\n\n"
	gone := func(t *testing.T, s sys.System, _ modules.Result) {
		if _, err := s.Lstat("/etc/yum.repos.d/a.repo"); err == nil {
			t.Error("the file is there")
		}
	}
	modulestest.Run(t, packages.YumRepository(), []modulestest.Case{
		{Name: "new", Setup: with(""), Args: args(), Files: file(plain), Result: map[string]any{"repo": "a", "state": "present"},
			Meddle: func(t *testing.T, s sys.System) {
				modulestest.Write(t, s, "/etc/yum.repos.d/a.repo", "[mine]\n", 0o644)
			}},
		{Name: "all kinds of options", Setup: with(""), Args: args("enabled", false, "gpgcheck", true, "gpgkey", []any{"k1", "k2"}, "exclude", []any{"x*", "y"}, "validate_certs", true, "mode", "0600"),
			Files: file("[a]\nbaseurl = https://example.com/a\nenabled = 0\nexclude = x* y\ngpgcheck = 1\ngpgkey = k1\n\tk2\nname = A repo\nsslverify = 1\n\n")},
		{Name: "there, with comments and in another order", Setup: with("# mine\n[a]\nname=A repo\nBaseURL: https://example.com/a\n"), Args: args(), Unchanged: true},
		{Name: "beside another", Setup: with("[b]\nname = B\ngpgkey = k1\n  k2\n"), Args: args(), Files: file("[b]\nname = B\ngpgkey = k1\n\tk2\n\n" + plain)},
		{Name: "changed", Setup: with("[a]\nname = Old\nbaseurl = https://example.com/a\n\n[b]\nname = B\n"), Args: args(), Files: file("[b]\nname = B\n\n" + plain)},
		{Name: "other file", Setup: with(""), Args: args("file", "more"), Files: map[string]string{"/etc/yum.repos.d/more.repo": plain}},
		{Name: "absent, one of two", Setup: with(plain + "[b]\nname = B\n"), Args: map[string]any{"name": "a", "state": "absent"}, Files: file("[b]\nname = B\n\n")},
		{Name: "absent, the last", Setup: with(plain), Args: map[string]any{"name": "a", "state": "absent"}, Check: gone},
		{Name: "absent already", Setup: with("[b]\nname = B\n"), Args: map[string]any{"name": "a", "state": "absent"}, Unchanged: true},
		{Name: "no folder", Args: args(), Failed: "Repo directory '/etc/yum.repos.d' does not exist."},
		{Name: "no address", Setup: with(""), Args: map[string]any{"name": "a", "description": "A"}, Failed: "Parameter 'baseurl', 'metalink' or 'mirrorlist' is required."},
		{Name: "no description", Setup: with(""), Args: map[string]any{"name": "a", "baseurl": "x"}, Failed: "Parameter 'description' is required."},
		{Name: "broken file", Setup: with("name = A\n"), Args: args(), Failed: "line 1 stands in no section"},
	})
}
