package schema

import (
	"strconv"

	"github.com/musterhq/muster/internal/settings"
)

// Config is the schema of muster.toml.
func Config() map[string]any {
	props := object{}
	for _, own := range settings.Own() {
		p := object{"type": own.Type, "description": own.Doc + " The variable " + own.Env + " wins over it."}
		switch own.Type {
		case "boolean":
			p["default"] = own.Default == "true"
		case "integer":
			if n, err := strconv.Atoi(own.Default); err == nil {
				p["default"], p["minimum"] = n, 0
			}
		}
		props[own.Key] = p
	}
	s := top("muster settings", "muster.toml, muster's own settings; those of Ansible stand in ansible.cfg.", object{})
	s["type"], s["additionalProperties"], s["properties"] = "object", false, props
	return s
}
