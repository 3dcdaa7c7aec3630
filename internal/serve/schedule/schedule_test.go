package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text, zone string) *Schedule {
	t.Helper()
	s, err := Parse(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestDaylightSaving walks over the days of 2026 on which Berlin changes its clocks: 29 March (2:00 becomes 3:00) and
// 25 October (3:00 becomes 2:00).
func TestDaylightSaving(t *testing.T) {
	for _, c := range []struct {
		about, expr, from string
		want              []string
	}{
		{"an hour that does not exist is not left out", "30 2 * * *", "2026-03-28T00:00:00+01:00",
			[]string{"2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"}},
		{"an hour that happens twice is taken once", "30 2 * * *", "2026-10-24T00:00:00+02:00",
			[]string{"2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
		{"every hour goes on evenly when clocks are put back", "0 * * * *", "2026-10-25T01:30:00+02:00",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"}},
		{"every hour goes on evenly when clocks are put forward", "0 * * * *", "2026-03-29T00:30:00+01:00",
			[]string{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"}},
		{"midnight is midnight there", "@daily", "2026-10-25T00:00:00+02:00",
			[]string{"2026-10-26T00:00:00+01:00", "2026-10-27T00:00:00+01:00"}},
	} {
		s := parse(t, c.expr, "Europe/Berlin")
		at := instant(t, c.from)
		for i, want := range c.want {
			if at = s.Next(at); !at.Equal(instant(t, want)) {
				t.Errorf("%s: time %d is %s, want %s", c.about, i+1, at.Format(time.RFC3339), want)
				break
			}
		}
	}
}

func TestZoneOfTheSchedule(t *testing.T) {
	at := parse(t, "0 9 * * MON", "America/New_York").Next(instant(t, "2026-11-26T00:00:00Z"))
	if want := instant(t, "2026-11-30T14:00:00Z"); !at.Equal(want) {
		t.Errorf("got %s", at)
	}
	at = parse(t, "0 0 13 * FRI", "UTC").Next(instant(t, "2026-11-26T00:00:00Z"))
	if want := instant(t, "2026-11-27T00:00:00Z"); !at.Equal(want) {
		t.Errorf("days of month and of week are alternatives: got %s", at)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "no cron expression",
		"* * * *":              "no cron expression",
		"61 * * * *":           "no cron expression",
		"0 0 30 2 *":           "never comes",
		"TZ=UTC 0 0 * * *":     "key of its own",
		"@reboot":              "use an event",
		"every day":            "no cron expression",
		"0 0 * * * *":          "no cron expression",
		"CRON_TZ=UTC 0 0 * * ": "key of its own",
	} {
		if _, err := Parse(text, "UTC"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := Parse("@daily", "Mars/Olympus"); err == nil || !strings.Contains(err.Error(), "no time zone") {
		t.Errorf("got %v", err)
	}
}

func TestMissed(t *testing.T) {
	s := parse(t, "*/10 * * * *", "UTC")
	handled, now := instant(t, "2026-11-26T10:00:00Z"), instant(t, "2026-11-26T10:50:20Z")
	for _, c := range []struct {
		policy Missed
		now    time.Time
		want   []string
	}{
		{MissedSkip, now, []string{"10:50"}},
		{MissedOnce, now, []string{"10:50"}},
		{MissedAll, now, []string{"10:10", "10:20", "10:30", "10:40", "10:50"}},
		{MissedSkip, now.Add(5 * time.Minute), nil},
		{MissedOnce, now.Add(5 * time.Minute), []string{"10:50"}},
		{MissedSkip, handled.Add(time.Minute), nil},
	} {
		due, last := s.Due(handled, c.now, time.Minute, c.policy)
		var got []string
		for _, at := range due {
			got = append(got, at.Format("15:04"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s at %s: due %v, want %v", c.policy, c.now.Format("15:04"), got, c.want)
		}
		if again, _ := s.Due(last, c.now, time.Minute, c.policy); len(again) > 0 {
			t.Errorf("%s: due again: %v", c.policy, again)
		}
	}
	due, _ := s.Due(handled, handled.Add(365*24*time.Hour), time.Minute, MissedAll)
	if len(due) > maxCatchUp+1 {
		t.Errorf("a year away makes %d runs", len(due))
	}
}

func TestJitter(t *testing.T) {
	at := instant(t, "2026-11-26T10:00:00Z")
	seen := map[time.Duration]bool{}
	for i := range 100 {
		d := Jitter("job", at.Add(time.Duration(i)*time.Minute), time.Minute)
		if d < 0 || d >= time.Minute {
			t.Fatalf("jitter %s", d)
		}
		seen[d/(6*time.Second)] = true
	}
	if len(seen) != 10 {
		t.Errorf("a hundred runs fall into %d of ten parts of the minute", len(seen))
	}
	first := Jitter("job", at, time.Minute)
	if again := Jitter("job", at, time.Minute); first != again || Jitter("job", at, 0) != 0 {
		t.Error("not the same for the same run")
	}
}
