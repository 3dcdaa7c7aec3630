package systemd

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// structured writes properties that are structs or lists of structs. Of several lines the last remains, except where
// systemctl joins the items in one line.
func (f formatter) structured(name string, items []any) string {
	if len(items) == 0 {
		return ""
	}
	switch {
	case name == "Job":
		if id, _ := items[0].(uint32); id > 0 {
			return strconv.FormatUint(uint64(id), 10)
		}
		return ""
	case name == "Unit" && len(items) == 2:
		return str(items[0])
	case name == "SystemCallFilter" || name == "RestrictAddressFamilies" || name == "RestrictFileSystems" || name == "SystemCallLog":
		return allowList(items)
	case name == "SELinuxContext" || name == "AppArmorProfile" || name == "SmackProcessLabel":
		return ignorable(items)
	case name == "LoadError":
		return quotedError(items)
	case strings.HasPrefix(name, "Exec"):
		return f.command(last(items))
	case name == "TimersMonotonic" || name == "TimersCalendar":
		return f.timer(last(items))
	case name == "EnvironmentFiles":
		e := last(items)
		return fmt.Sprintf("%s (ignore_errors=%s)", str(at(e, 0)), yesNo(at(e, 1) == true))
	case name == "Paths":
		e := last(items)
		return fmt.Sprintf("%s (%s)", str(at(e, 1)), str(at(e, 0)))
	case name == "Listen":
		e := last(items)
		return fmt.Sprintf("%s (%s)", str(at(e, 1)), str(at(e, 0)))
	default:
		return lists(name, items)
	}
}

// lists writes the properties whose items are joined, or printed a line each.
func lists(name string, items []any) string {
	switch name {
	case "DeviceAllow":
		e := last(items)
		return strings.TrimSpace(str(at(e, 0)) + " " + str(at(e, 1)))
	case "IODeviceWeight", "StartupIODeviceWeight", "IODeviceLatencyTargetUSec", "BlockIODeviceWeight",
		"IOReadBandwidthMax", "IOWriteBandwidthMax", "IOReadIOPSMax", "IOWriteIOPSMax":
		e := last(items)
		return fmt.Sprintf("%s %v", str(at(e, 0)), at(e, 1))
	case "LogExtraFields":
		b, _ := items[len(items)-1].([]byte)
		return string(b)
	case "RootImageOptions":
		return joined(items, func(e []any) string { return str(at(e, 0)) + ":" + str(at(e, 1)) })
	case "IPAddressAllow", "IPAddressDeny":
		return addresses(items)
	case "RuntimeDirectorySymlink", "StateDirectorySymlink", "CacheDirectorySymlink", "LogsDirectorySymlink":
		return joined(items, func(e []any) string { return str(at(e, 0)) + ":" + str(at(e, 1)) })
	case "BindPaths", "BindReadOnlyPaths":
		return joined(items, bindPath)
	case "TemporaryFileSystem":
		return joined(items, func(e []any) string { return str(at(e, 0)) + withColon(str(at(e, 1))) })
	case "SuccessExitStatus", "RestartPreventExitStatus", "RestartForceExitStatus":
		return exitStatus(items)
	default:
		return ""
	}
}

// exitStatus writes a set of exit codes and signals.
func exitStatus(items []any) string {
	if len(items) != 2 {
		return ""
	}
	var out []string
	for i, set := range items {
		numbers, _ := set.([]any)
		for _, n := range numbers {
			text := fmt.Sprint(n)
			if i == 1 {
				text = signalName(n)
			}
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// command writes an item of ExecStart and the like; the extended form has flags instead of ignore_errors.
func (f formatter) command(e []any) string {
	if len(e) < 10 {
		return ""
	}
	argv, _ := e[1].([]string)
	options := "ignore_errors=" + yesNo(e[2] == true)
	if flags, ok := e[2].([]string); ok {
		options = "flags=" + strings.Join(flags, " ")
	}
	code, status := exitCode(e[8], e[9])
	return fmt.Sprintf("{ path=%s ; argv[]=%s ; %s ; start_time=[%s] ; stop_time=[%s] ; pid=%v ; code=%s ; status=%s }",
		str(e[0]), strings.Join(argv, " "), options, f.optional(e[3]), f.optional(e[5]), e[7], code, status)
}

func exitCode(code, status any) (string, string) {
	c, _ := code.(int32)
	s, _ := status.(int32)
	names := map[int32]string{1: "exited", 2: "killed", 3: "dumped", 4: "trapped", 5: "stopped", 6: "continued"}
	name, ok := names[c]
	if !ok {
		name = "(null)"
	}
	text := strconv.Itoa(int(s))
	switch {
	case c == 1:
		return name, text
	case s == 0:
		return name, text + "/0"
	default:
		return name, text + "/" + signalName(s)
	}
}

func (f formatter) optional(v any) string {
	x, _ := v.(uint64)
	if x == 0 || x == math.MaxUint64 {
		return "n/a"
	}
	return f.moment(x)
}

func (f formatter) moment(usec uint64) string {
	return time.UnixMicro(int64(usec)).In(f.loc).Format("Mon 2006-01-02 15:04:05 MST")
}

func (f formatter) timer(e []any) string {
	if len(e) != 3 {
		return ""
	}
	next, _ := e[2].(uint64)
	if base, ok := e[1].(uint64); ok {
		return fmt.Sprintf("{ %s=%s ; next_elapse=%s }", str(e[0]), Timespan(base), Timespan(next))
	}
	when := "(null)"
	if next > 0 && next < math.MaxUint64 {
		when = f.moment(next)
	}
	return fmt.Sprintf("{ %s=%s ; next_elapse=%s }", str(e[0]), str(e[1]), when)
}

func allowList(items []any) string {
	if len(items) != 2 {
		return ""
	}
	names, _ := items[1].([]string)
	prefix := "~"
	if items[0] == true {
		prefix = ""
	}
	if prefix == "~" && len(names) == 0 {
		return ""
	}
	return prefix + strings.Join(names, " ")
}

func ignorable(items []any) string {
	if len(items) != 2 {
		return ""
	}
	prefix := ""
	if items[0] == true {
		prefix = "-"
	}
	if str(items[1]) == "" {
		return ""
	}
	return prefix + str(items[1])
}

func quotedError(items []any) string {
	if len(items) != 2 || str(items[1]) == "" {
		return ""
	}
	return fmt.Sprintf("%s %q", str(items[0]), str(items[1]))
}

func bindPath(e []any) string {
	s := str(at(e, 0)) + ":" + str(at(e, 1))
	if at(e, 2) == true {
		s = "-" + s
	}
	if flags, _ := at(e, 3).(uint64); flags == 16384 {
		return s + ":rbind"
	}
	return s + ":norbind"
}

func addresses(items []any) string {
	return joined(items, func(e []any) string {
		b, _ := at(e, 1).([]byte)
		return addressText(b) + fmt.Sprintf("/%v", at(e, 2))
	})
}

func withColon(s string) string {
	if s == "" {
		return ""
	}
	return ":" + s
}

func joined(items []any, one func([]any) string) string {
	out := make([]string, 0, len(items))
	for _, it := range items {
		e, _ := it.([]any)
		out = append(out, one(e))
	}
	return strings.Join(out, " ")
}

func last(items []any) []any {
	e, _ := items[len(items)-1].([]any)
	return e
}

func at(e []any, i int) any {
	if i < len(e) {
		return e[i]
	}
	return nil
}

func str(v any) string { s, _ := v.(string); return s }
