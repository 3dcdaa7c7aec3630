package value

import (
	"fmt"
	"strconv"
	"strings"
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
