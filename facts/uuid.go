package facts

import (
	"fmt"
	"strings"
)

// deviceUUID is the UUID of the file system on a device: udev's word for it, else the links that udev made, else
// what lsblk finds on a machine without udev; "N/A" where nobody knows.
func (g *gathering) deviceUUID(device string) string {
	st, err := g.r.Stat(device)
	if err != nil || !strings.HasPrefix(device, "/dev/") {
		return "N/A"
	}
	major, minor := deviceNumbers(st.Rdev)
	if text := g.lines(fmt.Sprintf("/run/udev/data/b%d:%d", major, minor)); text != nil {
		return orNAslash(afterPrefix(text, "E:ID_FS_UUID=", true))
	}
	for _, uuid := range g.names("/dev/disk/by-uuid") {
		if other, err := g.r.Stat("/dev/disk/by-uuid/" + uuid); err == nil && other.Rdev == st.Rdev && st.Rdev != 0 {
			return uuid
		}
	}
	out, _ := g.query("lsblk", "--noheadings", "--nodeps", "--output", "UUID", device)
	return orNAslash(strings.TrimSpace(out))
}

func orNAslash(s string) string {
	if s == "" {
		return "N/A"
	}
	return s
}

// deviceNumbers splits a device number as Linux packs it.
func deviceNumbers(dev uint64) (major, minor uint64) {
	return dev>>8&0xfff | dev>>32&^uint64(0xfff), dev&0xff | dev>>12&^uint64(0xff)
}
