package facts

import "strings"

// debian reads os-release or lsb-release of Debian and of what descends from it.
func debian(s sighting) (map[string]any, bool) {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(s.text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("Debian", "Raspbian"):
		return properDebian(s), true
	case has("Ubuntu"):
		return distributionFacts("", "Ubuntu"), true
	case has("SteamOS"):
		return distributionFacts("", "SteamOS"), true
	case has("Kali"):
		return withDistribRelease(s, "Kali"), true
	case has("Parrot"):
		return withDistribRelease(s, "Parrot"), true
	case has("Devuan"):
		facts := distributionFacts("", "Devuan")
		copyMatch(facts, "distribution_release", `PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?`, s.text)
		copyMatch(facts, "distribution_version", `VERSION_ID="(.*)"`, s.text)
		copyMatch(facts, "distribution_major_version", `VERSION_ID="(.*)"`, s.text)
		return facts, true
	case has("Cumulus"):
		facts := distributionFacts("", "Cumulus Linux")
		versions(facts, `VERSION_ID=(.*)`, s.text)
		copyMatch(facts, "distribution_release", `VERSION="(.*)"`, s.text)
		return facts, true
	case has("Mint"):
		facts := distributionFacts("", "Linux Mint")
		versions(facts, `VERSION_ID="(.*)"`, s.text)
		return facts, true
	case has("UOS", "Uos", "uos"):
		return withCodename(s, "Uos"), true
	case has("Deepin", "deepin"):
		return withCodename(s, "Deepin"), true
	}
	return nil, false
}

func properDebian(s sighting) map[string]any {
	facts := distributionFacts("", "Debian")
	copyMatch(facts, "distribution_release", `PRETTY_NAME=[^(]+ \(?([^)]+?)\)`, s.text)
	if facts["distribution_release"] == nil && s.before["distribution_release"] == "NA" && strings.Contains(s.text, "Debian") {
		out, ok := s.g.query("dpkg-query", "-W", "-f", "${Provides}", "tzdata")
		if _, name, found := strings.Cut(out, "-"); ok && found {
			facts["distribution_release"] = strings.TrimSpace(name)
		}
	}
	for _, line := range s.g.lines("/etc/debian_version") {
		copyMatch(facts, "distribution_minor_version", `\d+\.(\d+)`, line)
	}
	return facts
}

func withDistribRelease(s sighting, name string) map[string]any {
	facts := distributionFacts("", name)
	copyMatch(facts, "distribution_release", `DISTRIB_RELEASE=(.*)`, s.text)
	return facts
}

func withCodename(s sighting, name string) map[string]any {
	facts := distributionFacts("", name)
	copyMatch(facts, "distribution_release", `VERSION_CODENAME="?([^"\n]+)"?`, s.text)
	versions(facts, `VERSION_ID="(.*)"`, s.text)
	return facts
}

func versions(facts map[string]any, pattern, text string) {
	if version, ok := find(pattern, text); ok {
		facts["distribution_version"], facts["distribution_major_version"] = version, before(version, ".")
	}
}
