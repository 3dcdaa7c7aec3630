package facts

import (
	"maps"
	"strconv"
	"strings"
)

// hardware joins what is known of processors, memory, firmware, disks, mounts and uptime.
func (g *gathering) hardware() map[string]any {
	var devices, lvm, mounts, dmi map[string]any
	together(
		func() { mounts = map[string]any{"mounts": g.mounts()} },
		func() { devices = g.devices() },
		func() { lvm = map[string]any{"lvm": g.lvm()} },
		func() { dmi = g.dmi() },
	)
	facts := map[string]any{}
	for _, part := range []map[string]any{g.processors(), parseMeminfo(g.lines("/proc/meminfo")), dmi, devices, g.uptime(), lvm, mounts} {
		maps.Copy(facts, part)
	}
	return facts
}

func (g *gathering) uptime() map[string]any {
	fields := strings.Fields(g.text("/proc/uptime"))
	if len(fields) == 0 {
		return nil
	}
	seconds, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return nil
	}
	return map[string]any{"uptime_seconds": int(seconds)}
}
