package systemd

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// installSection holds what enabling a unit would link.
type installSection struct {
	aliases         []string
	rules           bool // it would be linked somewhere
	also            bool
	defaultInstance string
}

// parse adds the [Install] section of a unit file.
func (s *installSection) parse(data []byte) {
	i := bytes.Index(data, []byte("[Install]"))
	if i < 0 {
		return
	}
	in := false
	text := strings.ReplaceAll(string(data[i:]), "\\\n", " ")
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "[Install]"
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !in || !ok || line[0] == '#' || line[0] == ';' {
			continue
		}
		values := strings.Fields(v)
		switch strings.TrimSpace(k) {
		case "Alias":
			s.aliases = append(s.aliases, values...)
			s.rules = s.rules || len(values) > 0
		case "WantedBy", "RequiredBy", "UpheldBy":
			s.rules = s.rules || len(values) > 0
		case "Also":
			s.also = s.also || len(values) > 0
		case "DefaultInstance":
			s.defaultInstance = strings.TrimSpace(v)
		}
	}
}

const persistentConfig = "/etc/systemd/system"

// state returns the enablement of a resolved file that was asked for under a name.
func (u *UnitFiles) state(asked string, f resolved) string {
	dir := path.Dir(f.path)
	switch {
	case f.masked && isRuntime(dir):
		return "masked-runtime"
	case f.masked:
		return "masked"
	case asked != path.Base(f.path) && template(f.name) == "":
		return "alias"
	case strings.HasPrefix(dir, "/run/systemd/generator"):
		return "generated"
	case dir == "/run/systemd/transient":
		return "transient"
	}
	if s := u.linked(f, true); s != "" {
		return s
	}
	switch {
	case u.linked(f, false) != "":
		return "indirect"
	case f.install.rules:
		return "disabled"
	case f.install.also:
		return "indirect"
	default:
		return "static"
	}
}

func isRuntime(dir string) bool { return strings.HasPrefix(dir, "/run/") }

// linked looks through the folders for links to a unit; known restricts them to names that enabling would create, else
// other names beside the unit files count.
func (u *UnitFiles) linked(f resolved, known bool) string {
	ownDir := u.place(path.Dir(f.path))
	var runtime, anywhere, sameConfig, sameRuntime, below bool
	for i, d := range u.dirs {
		found, same := d.links(f, known, below)
		switch {
		case found && d.path == persistentConfig:
			return "enabled"
		case found && isRuntime(d.path):
			runtime = true
		case found:
			anywhere = true
		case same && d.path == persistentConfig:
			sameConfig = true
		case same && isRuntime(d.path):
			sameRuntime = true
		}
		below = below || i == ownDir
	}
	switch {
	case runtime:
		return "enabled-runtime"
	case anywhere && template(f.name) != "":
		return "static"
	case sameConfig:
		return "linked"
	case sameRuntime:
		return "linked-runtime"
	default:
		return ""
	}
}

func (u *UnitFiles) place(dir string) int {
	if i, ok := u.paths[dir]; ok {
		return i
	}
	return -1
}

// links reports whether one folder links to the unit; same says that it only holds a link of the unit's own name.
// below says that the folder ranks lower than the one the unit lives in, where its name means nothing any more.
func (d *unitDir) links(f resolved, known, below bool) (found, same bool) {
	check := func(l unitLink) {
		byName, byTarget := !below && l.name == f.name, path.Base(l.target) == f.name
		switch {
		case byName && byTarget && l.top:
			same = true
		case byName || byTarget:
			found = found || known && f.knows(l.name) || !known && (l.top || template(l.name) == f.name)
		}
	}
	for _, l := range d.targets[f.name] {
		check(l)
	}
	if !below {
		for _, l := range d.names[f.name] {
			if path.Base(l.target) != f.name {
				check(l)
			}
		}
	}
	return found, same
}

// knows reports whether enabling the unit could have created a link of this name.
func (f resolved) knows(link string) bool {
	if link == f.name || slices.Contains(f.install.aliases, link) {
		return true
	}
	return f.install.defaultInstance != "" && IsTemplate(f.name) && link == instantiate(f.name, f.install.defaultInstance)
}
