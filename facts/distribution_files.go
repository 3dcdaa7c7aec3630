package facts

import (
	"regexp"
	"slices"
	"strings"
)

// distributionFacts is a short way to write one or more distribution facts: names without the prefix distribution_.
func distributionFacts(pairs ...string) map[string]any {
	facts := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name := "distribution"
		if pairs[i] != "" {
			name += "_" + pairs[i]
		}
		facts[name] = pairs[i+1]
	}
	return facts
}

// find returns the first group of a pattern in a text.
func find(pattern, text string) (string, bool) {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// copyMatch sets a fact to what a pattern finds, if it finds anything.
func copyMatch(facts map[string]any, name, pattern, text string) {
	if s, ok := find(pattern, text); ok {
		facts[name] = s
	}
}

func before(s, separator string) string { first, _, _ := strings.Cut(s, separator); return first }

// known reads a file whose text names the distribution by a phrase, or a relative of it by its first word.
func known(phrase string) func(sighting) (map[string]any, bool) {
	return func(s sighting) (map[string]any, bool) {
		if strings.Contains(s.text, phrase) {
			return distributionFacts("", s.name, "file_search_string", phrase), true
		}
		return distributionFacts("", strings.Fields(s.text)[0]), true
	}
}

func nothing(sighting) (map[string]any, bool) { return nil, false }

func slackware(s sighting) (map[string]any, bool) {
	if !strings.Contains(s.text, "Slackware") {
		return nil, false
	}
	facts := map[string]any{}
	copyMatch(facts, "distribution_version", `(\w+[.]\w+\+?)`, s.text)
	return facts, true
}

func centos(s sighting) (map[string]any, bool) {
	switch {
	case strings.Contains(s.text, "CentOS Stream"):
		return distributionFacts("release", "Stream"), true
	case strings.Contains(s.text, "TencentOS Server"):
		return distributionFacts("", "TencentOS"), true
	}
	return nil, false
}

func openwrt(s sighting) (map[string]any, bool) {
	if !strings.Contains(s.text, "OpenWrt") {
		return nil, false
	}
	facts := map[string]any{}
	copyMatch(facts, "distribution_version", `DISTRIB_RELEASE="(.*)"`, s.text)
	copyMatch(facts, "distribution_release", `DISTRIB_CODENAME="(.*)"`, s.text)
	return facts, true
}

func amazon(s sighting) (map[string]any, bool) {
	if !strings.Contains(s.text, "Amazon") {
		return nil, false
	}
	if s.path != "/etc/os-release" {
		words := strings.Fields(s.text)
		i := slices.IndexFunc(words, func(w string) bool { return strings.Trim(w, "0123456789") == "" })
		if i < 0 {
			return distributionFacts("version", "NA"), true
		}
		return distributionFacts("version", words[i]), true
	}
	version, ok := find(`VERSION_ID="(.*)"`, s.text)
	if !ok {
		return map[string]any{}, true
	}
	major, minor, more := strings.Cut(version, ".")
	if !more {
		minor = "NA"
	}
	return distributionFacts("version", version, "major_version", major, "minor_version", minor), true
}

func alpine(s sighting) (map[string]any, bool) { return distributionFacts("version", s.text), true }

func arch(s sighting) (map[string]any, bool) { return nil, strings.Contains(s.text, "Arch Linux") }

func suse(s sighting) (map[string]any, bool) {
	lower := strings.ToLower(s.text)
	if !strings.Contains(lower, "suse") {
		return nil, false
	}
	facts := map[string]any{}
	if s.path == "/etc/os-release" {
		suseOSRelease(facts, s.text, lower)
	} else {
		suseRelease(facts, s, lower)
	}
	if target, err := s.g.r.Readlink("/etc/products.d/baseproduct"); err == nil && strings.HasSuffix(target, "SLES_SAP.prod") {
		facts["distribution"] = "SLES_SAP"
	}
	return facts, true
}

func suseOSRelease(facts map[string]any, text, lower string) {
	for _, line := range lines(text) {
		if name, ok := find(`^NAME=(.*)`, line); ok {
			facts["distribution"] = strings.Trim(name, `"`)
		}
		if version, ok := find(`^VERSION_ID="?([0-9]+\.?[0-9]*)"?`, line); ok {
			facts["distribution_version"], facts["distribution_major_version"] = version, before(version, ".")
		}
		minor, ok := find(`^VERSION_ID="?[0-9]+\.?([0-9]*)"?`, line)
		switch {
		case ok && strings.Contains(lower, "open"):
			facts["distribution_release"] = minor
		case ok && strings.Contains(lower, "enterprise") && minor == "":
			facts["distribution_release"] = "0" // no service pack: the first release
		case ok && strings.Contains(lower, "enterprise"):
			facts["distribution_release"] = minor
		}
	}
}

// suseRelease reads the SuSE-release file of versions before 15.
func suseRelease(facts map[string]any, s sighting, lower string) {
	switch {
	case strings.Contains(lower, "open"):
		facts["distribution"] = strings.Fields(s.text)[0]
		copyMatch(facts, "distribution_release", `CODENAME *= *([^\n]+)`, s.text)
	case strings.Contains(lower, "enterprise"):
		facts["distribution"] = strings.Fields(s.text)[0]
		if strings.Contains(s.text, "Server") {
			facts["distribution"] = "SLES"
		} else if strings.Contains(s.text, "Desktop") {
			facts["distribution"] = "SLED"
		}
		if patch, ok := find(`PATCHLEVEL = ([0-9]+)`, s.text); ok {
			version, _ := s.before["distribution_version"].(string)
			facts["distribution_release"], facts["distribution_version"] = patch, version+"."+patch
		}
	}
}

func mandriva(s sighting) (map[string]any, bool) {
	if !strings.Contains(s.text, "Mandriva") {
		return nil, false
	}
	facts := map[string]any{}
	copyMatch(facts, "distribution_version", `DISTRIB_RELEASE="(.*)"`, s.text)
	copyMatch(facts, "distribution_release", `DISTRIB_CODENAME="(.*)"`, s.text)
	return facts, true
}

func clearLinux(s sighting) (map[string]any, bool) {
	facts := map[string]any{}
	if name, ok := find(`NAME="(.*)"`, s.text); ok {
		if !strings.Contains(name, "Clear Linux") {
			return nil, false
		}
		facts["distribution"] = name
	}
	if version, ok := find(`VERSION_ID=(.*)`, s.text); ok {
		facts["distribution_version"], facts["distribution_major_version"] = version, version
	}
	copyMatch(facts, "distribution_release", `ID=(.*)`, s.text)
	return facts, true
}

func coreos(s sighting) (map[string]any, bool) {
	if s.id != "coreos" {
		return nil, false
	}
	facts := map[string]any{}
	if group, ok := find(`^GROUP=(.*)`, s.text); ok {
		facts["distribution_release"] = strings.Trim(group, `"`)
	}
	return facts, true
}

func flatcar(s sighting) (map[string]any, bool) {
	if s.id != "flatcar" {
		return nil, false
	}
	facts := map[string]any{}
	if version, ok := find(`VERSION=(.*)`, s.text); ok {
		version = strings.Trim(version, `"`)
		facts["distribution_version"], facts["distribution_major_version"] = version, before(version, ".")
	}
	return facts, true
}

func anyOther(s sighting) (map[string]any, bool) {
	facts := map[string]any{}
	for _, line := range lines(s.text) {
		if name, ok := find(`^NAME=(.*)`, line); ok {
			facts["distribution"] = strings.Trim(name, `"`)
		}
		if version, ok := find(`^VERSION=(.*)`, line); ok && s.before["distribution_version"] == "NA" {
			facts["distribution_version"] = strings.Trim(version, `"`)
		}
	}
	return facts, true
}
