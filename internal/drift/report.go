// Package drift says where hosts differ from what playbooks want, and why: a host that somebody changed since muster last
// applied the playbook (corrective), a playbook, inventory or variable that changed since (intended), or something that
// muster never applied (unknown). It sees a check run through its events, and what went before through the run store.
package drift

import (
	"encoding/json"
	"time"

	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/diag"
)

// Version is the version of the report's JSON form; it grows when a field changes its meaning or goes away.
const Version = "1.0"

// Class says why something differs.
type Class string

// The classes.
const (
	Corrective Class = "corrective" // the host changed since the last apply
	Intended   Class = "intended"   // playbook, inventory or variables changed since the last apply
	Unknown    Class = "unknown"    // muster never applied it there
)

// State says how a host fares.
type State string

// The states of a host, the worst last.
const (
	InOrder     State = "in order"
	Drifted     State = "drifted"
	Failed      State = "failed" // the check broke off: what comes after is not known
	Unreachable State = "unreachable"
)

// Report is what one check run found.
type Report struct {
	Version   string    `json:"version"`
	Run       string    `json:"run"`
	Playbooks []string  `json:"playbooks"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Summary   Summary   `json:"summary"`
	Hosts     []Host    `json:"hosts"` // by name
	// Trend are earlier reports on the same playbooks, the oldest first, and this one.
	Trend []Point `json:"trend,omitempty"`
	// Whole says that the report is about all hosts of its subject: others are none of it any more.
	Whole bool `json:"-"`
	// History says why there is nothing to compare with; "" when there is.
	History string `json:"history,omitempty"`
}

// Summary counts.
type Summary struct {
	Hosts       int `json:"hosts"`
	InOrder     int `json:"in_order"`
	Drifted     int `json:"drifted"`
	Failed      int `json:"failed"`
	Unreachable int `json:"unreachable"`
	Corrective  int `json:"corrective"` // differences, over all hosts
	Intended    int `json:"intended"`
	Unknown     int `json:"unknown"`
	Assessed    int `json:"assessed"`   // tasks on hosts that could be compared with the host
	Assessable  int `json:"assessable"` // tasks on hosts that change something when they run
}

// Share is the part of what changes hosts that could be compared, from 0 to 1; 1 when there is nothing to compare.
func (s Summary) Share() float64 {
	if s.Assessable == 0 {
		return 1
	}
	return float64(s.Assessed) / float64(s.Assessable)
}

// Differences is the number of differences of every class.
func (s Summary) Differences() int { return s.Corrective + s.Intended + s.Unknown }

// Host is what was found on a host.
type Host struct {
	Name       string       `json:"host"`
	State      State        `json:"state"`
	Problem    string       `json:"problem,omitempty"` // of a host that failed or is unreachable
	Drift      []Difference `json:"drift,omitempty"`
	Blind      []Blind      `json:"not_assessed,omitempty"`
	Assessed   int          `json:"assessed"`
	Assessable int          `json:"assessable"`
}

// Count is the number of a host's differences of a class.
func (h Host) Count(c Class) int {
	n := 0
	for _, d := range h.Drift {
		if d.Class == c {
			n++
		}
	}
	return n
}

// Difference is one thing that a task would change.
type Difference struct {
	Key        string      `json:"key"` // of the task, the same from run to run
	Task       string      `json:"task"`
	Item       string      `json:"item,omitempty"` // of a loop
	Action     string      `json:"action"`
	Pos        diag.Pos    `json:"pos"`
	Class      Class       `json:"class"`
	Why        string      `json:"why"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Text       string      `json:"diff,omitempty"` // of contents, as a unified diff
	Hidden     bool        `json:"hidden,omitempty"`
	Applied    time.Time   `json:"applied,omitzero"`     // when it was last applied
	AppliedBy  string      `json:"applied_by,omitempty"` // by which run
	FirstSeen  time.Time   `json:"first_seen"`
	Seen       int         `json:"seen"`     // in how many reports in a row, this one included
	Episodes   int         `json:"episodes"` // how often it came by itself within 30 days, this time included
	Flapping   bool        `json:"flapping,omitempty"`

	play diag.Pos // where the play is, for a correction right after the check
}

// Attribute is one property with what it is and what it should be.
type Attribute = change.Attribute

// Blind is a task that a check run cannot compare with the host.
type Blind struct {
	Task   string   `json:"task"`
	Action string   `json:"action"`
	Pos    diag.Pos `json:"pos"`
	Why    string   `json:"why"`
}

// Point is a report in a line of reports.
type Point struct {
	Run     string    `json:"run"`
	Time    time.Time `json:"time"`
	Summary Summary   `json:"summary"`
}

// summarize counts what the hosts of a report have.
func (r *Report) summarize() {
	var s Summary
	for _, h := range r.Hosts {
		s.Hosts++
		switch h.State {
		case InOrder:
			s.InOrder++
		case Drifted:
			s.Drifted++
		case Failed:
			s.Failed++
		case Unreachable:
			s.Unreachable++
		}
		s.Corrective += h.Count(Corrective)
		s.Intended += h.Count(Intended)
		s.Unknown += h.Count(Unknown)
		s.Assessed += h.Assessed
		s.Assessable += h.Assessable
	}
	r.Summary = s
}

// Exit is the exit code that says what was found: 4 when a host was unreachable, 2 when the check failed on one, 3 when
// something drifted, 0 when everything that could be compared is in order.
func (r *Report) Exit() int {
	switch {
	case r.Summary.Unreachable > 0:
		return 4
	case r.Summary.Failed > 0:
		return 2
	case r.Summary.Differences() > 0:
		return 3
	}
	return 0
}

// WriteJSON returns the report in its versioned form.
func (r *Report) WriteJSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}
