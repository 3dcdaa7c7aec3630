package access_test

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestHostname(t *testing.T) {
	file := func(path, content string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) {
			for _, dir := range []string{"/etc/conf.d", "/etc/sysconfig"} {
				modulestest.Dir(t, s, dir)
			}
			modulestest.Write(t, s, path, content, 0o644)
		}
	}
	modulestest.Run(t, access.Hostname(), []modulestest.Case{
		{Name: "new", Args: map[string]any{"name": "web.example.com"}, Files: map[string]string{"/etc/hostname": "web.example.com\n"},
			Result: map[string]any{"name": "web.example.com", "changed": true, "diff": map[string]any{"before": "hostname = \n", "after": "hostname = web.example.com\n"},
				"ansible_facts": map[string]any{"ansible_hostname": "web", "ansible_nodename": "web.example.com", "ansible_fqdn": "web.example.com", "ansible_domain": "example.com"}},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/etc/hostname", "other\n", 0o644) }},
		{Name: "other", Setup: file("/etc/hostname", "old\n"), Args: map[string]any{"name": "web"}, Files: map[string]string{"/etc/hostname": "web\n"}},
		{Name: "same", Setup: file("/etc/hostname", "# a comment\nweb\n"), Args: map[string]any{"name": "web"}, Unchanged: true},
		{Name: "openrc", Setup: file("/etc/conf.d/hostname", "# name\nhostname=\"old\"\n"), Args: map[string]any{"name": "web"},
			Files: map[string]string{"/etc/conf.d/hostname": "# name\nhostname=\"web\"\n"}},
		{Name: "redhat", Setup: file("/etc/sysconfig/network", "NETWORKING=yes"), Args: map[string]any{"name": "web", "use": "redhat"},
			Files: map[string]string{"/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=web\n"}},
		{Name: "sles", Setup: file("/etc/HOSTNAME", "old\n"), Args: map[string]any{"name": "web"}, Files: map[string]string{"/etc/HOSTNAME": "web\n"}},
		{Name: "elsewhere", Args: map[string]any{"name": "web", "use": "darwin"}, Failed: "cannot be used with use=darwin"},
		{Name: "bad", Args: map[string]any{"name": "a b"}, Failed: "no name for a host"},
	})
}

func TestHostnameFactsAreFacts(t *testing.T) {
	if m := access.Hostname(); !m.Info().Facts || m.Info().Undo != modules.UndoFull {
		t.Errorf("info %+v", m.Info())
	}
}
