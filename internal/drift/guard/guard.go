package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/hostorder"
)

// Limit is a number of hosts: as such, or as a share of all. The zero Limit does not limit.
type Limit struct {
	count   int
	percent float64
	set     bool
}

// ParseLimit reads 5 or 10%.
func ParseLimit(text string) (Limit, error) {
	if number, isPercent := strings.CutSuffix(text, "%"); isPercent {
		p, err := strconv.ParseFloat(number, 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return Limit{}, fmt.Errorf("%q is no share of hosts; write 0%% to 100%%", text)
		}
		return Limit{percent: p, set: true}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return Limit{}, fmt.Errorf("%q is no number of hosts; write it as 5 or 10%%", text)
	}
	return Limit{count: n, percent: -1, set: true}, nil
}

// Of is how many of so many hosts the limit allows: a share is rounded down, but one that is not zero allows a host.
func (l Limit) Of(hosts int) int {
	if !l.set {
		return hosts
	}
	if l.percent < 0 {
		return l.count
	}
	n := int(float64(hosts) * l.percent / 100)
	if n == 0 && l.percent > 0 && hosts > 0 {
		return 1
	}
	return n
}

// String is the limit as it is written; "" without one.
func (l Limit) String() string {
	switch {
	case !l.set:
		return ""
	case l.percent < 0:
		return strconv.Itoa(l.count)
	default:
		return strconv.FormatFloat(l.percent, 'f', -1, 64) + "%"
	}
}

// Guards are the conditions under which a correction may run.
type Guards struct {
	MaxHosts Limit // more drifted hosts than this look like a mistake in the playbook: nothing is corrected
	Window   Window
	Location *time.Location // of the window; nil is local time
}

// Refusal is why a correction does not run. Its text is for people and complete.
type Refusal struct{ Reason string }

// Check returns nil when the hosts may be corrected now, or the refusal. all is the number of hosts that were looked at.
func (g Guards) Check(now time.Time, drifted []string, all int) *Refusal {
	if loc := g.Location; loc != nil {
		now = now.In(loc)
	}
	if !g.Window.Open(now) {
		return &Refusal{fmt.Sprintf("it is %s, outside of the window %q", now.Format("Mon 15:04 MST"), g.Window)}
	}
	if allowed := g.MaxHosts.Of(all); len(drifted) > allowed {
		return &Refusal{fmt.Sprintf("%d of %d hosts drifted (%s), but at most %d may be corrected at once (%s)",
			len(drifted), all, some(drifted), allowed, g.MaxHosts)}
	}
	return nil
}

// some names the first hosts of a list.
func some(hosts []string) string {
	const shown = 5
	sorted := slices.SortedFunc(slices.Values(hosts), hostorder.Compare)
	if len(sorted) <= shown {
		return strings.Join(sorted, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(sorted[:shown], ", "), len(sorted)-shown)
}
