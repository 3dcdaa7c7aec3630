package dpkg

import (
	"bytes"

	"github.com/musterhq/muster/modules/sys"
)

// ExtendedStatesPath is apt's record of packages that came as dependencies.
const ExtendedStatesPath = "/var/lib/apt/extended_states"

// ReadAuto returns the names, as apt calls them, of packages that were installed only as dependencies.
func ReadAuto(r sys.Reader, d *Database) map[string]bool {
	data, err := r.ReadFile(ExtendedStatesPath)
	if err != nil {
		return map[string]bool{}
	}
	return parseAuto(data, d)
}

func parseAuto(data []byte, d *Database) map[string]bool {
	auto := map[string]bool{}
	var name, arch string
	is := false
	flush := func() {
		if is && name != "" {
			auto[d.Name(Package{Name: name, Architecture: arch})] = true
		}
		name, arch, is = "", "", false
	}
	for _, line := range bytes.Split(data, []byte("\n")) {
		k, v, _ := bytes.Cut(line, []byte(":"))
		value := string(bytes.TrimSpace(v))
		switch string(k) {
		case "":
			flush()
		case "Package":
			name = value
		case "Architecture":
			arch = value
		case "Auto-Installed":
			is = value == "1"
		}
	}
	flush()
	return auto
}
