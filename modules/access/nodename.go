package access

import (
	"os"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// currentHostname is the name the machine goes by at present; for a throw-away machine the one it would start with.
func currentHostname(r sys.Reader) string {
	if r.Root() == "/" {
		if name, err := os.Hostname(); err == nil {
			return name
		}
	}
	data, err := r.ReadFile("/etc/hostname")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
