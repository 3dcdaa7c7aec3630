package facts

import "strings"

// distro is what the machine's standard release files say, before the distribution's own files are looked at.
type distro struct {
	id, version, codename string
	named                 bool // a codename, maybe an empty one on purpose, was found
}

// guessDistro reads os-release first, then lsb_release, then the distribution's own release file.
func (g *gathering) guessDistro() distro {
	release := parseOSRelease(g.osRelease())
	d := distro{id: normalID(release["id"], map[string]string{"ol": "oracle", "opensuse-leap": "opensuse"})}
	own := g.releaseFileOf()
	if d.id == "" {
		lsb := g.lsbRelease()
		d.id = normalID(lsb["id"], map[string]string{"enterpriseenterpriseas": "oracle",
			"enterpriseenterpriseserver": "oracle", "redhatenterpriseworkstation": "rhel",
			"redhatenterpriseserver": "rhel", "redhatenterprisecomputenode": "rhel"})
	}
	if d.id == "" {
		d.id = normalID(own.id, map[string]string{"redhat": "rhel"})
	}
	d.version = g.distroVersion(d.id, release, own)
	d.codename, d.named = g.distroCodename(d.id, release, own)
	return d
}

func (g *gathering) osRelease() string {
	if text := g.text("/etc/os-release"); text != "" {
		return text
	}
	return g.text("/usr/lib/os-release")
}

func normalID(id string, table map[string]string) string {
	id = strings.ReplaceAll(strings.ToLower(id), " ", "_")
	if known, ok := table[id]; ok {
		return known
	}
	return id
}

// distroVersion is the first version any source tells; for CentOS and Debian, whose os-release holds only the major
// number, the most precise one.
func (g *gathering) distroVersion(id string, release map[string]string, own releaseLine) string {
	best := id == "centos" || id == "debian"
	if v := release["version_id"]; v != "" && !best {
		return v
	}
	lsb := g.lsbRelease()
	sources := []string{release["version_id"], lsb["release"], own.version,
		parseReleaseLine(release["pretty_name"]).version, parseReleaseLine(lsb["description"]).version}
	if id == "debian" && g.exists("/usr/lib/python3/dist-packages/distro") {
		sources = append(sources, g.text("/etc/debian_version")) // Ansible reads it only by that library
	}
	version := ""
	for _, v := range sources {
		if version == "" || best && strings.Count(v, ".") > strings.Count(version, ".") {
			version = v
		}
	}
	if parts := strings.Split(version, "."); id == "centos" && len(parts) > 2 {
		return strings.Join(parts[:2], ".")
	}
	return version
}

func (g *gathering) distroCodename(id string, release map[string]string, own releaseLine) (string, bool) {
	for _, key := range []string{"version_codename", "ubuntu_codename"} {
		if name, ok := release[key]; ok {
			return name, true
		}
	}
	name, ok := release["codename"]
	if id == "ubuntu" || !ok {
		lsb := g.lsbRelease()["codename"]
		switch {
		case lsb != "":
			name = lsb
		case !ok:
			name = own.codename
		}
	}
	return name, name != ""
}

// name is the distribution's id as the facts begin from it.
func (d distro) name() string {
	switch d.id {
	case "":
		return "OtherLinux"
	case "amzn":
		return "Amazon"
	case "rhel":
		return "Redhat"
	}
	return strings.ToUpper(d.id[:1]) + strings.ToLower(d.id[1:])
}
