package value

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Strftime is Python's strftime with the C locale, and the flags - _ 0 ^ # of the GNU library.
func (d DateTime) Strftime(format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		start := i
		i++
		flag := byte(0)
		for i < len(format) && strings.IndexByte("-_0^#", format[i]) >= 0 {
			flag = format[i]
			i++
		}
		if i == len(format) {
			b.WriteString(format[start:])
			break
		}
		r, size := utf8.DecodeRuneInString(format[i:])
		s, ok := d.directive(r)
		if !ok {
			b.WriteString(format[start : i+size])
		} else {
			b.WriteString(flagged(s, flag, r))
		}
		i += size - 1
	}
	return b.String()
}

func flagged(s string, flag byte, directive rune) string {
	switch flag {
	case '-', '_':
		trimmed := strings.TrimLeft(s, "0 ")
		if _, err := strconv.Atoi(strings.TrimSpace(s)); err != nil {
			return s
		}
		if trimmed == "" {
			trimmed = "0"
		}
		if flag == '_' {
			return Pad(trimmed, len(s), " ", '>')
		}
		return trimmed
	case '0':
		return strings.ReplaceAll(s, " ", "0")
	case '^':
		return strings.ToUpper(s)
	case '#':
		if directive == 'p' || directive == 'Z' {
			return strings.ToLower(s)
		}
		return strings.ToUpper(s)
	}
	return s
}

func (d DateTime) directive(c rune) (string, bool) {
	hour12 := (d.Hour()+11)%12 + 1
	switch c {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'H':
		return two(d.Hour()), true
	case 'I':
		return two(hour12), true
	case 'k':
		return fmt.Sprintf("%2d", d.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", hour12), true
	case 'M':
		return two(d.Minute()), true
	case 'S':
		return two(d.Second()), true
	case 'f':
		return fmt.Sprintf("%06d", d.Nanosecond()/1000), true
	case 'p':
		return d.Format("PM"), true
	case 'P':
		return d.Format("pm"), true
	case 's':
		return strconv.FormatInt(int64(d.timestamp()), 10), true
	case 'z':
		if !d.Aware {
			return "", true
		}
		return d.offset(""), true
	case 'Z':
		if !d.Aware {
			return "", true
		}
		zone, _ := d.Zone()
		return zone, true
	}
	if s, ok := d.dateDirective(c); ok {
		return s, true
	}
	if expansion, ok := compound(c); ok {
		return d.Strftime(expansion), true
	}
	return "", false
}

func (d DateTime) dateDirective(c rune) (string, bool) {
	isoYear, isoWeek := d.ISOWeek()
	switch c {
	case 'a':
		return d.Format("Mon"), true
	case 'A':
		return d.Format("Monday"), true
	case 'b', 'h':
		return d.Format("Jan"), true
	case 'B':
		return d.Format("January"), true
	case 'd':
		return two(d.Day()), true
	case 'e':
		return fmt.Sprintf("%2d", d.Day()), true
	case 'j':
		return fmt.Sprintf("%03d", d.YearDay()), true
	case 'm':
		return two(int(d.Month())), true
	case 'y':
		return two(d.Year() % 100), true
	case 'Y':
		return strconv.Itoa(d.Year()), true
	case 'C':
		return two(d.Year() / 100), true
	case 'G':
		return strconv.Itoa(isoYear), true
	case 'g':
		return two(isoYear % 100), true
	case 'V':
		return two(isoWeek), true
	case 'u':
		return strconv.Itoa(weekday(d.Time) + 1), true
	case 'w':
		return strconv.Itoa(int(d.Weekday())), true
	case 'U':
		return two((d.YearDay() + 6 - int(d.Weekday())) / 7), true
	case 'W':
		return two((d.YearDay() + 6 - weekday(d.Time)) / 7), true
	}
	return "", false
}

func two(n int) string { return fmt.Sprintf("%02d", n) }

func compound(c rune) (string, bool) {
	switch c {
	case 'D', 'x':
		return "%m/%d/%y", true
	case 'F':
		return "%Y-%m-%d", true
	case 'T', 'X':
		return "%H:%M:%S", true
	case 'R':
		return "%H:%M", true
	case 'r':
		return "%I:%M:%S %p", true
	case 'c':
		return "%a %b %e %H:%M:%S %Y", true
	}
	return "", false
}

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
