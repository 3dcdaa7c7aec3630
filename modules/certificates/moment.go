package certificates

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// moment is a time from now on, or back, in weeks, days, hours, minutes and seconds.
var moment = regexp.MustCompile(`^([+-])(?:(\d+)[wW])?(?:(\d+)[dD])?(?:(\d+)[hH])?(?:(\d+)[mM])?(?:(\d+)[sS]?)?$`)

// parseTime reads a time, such as 20300101000000Z or +1w; name is the parameter's. Its unit is a second.
func parseTime(text, name string, now time.Time) (time.Time, error) {
	if m := moment.FindStringSubmatch(text); m != nil && len(text) > 1 {
		t := now.UTC().Truncate(time.Second)
		for i, unit := range []int64{7 * 86400, 86400, 3600, 60, 1} {
			if m[i+2] == "" {
				continue
			}
			n, err := strconv.ParseInt(m[i+2], 10, 32)
			if err != nil {
				return t, fmt.Errorf("The time spec %q for %s is invalid", text, name) //nolint:staticcheck // the words users know
			}
			seconds := n * unit
			if m[1] == "-" {
				seconds = -seconds
			}
			t = time.Unix(t.Unix()+seconds, 0).UTC()
		}
		return t, nil
	}
	for _, layout := range []string{"20060102150405Z", "200601021504Z", "20060102150405-0700", "200601021504-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("The time spec %q for %s is invalid", text, name) //nolint:staticcheck // the words users know
}

// writeTime writes a time as certificates' times are written.
func writeTime(t time.Time) string { return t.UTC().Format("20060102150405Z") }
