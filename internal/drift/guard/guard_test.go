package guard

import (
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse("Mon 2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		window, now string
		open        bool
	}{
		{"09:00-17:00", "Thu 2026-11-26 09:00", true},
		{"09:00-17:00", "Thu 2026-11-26 17:00", false},
		{"09:00-17:00", "Thu 2026-11-26 08:59", false},
		{"22:00-06:00", "Thu 2026-11-26 23:00", true},
		{"22:00-06:00", "Thu 2026-11-26 05:59", true},
		{"22:00-06:00", "Thu 2026-11-26 06:00", false},
		{"Mon-Fri 22:00-06:00", "Sat 2026-11-28 03:00", true}, // opened on Friday
		{"Mon-Fri 22:00-06:00", "Mon 2026-11-30 03:00", false},
		{"Mon-Fri 22:00-06:00", "Sun 2026-11-29 23:00", false},
		{"Sat-Mon 00:00-24:00", "Mon 2026-11-30 23:59", true},
		{"Sat-Mon 00:00-24:00", "Tue 2026-12-01 00:00", false},
		{"tue,thursday 10:00-11:00", "Thu 2026-11-26 10:30", true},
		{"tue,thursday 10:00-11:00", "Wed 2026-11-25 10:30", false},
	} {
		w, err := ParseWindow(c.window)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Open(at(t, c.now)); got != c.open {
			t.Errorf("%s at %s: open %v", c.window, c.now, got)
		}
	}
	if !(Window{}).Open(time.Now()) {
		t.Error("the zero window is closed")
	}
}

func TestBadWindows(t *testing.T) {
	for text, want := range map[string]string{
		"":                       `write it as`,
		"22-06":                  `"22" is no time of day`,
		"22:00":                  `write the hours as`,
		"25:00-06:00":            `"25:00" is no time of day`,
		"24:30-06:00":            `no time of day`,
		"24:00-06:00":            `cannot start at 24:00`,
		"Mon-Fry 22:00-06:00":    `"Fry" is no day`,
		"Mon 22:00-06:00 please": `write it as`,
	} {
		if _, err := ParseWindow(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestLimit(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "5": 5, "100%": 20, "10%": 2, "1%": 1, "0%": 0, "12.5%": 2} {
		l, err := ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Of(20); got != want || l.String() != text {
			t.Errorf("%s of 20: %d, want %d; written %s", text, got, want, l)
		}
	}
	for _, bad := range []string{"", "-1", "many", "101%", "-1%", "NaN%", "%"} {
		if _, err := ParseLimit(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if got := (Limit{}).Of(7); got != 7 {
		t.Errorf("no limit allows %d of 7", got)
	}
}

func TestGuards(t *testing.T) {
	window, _ := ParseWindow("22:00-06:00")
	max, _ := ParseLimit("25%")
	berlin := time.FixedZone("CET", 3600)
	g := Guards{MaxHosts: max, Window: window, Location: berlin}
	night := at(t, "Thu 2026-11-26 21:30") // 22:30 there
	if r := g.Check(night, []string{"a", "b"}, 8); r != nil {
		t.Errorf("refused: %v", r)
	}
	if r := g.Check(night, []string{"a", "b", "c"}, 8); r == nil || r.Reason != "3 of 8 hosts drifted (a, b, c), but at most 2 may be corrected at once (25%)" {
		t.Errorf("got %v", r)
	}
	if r := g.Check(night.Add(-time.Hour), []string{"a"}, 8); r == nil || r.Reason != `it is Thu 21:30 CET, outside of the window "22:00-06:00"` {
		t.Errorf("got %v", r)
	}
}
