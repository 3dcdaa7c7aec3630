package dpkg

import "strings"

// ParseOrigins tells by package where its installed version comes from, as the repositories call themselves. It reads
// `apt-cache policy`, which describes the sources, and `apt-cache policy NAME...`. Packages from no source have "".
func ParseOrigins(sources, versions string) map[string]string {
	origin := sourceOrigins(sources)
	out := map[string]string{}
	name, marked := "", false
	for _, line := range strings.Split(versions, "\n") {
		switch {
		case line == "":
		case line[0] != ' ' && strings.HasSuffix(line, ":"):
			name, marked = strings.TrimSuffix(line, ":"), false
		case strings.HasPrefix(line, " *** "):
			marked = true
			out[name] = ""
		case marked && strings.HasPrefix(line, "        "):
			_, source, _ := strings.Cut(strings.TrimSpace(line), " ")
			out[name] = origin[source]
			marked = false // the first source counts
		case strings.HasPrefix(line, "     "):
			marked = false
		}
	}
	return out
}

// sourceOrigins reads pairs of lines such as
//
//	500 http://deb.debian.org/debian bookworm/main amd64 Packages
//	    release v=12.5,o=Debian,a=stable
func sourceOrigins(text string) map[string]string {
	out := map[string]string{}
	source := ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "release "); ok {
			for _, item := range strings.Split(rest, ",") {
				if o, ok := strings.CutPrefix(item, "o="); ok {
					out[source] = o
				}
			}
			continue
		}
		if p, rest, ok := strings.Cut(line, " "); ok && p != "" && (isDigit(p[0]) || p[0] == '-') {
			source = rest
		}
	}
	return out
}
