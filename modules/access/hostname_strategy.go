package access

import (
	"fmt"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// hostnameStrategy is how a distribution keeps the name.
type hostnameStrategy struct {
	systemd bool
	file    string
	key     string // of the line that holds the name; "" where the file is the name
	quote   string
}

func (p HostnameParams) strategy(r sys.Reader) (hostnameStrategy, error) {
	use := p.Use
	if use == "" {
		use = hostnameUse(r)
	}
	switch use {
	case "systemd", "debian":
		return hostnameStrategy{systemd: r.Root() == "/" && hasProgram(r, "hostnamectl"), file: "/etc/hostname"}, nil
	case "alpine", "generic":
		return hostnameStrategy{file: "/etc/hostname"}, nil
	case "openrc":
		return hostnameStrategy{file: "/etc/conf.d/hostname", key: "hostname=", quote: `"`}, nil
	case "redhat":
		return hostnameStrategy{file: "/etc/sysconfig/network", key: "HOSTNAME="}, nil
	case "sles":
		return hostnameStrategy{file: "/etc/HOSTNAME"}, nil
	}
	return hostnameStrategy{}, fmt.Errorf("hostname module cannot be used with use=%s on Linux", use)
}

// hostnameUse judges by what is there: a running systemd, else the distribution's own files.
func hostnameUse(r sys.Reader) string {
	there := func(path string) bool { _, err := r.Stat(path); return err == nil }
	switch {
	case there("/run/systemd/system") && hasProgram(r, "hostnamectl"):
		return "systemd"
	case there("/etc/alpine-release"):
		return "alpine"
	case there("/etc/conf.d/hostname"):
		return "openrc"
	case there("/etc/HOSTNAME") && !there("/etc/hostname"):
		return "sles"
	case there("/etc/redhat-release") && there("/etc/sysconfig/network") && !there("/etc/hostname"):
		return "redhat"
	}
	return "generic"
}

// find reads the name from the file's content.
func (h hostnameStrategy) find(content string) string {
	for line := range strings.SplitSeq(content, "\n") {
		line = strings.TrimSpace(line)
		if h.key == "" && line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
		if value, ok := strings.CutPrefix(line, h.key); ok && h.key != "" {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// set returns the file's content with another name.
func (h hostnameStrategy) set(content, name string) string {
	if h.key == "" {
		return name + "\n"
	}
	lines := strings.SplitAfter(content, "\n")
	declared := h.key + h.quote + name + h.quote + "\n"
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), h.key) {
			lines[i] = declared
			return strings.Join(lines, "")
		}
	}
	if content != "" && !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	return content + declared
}
