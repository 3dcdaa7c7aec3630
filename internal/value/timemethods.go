package value

import "time"

func dateTimeAttr(d DateTime, name string) (any, bool) {
	switch name {
	case "hour":
		return d.Hour(), true
	case "minute":
		return d.Minute(), true
	case "second":
		return d.Second(), true
	case "microsecond":
		return d.Nanosecond() / 1000, true
	case "tzinfo":
		if d.Aware {
			zone, _ := d.Zone()
			return zone, true
		}
		return nil, true
	}
	if v, ok := calendarAttr(d.Time, name); ok {
		return v, true
	}
	return tables.ready().dateTime.bind(d, name)
}

func calendarAttr(t time.Time, name string) (any, bool) {
	switch name {
	case "year":
		return t.Year(), true
	case "month":
		return int(t.Month()), true
	case "day":
		return t.Day(), true
	}
	return nil, false
}

func dateAttr(d Date, name string) (any, bool) {
	if v, ok := calendarAttr(d.Time, name); ok {
		return v, true
	}
	return tables.ready().date.bind(d, name)
}

func newDateTimeMethods() methodsOf[DateTime] {
	return table(
		of("strftime(format)", func(d DateTime, a *Args) (any, error) { return d.Strftime(a.Text("format")), nil }),
		of("isoformat(sep='T', timespec='auto')", func(d DateTime, a *Args) (any, error) {
			if a.Text("timespec") == "seconds" {
				d.Time = d.Truncate(time.Second)
			}
			return d.text(a.Text("sep")), nil
		}),
		of("timestamp()", func(d DateTime, _ *Args) (any, error) { return d.timestamp(), nil }),
		of("date()", func(d DateTime, _ *Args) (any, error) {
			return Date{time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)}, nil
		}),
		of("weekday()", func(d DateTime, _ *Args) (any, error) { return weekday(d.Time), nil }),
		of("isoweekday()", func(d DateTime, _ *Args) (any, error) { return weekday(d.Time) + 1, nil }),
		of("isocalendar()", func(d DateTime, _ *Args) (any, error) { return isoCalendar(d.Time), nil }),
		of("toordinal()", func(d DateTime, _ *Args) (any, error) { return ordinal(d.Time), nil }),
		of("replace(year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None, tzinfo=None)", replaceTime),
		of("utcoffset()", func(d DateTime, _ *Args) (any, error) {
			if !d.Aware {
				return nil, nil
			}
			_, seconds := d.Zone()
			return TimeDelta(seconds) * second, nil
		}),
	)
}

func newDateMethods() methodsOf[Date] {
	return table(
		of("strftime(format)", func(d Date, a *Args) (any, error) {
			return DateTime{Time: d.Time}.Strftime(a.Text("format")), nil
		}),
		of("isoformat()", func(d Date, _ *Args) (any, error) { return d.Format("2006-01-02"), nil }),
		of("weekday()", func(d Date, _ *Args) (any, error) { return weekday(d.Time), nil }),
		of("isoweekday()", func(d Date, _ *Args) (any, error) { return weekday(d.Time) + 1, nil }),
		of("isocalendar()", func(d Date, _ *Args) (any, error) { return isoCalendar(d.Time), nil }),
		of("toordinal()", func(d Date, _ *Args) (any, error) { return ordinal(d.Time), nil }),
	)
}

func newTimeDeltaMethods() methodsOf[TimeDelta] {
	return table(
		of("total_seconds()", func(d TimeDelta, _ *Args) (any, error) { return float64(d) / float64(second), nil }),
	)
}

func timeDeltaAttr(d TimeDelta, name string) (any, bool) {
	days, seconds, micros := d.parts()
	switch name {
	case "days":
		return days, true
	case "seconds":
		return seconds, true
	case "microseconds":
		return micros, true
	}
	return tables.ready().timeDelta.bind(d, name)
}

// timestamp counts seconds since 1970; a time without a zone is one of the local zone.
func (d DateTime) timestamp() float64 {
	t := d.Time
	if !d.Aware {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.Local)
	}
	return float64(t.UnixMicro()) / 1e6
}

func weekday(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }

func isoCalendar(t time.Time) *Tuple {
	year, week := t.ISOWeek()
	return &Tuple{Items: []any{year, week, weekday(t) + 1}}
}

func ordinal(t time.Time) int {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	const ordinalOf1970 = 719163
	return int(midnight.Unix()/86400) + ordinalOf1970
}

func replaceTime(d DateTime, a *Args) (any, error) {
	pick := func(name string, now int) int {
		if a.Any(name) == nil {
			return now
		}
		return a.Int(name)
	}
	t := time.Date(pick("year", d.Year()), time.Month(pick("month", int(d.Month()))), pick("day", d.Day()),
		pick("hour", d.Hour()), pick("minute", d.Minute()), pick("second", d.Second()),
		pick("microsecond", d.Nanosecond()/1000)*1000, d.Location())
	if a.Given("tzinfo") && a.Any("tzinfo") == nil {
		return Naive(t), nil
	}
	return DateTime{Time: t, Aware: d.Aware}, nil
}
