package facts

import "strings"

// lsb asks lsb_release, and reads /etc/lsb-release where there is no such program.
func (g *gathering) lsb() map[string]any {
	values := parseLSB(g.lsbRelease())
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
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}
