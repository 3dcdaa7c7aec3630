package files

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// strptime reads a local time by a format of Python's time.strptime.
func strptime(text, format string) (time.Time, error) {
	p := &timeParser{rest: text, year: 1900, month: 1, day: 1, loc: time.Local}
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == '%' && i+1 < len(format):
			i++
			if !p.directive(format[i]) {
				return time.Time{}, fmt.Errorf("time data %s does not match format %s", quoted(text), quoted(format))
			}
		case strings.IndexByte(" \t\n", c) >= 0:
			p.rest = strings.TrimLeft(p.rest, " \t\n")
		case p.rest != "" && p.rest[0] == c:
			p.rest = p.rest[1:]
		default:
			return time.Time{}, fmt.Errorf("time data %s does not match format %s", quoted(text), quoted(format))
		}
	}
	if p.rest != "" {
		return time.Time{}, fmt.Errorf("unconverted data remains: %s", p.rest)
	}
	return p.time()
}

func quoted(s string) string { return "'" + s + "'" }

type timeParser struct {
	rest                           string
	year, month, day, yearDay      int
	hour, minute, second, fraction int
	pm, half                       bool
	loc                            *time.Location
}

// number reads at most width digits.
func (p *timeParser) number(width, low, high int, into *int) bool {
	n := 0
	for n < width && n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(p.rest[:n])
	if err != nil || v < low || v > high {
		return false
	}
	p.rest, *into = p.rest[n:], v
	return true
}

func (p *timeParser) directive(c byte) bool {
	var ignored int
	switch c {
	case 'Y':
		return p.number(4, 0, 9999, &p.year)
	case 'y':
		ok := p.number(2, 0, 99, &p.year)
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
		return ok
	case 'm':
		return p.number(2, 1, 12, &p.month)
	case 'd', 'e':
		return p.number(2, 1, 31, &p.day)
	case 'j':
		return p.number(3, 1, 366, &p.yearDay)
	case 'H':
		return p.number(2, 0, 23, &p.hour)
	case 'I':
		p.half = true
		return p.number(2, 1, 12, &p.hour)
	case 'M':
		return p.number(2, 0, 59, &p.minute)
	case 'S':
		return p.number(2, 0, 61, &p.second)
	case 'f':
		return p.readFraction()
	case 'p':
		return p.halfDay()
	case 'b', 'h', 'B':
		return p.monthName(c == 'B')
	case 'a', 'A':
		return p.dayName(c == 'A')
	case 'w', 'u':
		return p.number(1, 0, 7, &ignored)
	case 'z':
		return p.zone()
	case 'Z':
		return p.zoneName()
	case '%':
		return p.prefix("%")
	default:
		return false
	}
}

func (p *timeParser) prefix(s string) bool {
	if len(p.rest) < len(s) || !strings.EqualFold(p.rest[:len(s)], s) {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *timeParser) readFraction() bool {
	before := len(p.rest)
	if !p.number(6, 0, 999999, &p.fraction) {
		return false
	}
	for n := before - len(p.rest); n < 9; n++ {
		p.fraction *= 10
	}
	return true
}

func (p *timeParser) halfDay() bool {
	p.pm = p.prefix("PM")
	return p.pm || p.prefix("AM")
}

func (p *timeParser) monthName(long bool) bool {
	for m := time.January; m <= time.December; m++ {
		if name := m.String(); long && p.prefix(name) || !long && p.prefix(name[:3]) {
			p.month = int(m)
			return true
		}
	}
	return false
}

func (p *timeParser) dayName(long bool) bool {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); long && p.prefix(name) || !long && p.prefix(name[:3]) {
			return true
		}
	}
	return false
}

func (p *timeParser) zone() bool {
	if p.prefix("Z") {
		p.loc = time.UTC
		return true
	}
	for _, layout := range []string{"-0700", "-07:00"} {
		if len(p.rest) >= len(layout) {
			if t, err := time.Parse(layout, p.rest[:len(layout)]); err == nil {
				_, offset := t.Zone()
				p.loc, p.rest = time.FixedZone("", offset), p.rest[len(layout):]
				return true
			}
		}
	}
	return false
}

func (p *timeParser) zoneName() bool {
	if p.prefix("UTC") || p.prefix("GMT") {
		p.loc = time.UTC
		return true
	}
	name, _ := time.Now().Zone()
	return p.prefix(name)
}

func (p *timeParser) time() (time.Time, error) {
	hour := p.hour
	if p.half {
		if hour %= 12; p.pm {
			hour += 12
		}
	}
	month, day := p.month, p.day
	if p.yearDay > 0 {
		month, day = 1, p.yearDay
	}
	t := time.Date(p.year, time.Month(month), day, hour, p.minute, p.second, p.fraction, p.loc)
	if p.yearDay == 0 && t.Day() != day {
		return t, fmt.Errorf("day is out of range for month")
	}
	return t, nil
}
