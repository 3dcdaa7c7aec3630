package facts

import (
	"fmt"
	"strconv"
	"time"
)

func (g *gathering) dateTime() map[string]any {
	return map[string]any{"date_time": dateTimeFacts(time.Now().In(g.location()))}
}

// location is the machine's time zone: TZ, else /etc/localtime.
func (g *gathering) location() *time.Location {
	if g.k != nil {
		return time.Local
	}
	if data, err := g.r.ReadFile("/etc/localtime"); err == nil {
		if zone, err := time.LoadLocationFromTZData("Local", data); err == nil {
			return zone
		}
	}
	return time.UTC
}

func dateTimeFacts(now time.Time) map[string]any {
	utc := now.UTC()
	epoch := strconv.FormatInt(now.Unix(), 10)
	micro := fmt.Sprintf("%06d", now.Nanosecond()/1000)
	zone, _ := now.Zone()
	return map[string]any{
		"year": now.Format("2006"), "month": now.Format("01"), "day": now.Format("02"),
		"hour": now.Format("15"), "minute": now.Format("04"), "second": now.Format("05"),
		"weekday": now.Weekday().String(), "weekday_number": strconv.Itoa(int(now.Weekday())),
		"weeknumber": fmt.Sprintf("%02d", weekNumber(now)),
		"epoch":      epoch, "epoch_int": epoch,
		"date": now.Format("2006-01-02"), "time": now.Format("15:04:05"),
		"iso8601":             utc.Format("2006-01-02T15:04:05Z"),
		"iso8601_micro":       utc.Format("2006-01-02T15:04:05.") + micro + "Z",
		"iso8601_basic":       now.Format("20060102T150405") + micro,
		"iso8601_basic_short": now.Format("20060102T150405"),
		"tz":                  zone, "tz_dst": summerZone(now), "tz_offset": now.Format("-0700"),
	}
}

// weekNumber counts weeks from the year's first Monday; days before it are in week 0.
func weekNumber(t time.Time) int {
	monday := (int(t.Weekday()) + 6) % 7
	return (t.YearDay() + 6 - monday) / 7
}

// summerZone is the name of the zone's daylight saving time, or the only name there is: of January's and July's
// offsets the larger one is summer's.
func summerZone(now time.Time) string {
	january, winter := time.Date(now.Year(), 1, 1, 12, 0, 0, 0, now.Location()).Zone()
	july, summer := time.Date(now.Year(), 7, 1, 12, 0, 0, 0, now.Location()).Zone()
	if winter > summer {
		return january
	}
	return july
}
