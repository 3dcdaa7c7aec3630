package value

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Strptime is Python's datetime.strptime(text, format).
func Strptime(text, format string) (DateTime, error) {
	p := timeParser{text: text, year: 1900, month: 1, day: 1}
	if !p.parse(expandCompounds(format)) {
		return DateTime{}, &ValueError{fmt.Sprintf("time data %s does not match format %s", quote(text), quote(format))}
	}
	if p.text != "" {
		return DateTime{}, &ValueError{"unconverted data remains: " + p.text}
	}
	return p.result()
}

func expandCompounds(format string) string {
	for _, c := range "DxFTXRrc" {
		expansion, _ := compound(c)
		format = strings.ReplaceAll(format, "%"+string(c), expansion)
	}
	return strings.ReplaceAll(format, "%e", "%d")
}

type timeParser struct {
	text                                 string
	year, month, day, hour, minute, secs int
	micros, yearDay                      int
	afternoon, halfDay, aware            bool
	zone                                 *time.Location
}

func (p *timeParser) result() (DateTime, error) {
	hour := p.hour
	if p.halfDay {
		hour %= 12
		if p.afternoon {
			hour += 12
		}
	}
	if p.yearDay > 0 {
		t := time.Date(p.year, 1, p.yearDay, 0, 0, 0, 0, time.UTC)
		p.month, p.day = int(t.Month()), t.Day()
	}
	zone := time.UTC
	if p.aware {
		zone = p.zone
	}
	t := time.Date(p.year, time.Month(p.month), p.day, hour, p.minute, p.secs, p.micros*1000, zone)
	if t.Day() != p.day || p.secs > 59 {
		return DateTime{}, &ValueError{"day is out of range for month"}
	}
	return DateTime{Time: t, Aware: p.aware}, nil
}

func (p *timeParser) parse(format string) bool {
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == '%' && i+1 < len(format):
			i++
			if !p.field(format[i]) {
				return false
			}
		case isSpace(rune(c)):
			rest := strings.TrimLeftFunc(p.text, isSpace)
			if rest == p.text {
				return false
			}
			p.text = rest
			for i+1 < len(format) && isSpace(rune(format[i+1])) {
				i++
			}
		case p.text == "" || lowerByte(p.text[0]) != lowerByte(c):
			return false
		default:
			p.text = p.text[1:]
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (p *timeParser) field(c byte) bool {
	switch c {
	case '%':
		ok := strings.HasPrefix(p.text, "%")
		p.text = strings.TrimPrefix(p.text, "%")
		return ok
	case 'Y':
		return p.digits(4, 4, 0, 9999, &p.year)
	case 'y':
		ok := p.digits(2, 2, 0, 99, &p.year)
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
		return ok
	case 'm':
		return p.digits(1, 2, 1, 12, &p.month)
	case 'd':
		return p.digits(1, 2, 1, 31, &p.day)
	case 'j':
		return p.digits(1, 3, 1, 366, &p.yearDay)
	case 'H':
		return p.digits(1, 2, 0, 23, &p.hour)
	case 'I':
		p.halfDay = true
		return p.digits(1, 2, 1, 12, &p.hour)
	case 'M':
		return p.digits(1, 2, 0, 59, &p.minute)
	case 'S':
		return p.digits(1, 2, 0, 61, &p.secs)
	case 'f':
		return p.fraction()
	case 'p':
		n, ok := p.name([]string{"am", "pm"})
		p.afternoon = n == 1
		return ok
	case 'a', 'A', 'b', 'B':
		return p.word(c)
	case 'z':
		return p.offset()
	case 'Z':
		_, ok := p.name([]string{"utc", "gmt"})
		return ok
	case 'w', 'u', 'U', 'W', 'V':
		var ignored int
		return p.digits(1, 2, 0, 53, &ignored)
	}
	return false
}

func (p *timeParser) digits(least, most, low, high int, into *int) bool {
	n := 0
	for n < most && n < len(p.text) && isDigit(p.text[n]) {
		n++
	}
	for ; n >= least; n-- {
		if v, err := strconv.Atoi(p.text[:n]); err == nil && v >= low && v <= high {
			*into = v
			p.text = p.text[n:]
			return true
		}
	}
	return false
}

func (p *timeParser) fraction() bool {
	n := 0
	for n < 6 && n < len(p.text) && isDigit(p.text[n]) {
		n++
	}
	if n == 0 {
		return false
	}
	p.micros, _ = strconv.Atoi((p.text[:n] + "000000")[:6])
	p.text = p.text[n:]
	return true
}

// name takes the longest of the names that the text starts with, whatever their case.
func (p *timeParser) name(names []string) (int, bool) {
	best, size := 0, -1
	for i, n := range names {
		if len(n) > size && len(p.text) >= len(n) && strings.EqualFold(p.text[:len(n)], n) {
			best, size = i, len(n)
		}
	}
	if size < 0 {
		return 0, false
	}
	p.text = p.text[size:]
	return best, true
}

func (p *timeParser) word(c byte) bool {
	var names []string
	months := c == 'b' || c == 'B'
	for i := range 7 {
		names = append(names, time.Weekday(i).String())
	}
	if months {
		names = nil
		for i := range 12 {
			names = append(names, time.Month(i+1).String())
		}
	}
	if c == 'a' || c == 'b' {
		for i := range names {
			names[i] = names[i][:3]
		}
	}
	n, ok := p.name(names)
	if ok && months {
		p.month = n + 1
	}
	return ok
}

func (p *timeParser) offset() bool {
	p.aware = true
	if strings.HasPrefix(p.text, "Z") {
		p.text, p.zone = p.text[1:], time.UTC
		return true
	}
	for _, layout := range []string{"-07:00:00", "-07:00", "-0700"} {
		if len(p.text) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, p.text[:len(layout)]); err == nil {
			_, seconds := t.Zone()
			p.zone = time.FixedZone("", seconds)
			if seconds == 0 {
				p.zone = time.UTC
			}
			p.text = p.text[len(layout):]
			return true
		}
	}
	return false
}
