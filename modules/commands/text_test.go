package commands

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                               "0:00:00",
		3152 * time.Microsecond:         "0:00:00.003152",
		time.Hour + 62*time.Second:      "1:01:02",
		24*time.Hour + time.Microsecond: "1 day, 0:00:00.000001",
		50 * time.Hour:                  "2 days, 2:00:00",
		-time.Second:                    "0:00:00",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestAfterFirstWord(t *testing.T) {
	for line, want := range map[string]string{
		"a.sh":          "",
		"a.sh b  'c d'": " b  'c d'",
		"'a b.sh' c":    " c",
		`a\ b.sh c`:     " c",
		"a.sh ''":       " ''",
		"a\tb":          "\tb",
	} {
		if got := afterFirstWord(line); got != want {
			t.Errorf("afterFirstWord(%q) = %q, want %q", line, got, want)
		}
	}
}
