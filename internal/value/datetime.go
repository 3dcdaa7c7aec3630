package value

import (
	"fmt"
	"strings"
	"time"
)

// DateTime is Python's datetime. When it is not Aware it has no time zone and its Time is written in UTC.
type DateTime struct {
	time.Time
	Aware bool
}

// Date is Python's date: a Time at midnight UTC.
type Date struct{ time.Time }

// TimeDelta is Python's timedelta, in microseconds.
type TimeDelta int64

const (
	second TimeDelta = 1e6
	day              = 86400 * second
)

// Naive returns a time of the clock on the wall as a datetime without a zone.
func Naive(t time.Time) DateTime {
	return DateTime{Time: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000*1000, time.UTC)}
}

func (d DateTime) text(sep string) string {
	s := d.Format("2006-01-02") + sep + d.Format("15:04:05")
	if us := d.Nanosecond() / 1000; us != 0 {
		s += fmt.Sprintf(".%06d", us)
	}
	if d.Aware {
		s += d.offset(":")
	}
	return s
}

func (d DateTime) offset(sep string) string {
	_, seconds := d.Zone()
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d%s%02d", sign, seconds/3600, sep, seconds/60%60)
}

func (d DateTime) repr() string {
	parts := []int{d.Year(), int(d.Month()), d.Day(), d.Hour(), d.Minute()}
	if us := d.Nanosecond() / 1000; us != 0 {
		parts = append(parts, d.Second(), us)
	} else if d.Second() != 0 {
		parts = append(parts, d.Second())
	}
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(parts), " ", ", "), "[]")
	if d.Aware {
		_, seconds := d.Zone()
		zone := "datetime.timezone.utc"
		if seconds != 0 {
			zone = "datetime.timezone(" + (TimeDelta(seconds) * second).repr() + ")"
		}
		text += ", tzinfo=" + zone
	}
	return "datetime.datetime(" + text + ")"
}

// parts splits a duration as Python keeps it: the days may be negative, the rest never is.
func (d TimeDelta) parts() (days, seconds, micros int) {
	n, rest := int(d/day), d%day
	if rest < 0 {
		n--
		rest += day
	}
	return n, int(rest / second), int(rest % second)
}

func (d TimeDelta) text() string {
	days, seconds, micros := d.parts()
	s := fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if micros != 0 {
		s += fmt.Sprintf(".%06d", micros)
	}
	switch days {
	case 0:
		return s
	case 1, -1:
		return fmt.Sprintf("%d day, %s", days, s)
	}
	return fmt.Sprintf("%d days, %s", days, s)
}

func (d TimeDelta) repr() string {
	days, seconds, micros := d.parts()
	var parts []string
	for _, p := range []struct {
		name string
		n    int
	}{{"days", days}, {"seconds", seconds}, {"microseconds", micros}} {
		if p.n != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", p.name, p.n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"0"}
	}
	return "datetime.timedelta(" + strings.Join(parts, ", ") + ")"
}

func (d TimeDelta) duration() time.Duration { return time.Duration(d) * time.Microsecond }

// timeArithmetic computes with datetimes and durations; false when the operands are not of that kind.
func timeArithmetic(op string, a, b any) (any, bool) {
	switch x := a.(type) {
	case DateTime:
		switch y := b.(type) {
		case DateTime:
			if op == "-" && x.Aware == y.Aware {
				return TimeDelta(x.Sub(y.Time) / time.Microsecond), true
			}
		case TimeDelta:
			return shifted(op, x, y)
		}
	case Date:
		switch y := b.(type) {
		case Date:
			if op == "-" {
				return TimeDelta(x.Sub(y.Time) / time.Microsecond), true
			}
		case TimeDelta:
			days, _, _ := y.parts()
			switch op {
			case "+":
				return Date{x.AddDate(0, 0, days)}, true
			case "-":
				days, _, _ = (-y).parts()
				return Date{x.AddDate(0, 0, days)}, true
			}
		}
	case TimeDelta:
		return deltaArithmetic(op, x, b)
	}
	if y, ok := b.(TimeDelta); ok && op == "*" {
		return deltaArithmetic(op, y, a)
	}
	return nil, false
}

func shifted(op string, x DateTime, by TimeDelta) (any, bool) {
	switch op {
	case "+":
		return DateTime{Time: x.Add(by.duration()), Aware: x.Aware}, true
	case "-":
		return DateTime{Time: x.Add(-by.duration()), Aware: x.Aware}, true
	}
	return nil, false
}

func deltaArithmetic(op string, x TimeDelta, b any) (any, bool) {
	switch y := b.(type) {
	case DateTime, Date:
		if op == "+" {
			return timeArithmetic(op, y, x)
		}
	case TimeDelta:
		switch {
		case op == "+":
			return x + y, true
		case op == "-":
			return x - y, true
		case op == "/" && y != 0:
			return float64(x) / float64(y), true
		}
	}
	f, ok := Float(b)
	if !ok {
		return nil, false
	}
	switch {
	case op == "*":
		return TimeDelta(float64(x) * f), true
	case (op == "/" || op == "//") && f != 0:
		return TimeDelta(float64(x) / f), true
	}
	return nil, false
}
