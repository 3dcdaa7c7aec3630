// Package guard holds what keeps a correction small: how many hosts it may touch, and when.
package guard

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Window is a time of the week, such as "Mon-Fri 22:00-06:00": days on which it opens, and from when until when. One
// that ends before it starts goes on into the next day. The zero Window is always open.
type Window struct {
	text  string
	days  [7]bool // by time.Weekday: the window opens on that day
	start int     // minutes since midnight
	end   int     // minutes since midnight; at most start: on the next day
	set   bool
}

// ParseWindow reads [DAYS ]HH:MM-HH:MM, where DAYS are names and ranges of days with commas between them.
func ParseWindow(text string) (Window, error) {
	w := Window{text: text, set: true}
	words := strings.Fields(text)
	hours := ""
	switch len(words) {
	case 1:
		hours = words[0]
		for i := range w.days {
			w.days[i] = true
		}
	case 2:
		hours = words[1]
		if err := w.parseDays(words[0]); err != nil {
			return Window{}, fmt.Errorf("window %q: %w", text, err)
		}
	default:
		return Window{}, fmt.Errorf("window %q: write it as \"Mon-Fri 22:00-06:00\"", text)
	}
	from, to, found := strings.Cut(hours, "-")
	var err error
	if !found {
		return Window{}, fmt.Errorf("window %q: write the hours as 22:00-06:00", text)
	}
	if w.start, err = clock(from); err != nil {
		return Window{}, fmt.Errorf("window %q: %w", text, err)
	}
	if w.end, err = clock(to); err != nil {
		return Window{}, fmt.Errorf("window %q: %w", text, err)
	}
	if w.start == 24*60 {
		return Window{}, fmt.Errorf("window %q: it cannot start at 24:00", text)
	}
	return w, nil
}

func (w *Window) parseDays(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := day(first)
		if err != nil {
			return err
		}
		b := a
		if isRange {
			if b, err = day(last); err != nil {
				return err
			}
		}
		for d := a; ; d = (d + 1) % 7 {
			w.days[d] = true
			if d == b {
				break
			}
		}
	}
	return nil
}

func day(name string) (int, error) {
	for d := range 7 {
		full := time.Weekday(d).String()
		if strings.EqualFold(name, full) || strings.EqualFold(name, full[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun", name)
}

// clock reads HH:MM as minutes since midnight; 24:00 is the end of a day.
func clock(text string) (int, error) {
	h, m, found := strings.Cut(text, ":")
	hour, errH := strconv.ParseUint(h, 10, 8)
	minute, errM := strconv.ParseUint(m, 10, 8)
	if !found || errH != nil || errM != nil || len(m) != 2 || hour > 24 || minute > 59 || hour == 24 && minute > 0 {
		return 0, fmt.Errorf("%q is no time of day; write it as 22:00", text)
	}
	return int(hour)*60 + int(minute), nil
}

// Open reports whether the window is open at a time, judged by the clock of that time's zone.
func (w Window) Open(t time.Time) bool {
	if !w.set {
		return true
	}
	now := t.Hour()*60 + t.Minute()
	today, yesterday := int(t.Weekday()), (int(t.Weekday())+6)%7
	if w.end > w.start {
		return w.days[today] && now >= w.start && now < w.end
	}
	return w.days[today] && now >= w.start || w.days[yesterday] && now < w.end
}

// String is the window as it was written; "" for one that is always open.
func (w Window) String() string { return w.text }
