package facts

import (
	"maps"
	"strings"
)

// gatherDistribution names the distribution, its versions and its family.
func (g *gathering) gatherDistribution() map[string]any {
	platform := g.platform()
	facts := map[string]any{"distribution": platform["system"], "distribution_release": platform["kernel"],
		"distribution_version": platform["kernel_version"]}
	if platform["system"] == "Linux" || g.k == nil {
		maps.Copy(facts, g.linuxDistribution())
	}
	name, _ := facts["distribution"].(string)
	facts["os_family"] = osFamily(name)
	return facts
}

// linuxDistribution takes the standard files' word and corrects it by the first file that a distribution is known by.
func (g *gathering) linuxDistribution() map[string]any {
	d := g.guessDistro()
	facts := map[string]any{"distribution": d.name(), "distribution_version": orNA(d.version),
		"distribution_release": "NA", "distribution_major_version": orNA(strings.SplitN(d.version, ".", 2)[0])}
	if d.named {
		facts["distribution_release"] = d.codename
	}
	for _, f := range distributionFiles() {
		st, err := g.r.Stat(f.path)
		if err != nil || st.Size == 0 && !f.mayBeEmpty {
			continue
		}
		if f.mayBeEmpty {
			facts["distribution"], facts["distribution_file_path"], facts["distribution_file_variety"] = f.name, f.path, f.name
			break
		}
		text := strings.Trim(g.text(f.path), `'"\`)
		if text == "" {
			continue
		}
		found, ok := f.parse(sighting{g: g, name: f.name, path: f.path, text: text, before: facts, id: d.id})
		if !ok {
			continue
		}
		facts["distribution"], facts["distribution_file_path"], facts["distribution_file_variety"] = f.name, f.path, f.name
		facts["distribution_file_parsed"] = true
		maps.Copy(facts, found)
		break
	}
	return facts
}

func orNA(s string) string {
	if s == "" {
		return "NA"
	}
	return s
}

// distributionFile is a file that a distribution is known by.
type distributionFile struct {
	path, name string
	mayBeEmpty bool
	parse      func(sighting) (map[string]any, bool)
}

// sighting is such a file on a machine.
type sighting struct {
	g                *gathering
	name, path, text string
	before           map[string]any
	id               string
}

// distributionFiles lists the files in the order that tells relatives apart: the more particular first.
func distributionFiles() []distributionFile {
	return []distributionFile{
		{path: "/etc/altlinux-release", name: "Altlinux", parse: known("ALT")},
		{path: "/etc/oracle-release", name: "OracleLinux", parse: known("Oracle Linux")},
		{path: "/etc/slackware-version", name: "Slackware", parse: slackware},
		{path: "/etc/centos-release", name: "CentOS", parse: centos},
		{path: "/etc/redhat-release", name: "RedHat", parse: known("Red Hat")},
		{path: "/etc/vmware-release", name: "VMwareESX", mayBeEmpty: true},
		{path: "/etc/openwrt_release", name: "OpenWrt", parse: openwrt},
		{path: "/etc/os-release", name: "Amazon", parse: amazon},
		{path: "/etc/system-release", name: "Amazon", parse: amazon},
		{path: "/etc/alpine-release", name: "Alpine", parse: alpine},
		{path: "/etc/arch-release", name: "Archlinux", mayBeEmpty: true},
		{path: "/etc/os-release", name: "Archlinux", parse: arch},
		{path: "/etc/os-release", name: "SUSE", parse: suse},
		{path: "/etc/SuSE-release", name: "SUSE", parse: suse},
		{path: "/etc/gentoo-release", name: "Gentoo", parse: nothing},
		{path: "/etc/os-release", name: "Debian", parse: debian},
		{path: "/etc/lsb-release", name: "Debian", parse: debian},
		{path: "/etc/lsb-release", name: "Mandriva", parse: mandriva},
		{path: "/etc/sourcemage-release", name: "SMGL", parse: known("Source Mage GNU/Linux")},
		{path: "/usr/lib/os-release", name: "ClearLinux", parse: clearLinux},
		{path: "/etc/coreos/update.conf", name: "Coreos", parse: coreos},
		{path: "/etc/os-release", name: "Flatcar", parse: flatcar},
		{path: "/etc/os-release", name: "NA", parse: anyOther},
	}
}
