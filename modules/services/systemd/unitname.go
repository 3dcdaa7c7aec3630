package systemd

import (
	"fmt"
	"path"
	"strings"
)

// unitTypes are the suffixes of unit names.
func unitTypes() []string {
	return []string{".service", ".socket", ".target", ".device", ".mount", ".automount", ".swap", ".timer", ".path", ".slice", ".scope"}
}

// UnitName completes a name as systemctl does: paths become mounts and devices, a name without a type is a service.
func UnitName(name string) string {
	if strings.HasPrefix(name, "/dev/") {
		return escapePath(name) + ".device"
	}
	if strings.HasPrefix(name, "/") {
		return escapePath(name) + ".mount"
	}
	name = escapeName(name)
	for _, t := range unitTypes() {
		if strings.HasSuffix(name, t) && len(name) > len(t) {
			return name
		}
	}
	return name + ".service"
}

func validNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(":-_.\\@", c) >= 0
}

// escapeName replaces what unit names cannot hold.
func escapeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '/':
			b.WriteByte('-')
		case validNameByte(c):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

// escapePath writes a path as the name of a mount or device unit.
func escapePath(p string) string {
	p = strings.Trim(path.Clean(p), "/")
	if p == "" {
		return "-"
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '/':
			b.WriteByte('-')
		case c == '-' || c == '\\' || c == '@' || !validNameByte(c) || c == '.' && i == 0:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// objectPath is the D-Bus object of a unit.
func objectPath(unit string) string {
	var b strings.Builder
	b.WriteString(managerPath + "/unit/")
	for i := 0; i < len(unit); i++ {
		c := unit[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "_%02x", c)
	}
	return b.String()
}

// IsTemplate reports whether a unit name is a template without an instance, such as getty@.service.
func IsTemplate(unit string) bool {
	i := strings.IndexByte(unit, '@')
	return i > 0 && strings.HasPrefix(unit[i+1:], ".")
}

// template returns the template of an instance, or "".
func template(unit string) string {
	i := strings.IndexByte(unit, '@')
	dot := strings.LastIndexByte(unit, '.')
	if i <= 0 || dot <= i+1 {
		return ""
	}
	return unit[:i+1] + unit[dot:]
}

// instantiate puts an instance into a template.
func instantiate(tmpl, instance string) string {
	i := strings.IndexByte(tmpl, '@')
	if i < 0 {
		return tmpl
	}
	return tmpl[:i+1] + instance + tmpl[i+1:]
}
