package access

import (
	"strconv"
	"strings"
)

func escapeFstab(field string) string {
	return strings.NewReplacer(`\`, `\134`, " ", `\040`, "&", `\046`).Replace(field)
}

// unescapeFstab reads octal escapes such as \040.
func unescapeFstab(field string) string {
	var out strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+3 < len(field) {
			if n, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(field[i])
	}
	return out.String()
}

// fields are the six fields of the line that the parameters ask for.
func (p MountParams) fields() [6]string {
	opts, _, _ := p.options()
	f := [6]string{"", escapeFstab(p.Path), "", escapeFstab(opts), escapeFstab(p.Dump), escapeFstab(p.Passno)}
	if p.Src != nil {
		f[0] = escapeFstab(*p.Src)
	}
	if p.FSType != nil {
		f[2] = escapeFstab(*p.FSType)
	}
	return f
}

// editFstab returns fstab with the mount point's line in it or out of it. Other lines, comments and lines that are
// none stay as they are; of swap areas, which share the mount point none, the source tells which is meant.
func (p MountParams) editFstab(content string) (string, bool) {
	remove := p.State == "absent" || p.State == "absent_from_fstab"
	wanted := p.fields()
	var out strings.Builder
	found, changed := false, false
	for line := range strings.SplitAfterSeq(content, "\n") {
		if line == "" {
			continue
		}
		if !strings.HasSuffix(line, "\n") {
			line += "\n"
		}
		have, ok := parseFstab(line)
		ours := ok && have[1] == wanted[1] && (have[1] != "none" || have[2] != "swap" || p.Src == nil || have[0] == wanted[0])
		switch {
		case !ours:
			out.WriteString(line)
		case remove:
			changed = true
		case have == wanted:
			found = true
			out.WriteString(line)
		default:
			found, changed = true, true
			out.WriteString(strings.Join(wanted[:], " ") + "\n")
		}
	}
	if !remove && !found {
		changed = true
		out.WriteString(strings.Join(wanted[:], " ") + "\n")
	}
	if !changed {
		return content, false
	}
	return out.String(), true
}

// parseFstab takes a line apart; the last two fields are 0 where they are left out.
func parseFstab(line string) (f [6]string, ok bool) {
	words := strings.Fields(line)
	if len(words) < 4 || len(words) > 6 || strings.HasPrefix(words[0], "#") {
		return f, false
	}
	f[4], f[5] = "0", "0"
	copy(f[:], words)
	return f, true
}
