package inventory

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
)

const tomlText = `
[all.vars]
java = false

[web]
children = ["apache", "nginx"]
vars = { port = 80, url = "{{ port }}" }

[web.hosts]
z = {}
"h[3:4]" = { ansible_port = 222 }

[apache.hosts]
t = { port = 81 }

[nginx.hosts.j]
list = [1, 2.5, "x"]
`

func TestTOML(t *testing.T) {
	dir := tree(t, map[string]string{"h.toml": tomlText})
	inv := load(t, Options{}, filepath.Join(dir, "h.toml"))
	var names []string
	for _, h := range inv.Hosts() {
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "z h3 h4 t j" {
		t.Errorf("hosts %s", got)
	}
	for host, want := range map[string]string{
		"t":  "{'java': False, 'port': 81, 'url': '{{ port }}'}",
		"j":  "{'java': False, 'port': 80, 'url': '{{ port }}', 'list': [1, 2.5, 'x']}",
		"h4": "{'java': False, 'port': 80, 'url': '{{ port }}', 'ansible_port': 222}",
	} {
		vars := inv.Vars(inv.Host(host), "")
		for _, k := range []string{"inventory_file", "inventory_dir", "inventory_hostname", "inventory_hostname_short", "group_names"} {
			vars.Delete(k)
		}
		if got := value.Repr(vars); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if v, _ := inv.Vars(inv.Host("t"), "").Get("url"); v != any(value.Template{Src: "{{ port }}", Pos: v.(value.Template).Pos}) {
		t.Errorf("url is no template: %#v", v)
	}
}
