package systemd

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/services/dbus"
)

// Show writes a unit's properties as `systemctl show` prints them: properties without a value are left out. Of a
// property that prints several lines (ExecReload with two commands) the last one remains, as in Ansible's result.
func Show(props map[string]dbus.Variant, loc *time.Location) map[string]string {
	out := make(map[string]string, len(props))
	f := formatter{loc: loc}
	for name, v := range props {
		if s, ok := f.property(name, v.Value); ok {
			out[name] = strings.TrimSpace(s)
		}
	}
	return out
}

type formatter struct{ loc *time.Location }

// property returns the text of a property; ok is false where nothing is printed.
func (f formatter) property(name string, v any) (text string, ok bool) {
	switch x := v.(type) {
	case string:
		text = escapeLines(x)
	case dbus.Path:
		text = string(x)
	case bool:
		return yesNo(x), true
	case int32:
		return signed32(name, x)
	case int64:
		return strconv.FormatInt(x, 10), true
	case uint32:
		return number32(name, x), true
	case uint64:
		return f.number64(name, x)
	case float64:
		return strconv.FormatFloat(x, 'g', 6, 64), true
	case []string:
		text = words(x)
	case []byte:
		text = octets(name, x)
	case []any:
		text = f.structured(name, x)
	default:
		return "", false
	}
	return text, text != ""
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func escapeLines(s string) string {
	return strings.ReplaceAll(s, "\n", `\n`)
}

const notSet = "[not set]"

func number32(name string, x uint32) string {
	switch {
	case strings.HasSuffix(name, "UMask") || strings.HasSuffix(name, "Mode"):
		return fmt.Sprintf("%04o", x)
	case (name == "UID" || name == "GID") && x == math.MaxUint32:
		return notSet
	default:
		return strconv.FormatUint(uint64(x), 10)
	}
}

func signed32(name string, x int32) (string, bool) {
	switch {
	case strings.HasSuffix(name, "ActionExitStatus") && x < 0:
		return "", false
	case name == "NUMAPolicy":
		names := []string{"default", "preferred", "bind", "interleave", "local"}
		if x >= 0 && int(x) < len(names) {
			return names[x], true
		}
		return "n/a", true
	default:
		return strconv.FormatInt(int64(x), 10), true
	}
}

func (f formatter) number64(name string, x uint64) (string, bool) {
	unset := x == math.MaxUint64
	switch {
	case strings.HasSuffix(name, "Timestamp") || name == "NextElapseUSecRealtime" || name == "LastTriggerUSec":
		if x == 0 || unset {
			return "", false
		}
		return f.moment(x), true
	case strings.HasSuffix(name, "USec") || strings.HasSuffix(name, "USecMonotonic"):
		return Timespan(x), true
	case name == "CoredumpFilter":
		return fmt.Sprintf("0x%x", x), true
	case name == "RestrictNamespaces":
		return namespaces(x), true
	case name == "MountFlags":
		return mountFlags(x)
	case name == "CapabilityBoundingSet" || name == "AmbientCapabilities":
		s := capabilities(x)
		return s, s != ""
	case unset && isWeight(name):
		return notSet, true
	case unset && strings.HasPrefix(name, "IP") && (strings.HasSuffix(name, "Bytes") || strings.HasSuffix(name, "Packets")):
		return "[no data]", true
	case unset && isLimit(name):
		return "infinity", true
	default:
		return strconv.FormatUint(x, 10), true
	}
}

func isWeight(name string) bool {
	switch name {
	case "CPUWeight", "StartupCPUWeight", "CPUShares", "StartupCPUShares", "IOWeight", "StartupIOWeight", "BlockIOWeight",
		"StartupBlockIOWeight", "MemoryCurrent", "TasksCurrent", "CPUUsageNSec",
		"MemoryPeak", "MemorySwapCurrent", "MemorySwapPeak", "MemoryZSwapCurrent", "EffectiveMemoryMax", "EffectiveMemoryHigh":
		return true
	}
	return false
}

func isLimit(name string) bool {
	if strings.HasPrefix(name, "Limit") || strings.HasPrefix(name, "DefaultLimit") || strings.HasSuffix(name, "TasksMax") {
		return true
	}
	switch strings.TrimPrefix(strings.TrimPrefix(name, "Startup"), "Default") {
	case "MemoryLow", "MemoryMin", "MemoryHigh", "MemoryMax", "MemorySwapMax", "MemoryZSwapMax", "MemoryLimit", "MemoryAvailable":
		return true
	}
	return false
}

// words joins a list, quoting what a shell would split or expand.
func words(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quoteWord(s)
	}
	return strings.Join(quoted, " ")
}

// quoteWord puts double quotes around a word with characters that mean something to a shell.
func quoteWord(s string) string {
	if !strings.ContainsAny(s, "\t\n\v\f\r \"'()<>|&;*?[$`\\!") {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\', '$', '`':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func octets(name string, b []byte) string {
	switch name {
	case "InvocationID":
		if strings.Trim(string(b), "\x00") == "" {
			return ""
		}
		return hex.EncodeToString(b)
	case "CPUAffinity", "NUMAMask", "AllowedCPUs", "AllowedMemoryNodes", "StartupAllowedCPUs", "StartupAllowedMemoryNodes",
		"EffectiveCPUs", "EffectiveMemoryNodes":
		return bitRanges(b)
	case "StandardInputData", "RootHashSignature":
		return base64.StdEncoding.EncodeToString(b)
	default:
		return hex.EncodeToString(b)
	}
}

// bitRanges writes the set bits as ranges: "0-1 4".
func bitRanges(b []byte) string {
	var parts []string
	for i := 0; i < len(b)*8; i++ {
		if b[i/8]>>(i%8)&1 == 0 {
			continue
		}
		start := i
		for i+1 < len(b)*8 && b[(i+1)/8]>>((i+1)%8)&1 == 1 {
			i++
		}
		if start == i {
			parts = append(parts, strconv.Itoa(start))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", start, i))
		}
	}
	return strings.Join(parts, " ")
}
