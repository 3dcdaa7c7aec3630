package overlay

import (
	"path"
	"regexp"
	"strings"
)

// Rule is something that differs from run to run whoever changes the machine, or that either program keeps for its own
// work, and why. Path is a pattern of path.Match for the path itself or one of its folders; with Lines only the lines
// that match it are left out of the file.
type Rule struct {
	Path  string         `yaml:"path"`
	Lines string         `yaml:"lines,omitempty"`
	Why   string         `yaml:"why"`
	lines *regexp.Regexp // compiled by Compile
}

// Rules are looked at in order.
type Rules []Rule

// Compile checks the patterns and makes rules ready for use.
func (rs Rules) Compile() error {
	for i := range rs {
		if _, err := path.Match(rs[i].Path, ""); err != nil {
			return err
		}
		if rs[i].Lines == "" {
			continue
		}
		re, err := regexp.Compile(rs[i].Lines)
		if err != nil {
			return err
		}
		rs[i].lines = re
	}
	return nil
}

// Match says whether a path is left out as a whole.
func (rs Rules) Match(rel string) bool {
	for _, r := range rs {
		if r.Lines == "" && r.covers(rel) {
			return true
		}
	}
	return false
}

// covers matches the path and each folder that it lies in.
func (r Rule) covers(rel string) bool {
	for p := rel; p != "."; p = path.Dir(p) {
		if ok, _ := path.Match(r.Path, p); ok {
			return true
		}
	}
	return false
}

// Unstamped is a file's content without the lines that are left out.
func (rs Rules) Unstamped(rel string, data []byte) []byte {
	for _, r := range rs {
		if r.lines == nil || !r.covers(rel) {
			continue
		}
		var kept []string
		for l := range strings.SplitSeq(string(data), "\n") {
			if !r.lines.MatchString(l) {
				kept = append(kept, l)
			}
		}
		data = []byte(strings.Join(kept, "\n"))
	}
	return data
}

// Machine are the rules for any machine of the lab.
func Machine() Rules {
	const (
		boot    = "written by the machine itself when it boots"
		own     = "kept by one of the programs for its own work"
		scratch = "temporary files"
		stamped = "the time of a change is in it"
		index   = "apt's index, cache and times"
	)
	rules := Rules{
		{Path: "etc/machine-id", Why: boot}, {Path: "etc/systemd/network/10-lab.network", Why: boot}, {Path: "etc/hostname", Why: boot},
		{Path: "etc/tmpfiles.d/systemd-nologin.conf", Why: boot},
		{Path: "etc/resolv.conf", Why: boot}, {Path: "etc/.updated", Why: boot}, {Path: "var/.updated", Why: boot}, {Path: "run", Why: boot},
		{Path: "dev", Why: boot}, {Path: "var/lib/systemd", Why: boot}, {Path: "var/lib/dbus", Why: boot}, {Path: "var/lib/private", Why: boot},
		{Path: "root/.ansible", Why: own}, {Path: "home/deploy/.ansible", Why: own}, {Path: "home/deploy/.cache", Why: own},
		{Path: "var/cache/muster", Why: own}, {Path: "var/lib/muster", Why: own},
		{Path: "root/.cache", Why: own}, {Path: "home/deploy/.local/state/muster", Why: own},
		{Path: "tmp", Why: scratch}, {Path: "var/tmp", Why: scratch}, {Path: "var/spool/cron/crontabs/tmp*", Why: scratch},
		{Path: "var/log/journal", Why: boot}, {Path: "var/log/lastlog", Why: "who logged in"}, {Path: "var/log/wtmp", Why: "who logged in"},
		{Path: "var/log/*", Lines: "^", Why: "logs: their owners and modes are compared, not what they say"},
		{Path: "var/cache/ldconfig", Why: index}, {Path: "etc/ld.so.cache", Why: stamped},
		{Path: "var/cache/apt", Why: index}, {Path: "var/lib/apt", Why: index}, {Path: "var/cache/debconf", Why: index},
		{Path: "var/cache/man", Why: "made in the background by a trigger of dpkg"},
		{Path: "var/lib/dpkg/*-old", Why: "the state of packages one transaction ago"},
		{Path: "var/spool/cron/crontabs/*", Lines: `^# (DO NOT EDIT|\()`, Why: stamped},
		{Path: "var/lib/update-notifier", Why: stamped},
	}
	if err := rules.Compile(); err != nil {
		panic("overlay: " + err.Error()) // a pattern of this list, which a test compiles
	}
	return rules
}
