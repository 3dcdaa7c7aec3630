package facts

import (
	"strconv"
	"strings"
)

// parseMeminfo turns /proc/meminfo into the memory facts, in whole megabytes.
func parseMeminfo(text []string) map[string]any {
	if text == nil {
		return nil
	}
	mb := map[string]int{}
	for _, line := range text {
		name, value, ok := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if !ok || len(fields) == 0 {
			continue
		}
		if kb, err := strconv.Atoi(fields[0]); err == nil {
			mb[name] = kb / 1024
		}
	}
	facts := map[string]any{}
	for _, name := range []string{"MemTotal", "MemFree", "SwapTotal", "SwapFree"} {
		if v, ok := mb[name]; ok {
			facts[strings.ToLower(name)+"_mb"] = v
		}
	}
	// known is the sum of fields, or nil where one of them is missing.
	known := func(plus []string, minus ...string) any {
		sum := 0
		for _, n := range plus {
			v, ok := mb[n]
			if !ok {
				return nil
			}
			sum += v
		}
		for _, n := range minus {
			v, ok := mb[n]
			if !ok {
				return nil
			}
			sum -= v
		}
		return sum
	}
	one := func(name string) any { return known([]string{name}) }
	facts["memory_mb"] = map[string]any{
		"real": map[string]any{"total": one("MemTotal"), "free": one("MemFree"), "used": known([]string{"MemTotal"}, "MemFree")},
		"nocache": map[string]any{"free": known([]string{"Cached", "MemFree", "Buffers"}),
			"used": known([]string{"MemTotal"}, "Cached", "MemFree", "Buffers")},
		"swap": map[string]any{"total": one("SwapTotal"), "free": one("SwapFree"), "used": known([]string{"SwapTotal"}, "SwapFree"),
			"cached": one("SwapCached")},
	}
	return facts
}
