package facts

import "strings"

// lsb asks lsb_release, and reads /etc/lsb-release where there is no such program.
func (g *gathering) lsb() map[string]any {
	values := g.lsbRelease()
	if len(values) == 0 {
		values = parseLSBFile(g.lines("/etc/lsb-release"))
	}
	facts := map[string]any{}
	for name, value := range values {
		facts[name] = strings.Trim(value, `'"\`)
	}
	if release, ok := values["release"]; ok {
		facts["major_release"] = strings.Trim(before(release, "."), `'"\`)
	}
	return map[string]any{"lsb": facts}
}

// askLSB is what lsb_release says, where it is installed. Where it only repeats files, the files are read instead.
func (g *gathering) askLSB() map[string]string {
	program, err := g.r.LookPath("lsb_release")
	if err != nil {
		return nil
	}
	if values := parseLSBFile(g.lines("/etc/lsb-release")); len(values) == 4 {
		return values
	}
	script := g.text(program)
	if strings.HasPrefix(script, "#!/bin/sh") && strings.Contains(script, "os_release=/etc/os-release") {
		return lsbOfOSRelease(parseOSRelease(g.osRelease()))
	}
	out, _ := g.query("lsb_release", "-a")
	return parseLSB(out)
}

// lsbOfOSRelease words os-release as Debian's lsb_release does.
func lsbOfOSRelease(release map[string]string) map[string]string {
	id := release["id"]
	if id != "" {
		id = strings.ToUpper(id[:1]) + id[1:]
	}
	if strings.EqualFold(id, release["name"]) {
		id = release["name"]
	}
	values := map[string]string{"id": id, "description": release["pretty_name"], "release": release["version_id"],
		"codename": release["version_codename"]}
	for name, value := range values {
		if value == "" {
			values[name] = "n/a"
		}
	}
	return values
}

// parseLSB reads the output of `lsb_release -a`.
func parseLSB(out string) map[string]string {
	names := map[string]string{"LSB Version": "release", "Distributor ID": "id", "Description": "description",
		"Release": "release", "Codename": "codename"}
	values := map[string]string{}
	for _, line := range lines(out) {
		label, value, ok := strings.Cut(line, ":")
		if name := names[label]; ok && name != "" {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}

// parseLSBFile reads /etc/lsb-release.
func parseLSBFile(text []string) map[string]string {
	names := map[string]string{"DISTRIB_ID": "id", "DISTRIB_RELEASE": "release", "DISTRIB_DESCRIPTION": "description",
		"DISTRIB_CODENAME": "codename"}
	values := map[string]string{}
	for _, line := range text {
		label, value, ok := strings.Cut(line, "=")
		if name := names[strings.TrimSpace(label)]; ok && name != "" {
			values[name] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return values
}
