package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// TimezoneParams are the parameters of timezone.
type TimezoneParams struct {
	Name    *string `param:"name" doc:"The time zone, such as Europe/Berlin."`
	HWClock *string `param:"hwclock" alias:"rtc" choices:"local,UTC" doc:"What the clock of the hardware shows."`
}

// TimezoneState is what the machine's files say of its clock, and the files themselves for undo.
type TimezoneState struct {
	Name     string    `json:"name"`
	HWClock  string    `json:"hwclock"`
	Link     string    `json:"link,omitempty"`     // where /etc/localtime points to; "" where it is no link
	Timezone *keptFile `json:"timezone,omitempty"` // /etc/timezone
	Adjtime  *keptFile `json:"adjtime,omitempty"`  // /etc/adjtime
}

const (
	localtimeFile = "/etc/localtime"
	timezoneFile  = "/etc/timezone"
	adjtimeFile   = "/etc/adjtime"
	zoneinfo      = "/usr/share/zoneinfo"
)

// Timezone sets the machine's time zone.
func Timezone() modules.Module {
	return modules.State[TimezoneParams, TimezoneState]{
		Info: modules.Info{
			Name: "timezone", Summary: "Set the time zone, and whether the hardware's clock shows local time.", Undo: modules.UndoFull,
			Aliases: []string{"community.general.timezone"},
			Examples: `- name: Local time in Tokyo
  timezone:
    name: Asia/Tokyo
`,
		},
		Rules: modules.Rules{OneOf: [][]string{{"hwclock", "name"}}},
		Read:  readTimezone,
		Want: func(p TimezoneParams, now TimezoneState) (TimezoneState, error) {
			want := now
			if p.Name != nil {
				want.Name = *p.Name
			}
			if p.HWClock != nil {
				want.HWClock = *p.HWClock
			}
			return want, nil
		},
		Equal: func(a, b TimezoneState) bool { return a.Name == b.Name && a.HWClock == b.HWClock },
		Apply: applyTimezone,
		Diff: func(_ context.Context, _ sys.Reader, p TimezoneParams, from, to TimezoneState) (any, error) {
			before, after := map[string]any{}, map[string]any{}
			if p.Name != nil {
				before["name"], after["name"] = from.Name, to.Name
			}
			if p.HWClock != nil {
				before["hwclock"], after["hwclock"] = from.HWClock, to.HWClock
			}
			return map[string]any{"before": before, "after": after}, nil
		},
		Report: func(TimezoneParams, TimezoneState, TimezoneState, bool) modules.Result { return nil },
	}.Module()
}

func readTimezone(_ context.Context, r sys.Reader, p TimezoneParams) (TimezoneState, error) {
	s := TimezoneState{Name: "UTC", HWClock: "UTC"}
	if p.Name != nil {
		zone := path.Join(zoneinfo, *p.Name)
		if st, err := r.Stat(zone); err != nil || !st.IsRegular() || !strings.HasPrefix(zone, zoneinfo+"/") {
			return s, modules.Fail(nil, "Error message:\ngiven timezone %q is not available", *p.Name)
		}
	}
	var err error
	if s.Timezone, err = optionalFile(r, timezoneFile); err != nil {
		return s, err
	}
	if s.Adjtime, err = optionalFile(r, adjtimeFile); err != nil {
		return s, err
	}
	if s.Link, err = r.Readlink(localtimeFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Link = "" // a copy of the zone's file
	}
	if _, name, ok := strings.Cut(s.Link, "zoneinfo/"); ok {
		s.Name = name
	} else if s.Timezone != nil && strings.TrimSpace(s.Timezone.Text) != "" {
		s.Name = strings.TrimSpace(s.Timezone.Text)
	}
	if s.Adjtime != nil && strings.TrimSpace(clockLine(s.Adjtime.Text)) == "LOCAL" {
		s.HWClock = "local"
	}
	return s, nil
}

// clockLine is the third line of adjtime(5): UTC or LOCAL.
func clockLine(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) < 3 {
		return ""
	}
	return lines[2]
}

func applyTimezone(ctx context.Context, s sys.System, _ TimezoneParams, from, to TimezoneState) error {
	if modules.Undoing(ctx) {
		return undoTimezone(s, from, to)
	}
	_, err := s.Stat("/run/systemd/system")
	if err == nil && s.Root() == "/" && hasProgram(s, "timedatectl") {
		return timedatectl(ctx, s, from, to)
	}
	if from.Name != to.Name {
		if err := linkLocaltime(s, zoneinfo+"/"+to.Name); err != nil {
			return err
		}
		if from.Timezone != nil {
			if err := writeKeeping(s, timezoneFile, to.Name+"\n"); err != nil {
				return err
			}
		}
	}
	if from.HWClock == to.HWClock {
		return nil
	}
	return writeKeeping(s, adjtimeFile, withClock(from.Adjtime, to.HWClock))
}

// timedatectl lets systemd write the files, which also tells the kernel.
func timedatectl(ctx context.Context, s sys.System, from, to TimezoneState) error {
	if from.Name != to.Name {
		if err := program(ctx, s, nil, nil, sys.Command{Argv: []string{"timedatectl", "set-timezone", to.Name}}); err != nil {
			return err
		}
	}
	if from.HWClock == to.HWClock {
		return nil
	}
	local := "no"
	if to.HWClock == "local" {
		local = "yes"
	}
	return program(ctx, s, nil, nil, sys.Command{Argv: []string{"timedatectl", "set-local-rtc", local}})
}

// withClock is adjtime with another third line.
func withClock(was *keptFile, clock string) string {
	lines := []string{"0.0 0 0.0", "0"}
	if was != nil {
		for i, l := range strings.SplitN(was.Text, "\n", 3) {
			if i < 2 && l != "" {
				lines[i] = l
			}
		}
	}
	word := "UTC"
	if clock == "local" {
		word = "LOCAL"
	}
	return fmt.Sprintf("%s\n%s\n%s\n", lines[0], lines[1], word)
}

// linkLocaltime puts a link to a zone's file where the machine's zone is.
func linkLocaltime(s sys.System, target string) error {
	temporary := localtimeFile + ".muster"
	if err := s.Symlink(target, temporary); err != nil {
		return err
	}
	return s.Rename(temporary, localtimeFile)
}

// undoTimezone puts the files back as they were.
func undoTimezone(s sys.System, from, to TimezoneState) error {
	switch {
	case from.Link == to.Link:
	case to.Link == "":
		if err := s.Remove(localtimeFile); err != nil {
			return err
		}
	default:
		if err := linkLocaltime(s, to.Link); err != nil {
			return err
		}
	}
	if err := restoreFile(s, timezoneFile, to.Timezone); err != nil {
		return err
	}
	return restoreFile(s, adjtimeFile, to.Adjtime)
}
