// Package schedule says when a job is due: cron expressions in a time zone, with jitter, and what happens to times that
// passed while nobody was there.
package schedule

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	_ "time/tzdata" // zones are there on every machine

	cron "github.com/netresearch/go-cron"
)

// Schedule is a cron expression of five fields (or @daily and its like, or @every 10m) in a time zone.
//
// When clocks are put forward, a time that does not exist is taken as much later as the clocks were moved; when they are
// put back, a fixed hour that happens twice is taken once, the first time. Expressions whose hour is * or a step are about
// elapsed time and go on evenly.
type Schedule struct {
	text  string
	zone  *time.Location
	spec  cron.Schedule
	fixed bool // the hour is a fixed time of day
}

// parser takes five fields and descriptors. As in every cron, days of month and of week are alternatives when both are given.
func parser() cron.Parser {
	return cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom)
}

// Parse reads a schedule. zone is a name such as Europe/Berlin; "" and "local" are the machine's own.
func Parse(text, zone string) (*Schedule, error) {
	loc, err := Zone(zone)
	if err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		return nil, errors.New("the time zone has a key of its own, timezone")
	}
	if text == "@reboot" {
		return nil, errors.New("@reboot is no time; use an event")
	}
	spec, err := parser().Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no cron expression: %w", text, err)
	}
	s := &Schedule{text: text, zone: loc, spec: spec, fixed: fixedHour(text)}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q never comes", text)
	}
	return s, nil
}

// Zone returns a time zone by its name.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "local" {
		return time.Local, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q; write it as Europe/Berlin or UTC", name)
	}
	return loc, nil
}

// fixedHour reports that the hours of an expression are times of day, and not all of them or every so many.
func fixedHour(text string) bool {
	switch text {
	case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight":
		return true
	}
	fields := strings.Fields(text)
	return len(fields) == 5 && !strings.HasPrefix(fields[1], "*")
}

// Next is the first time after a moment at which the job is due; the zero time when it never is again.
func (s *Schedule) Next(after time.Time) time.Time {
	for {
		next := s.spec.Next(after.In(s.zone))
		if next.IsZero() || !s.fixed || !repeated(next) {
			return next
		}
		after = next
	}
}

// repeated reports that a wall clock already showed this time, before it was put back.
func repeated(t time.Time) bool {
	_, offset := t.Zone()
	for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		earlier := t.Add(-back)
		_, before := earlier.Zone()
		if time.Duration(before-offset)*time.Second == back {
			return true
		}
	}
	return false
}

// Zone is the time zone of the schedule.
func (s *Schedule) Zone() *time.Location { return s.zone }

// String is the expression as it was written.
func (s *Schedule) String() string { return s.text }

// Jitter is how much later than its time a run of a job starts, from 0 to below max: the same for a job and a time on
// every machine, and spread evenly over jobs and times.
func Jitter(job string, at time.Time, max time.Duration) time.Duration {
	if max <= 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", job, at.UnixNano())
	x := h.Sum64() // FNV leaves the high bits of short texts alike: mix them
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return time.Duration(x % uint64(max))
}

// Missed says what happens to times that passed while the daemon did not run.
type Missed string

// The policies.
const (
	MissedSkip Missed = "skip" // they are left out
	MissedOnce Missed = "once" // one run makes up for all of them
	MissedAll  Missed = "all"  // each of them is run, the oldest first
)

// maxCatchUp bounds how many missed times are run one after another.
const maxCatchUp = 100

// Due returns the times after the last one that was handled, up to now, that are to be run now, and the last time that
// counts as handled then. grace is how late a time may be noticed without counting as missed.
func (s *Schedule) Due(handled, now time.Time, grace time.Duration, policy Missed) (due []time.Time, last time.Time) {
	last = handled
	var missed []time.Time
	for at := s.Next(handled); !at.IsZero() && !at.After(now); at = s.Next(at) {
		last = at
		if now.Sub(at) <= grace {
			due = append(due, at)
			continue
		}
		if missed = append(missed, at); len(missed) > maxCatchUp {
			missed = missed[1:]
		}
	}
	switch {
	case policy == MissedAll:
		due = append(missed, due...)
	case policy == MissedOnce && len(due) == 0 && len(missed) > 0:
		due = missed[len(missed)-1:]
	}
	return due, last
}
