package systemd

import (
	"fmt"
	"math"
	"strings"
)

type spanUnit struct {
	suffix string
	usec   uint64
}

func spanUnits() []spanUnit {
	const second, minute, hour, day = 1_000_000, 60_000_000, 3600_000_000, 86400_000_000
	return []spanUnit{
		{"y", 31557600 * second}, {"month", 2629800 * second}, {"w", 7 * day}, {"d", day}, {"h", hour},
		{"min", minute}, {"s", second}, {"ms", 1000}, {"us", 1},
	}
}

// Timespan writes microseconds as systemd does: "1min 30s", "100ms", "0", "infinity". Under a minute, what remains
// below the largest unit is written as decimals: "1.500000s".
func Timespan(usec uint64) string {
	if usec == math.MaxUint64 {
		return "infinity"
	}
	if usec == 0 {
		return "0"
	}
	var parts []string
	for _, u := range spanUnits() {
		if usec < u.usec {
			continue
		}
		n, rest := usec/u.usec, usec%u.usec
		if usec < 60_000_000 && rest > 0 {
			digits := map[string]int{"s": 6, "ms": 3}[u.suffix]
			if digits > 0 {
				parts = append(parts, fmt.Sprintf("%d.%0*d%s", n, digits, rest, u.suffix))
				break
			}
		}
		parts = append(parts, fmt.Sprintf("%d%s", n, u.suffix))
		if usec = rest; usec == 0 {
			break
		}
	}
	return strings.Join(parts, " ")
}
