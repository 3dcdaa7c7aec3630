package facts

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
)

// parseOSRelease reads os-release: names in lower case, values unquoted. The key codename is added when the file
// tells one in any way.
func parseOSRelease(text string) map[string]string {
	values := map[string]string{}
	var kept []string
	for _, line := range lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			kept = append(kept, line)
		}
	}
	words, err := shlex.Split(strings.Join(kept, "\n"))
	if err != nil { // one bad line spoils the whole text: take the good ones
		words = nil
		for _, line := range kept {
			if w, err := shlex.Split(line); err == nil {
				words = append(words, w...)
			}
		}
	}
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			values[strings.ToLower(name)] = value
		}
	}
	if name, ok := codenameOf(values); ok {
		values["codename"] = name
	}
	return values
}

var versionCodename = regexp.MustCompile(`(\(\D+\))|,(\s+)?\D+`)

func codenameOf(values map[string]string) (string, bool) {
	for _, key := range []string{"version_codename", "ubuntu_codename"} {
		if name, ok := values[key]; ok {
			return name, true
		}
	}
	found := versionCodename.FindString(values["version"])
	return strings.TrimSpace(strings.Trim(strings.Trim(found, "()"), ",")), found != ""
}

var (
	releaseContent = regexp.MustCompile(`^(.+?) *(?:release *)?(\d[\d.+\-a-z]*)(?: LTS)? *(?:\((.*)\)[^)]*)?$`)
	releaseFile    = regexp.MustCompile(`^(\w+)[-_](release|version)$`)
)

// releaseLine is what a line such as "CentOS Linux release 7.9.2009 (Core)" says.
type releaseLine struct{ id, name, version, codename string }

func parseReleaseLine(line string) releaseLine {
	line = strings.TrimSpace(line)
	if m := releaseContent.FindStringSubmatch(line); m != nil {
		return releaseLine{name: m[1], version: m[2], codename: m[3]}
	}
	return releaseLine{name: line}
}

// releaseFileOf finds the distribution's own release file in /etc, such as redhat-release, and reads its first line.
func (g *gathering) releaseFileOf() releaseLine {
	ignored := map[string]bool{"debian_version": true, "lsb-release": true, "oem-release": true, "os-release": true,
		"system-release": true, "plesk-release": true, "iredmail-release": true}
	for _, name := range g.names("/etc") {
		m := releaseFile.FindStringSubmatch(name)
		if m == nil || ignored[name] {
			continue
		}
		text := lines(g.text("/etc/" + name))
		if len(text) == 0 {
			continue
		}
		line := parseReleaseLine(text[0])
		line.id = m[1]
		if strings.Contains(strings.ToLower(line.name), "cloudlinux") {
			line.id = "cloudlinux"
		}
		return line
	}
	return releaseLine{}
}
