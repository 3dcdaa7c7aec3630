// Package plan is what a run would change, collected from the events of a check run: which tasks change what on which
// hosts, how much of it can be taken back, and how much could not be foreseen.
package plan

import (
	"encoding/json"
	"time"

	"github.com/musterhq/muster/internal/change"
	"github.com/musterhq/muster/internal/diag"
)

// Version is the version of the saved form; it grows when a field changes its meaning or goes away.
const Version = 1

// Plan is what a run would do.
type Plan struct {
	Version   int       `json:"version"`
	Muster    string    `json:"muster"`
	Run       string    `json:"run"` // the check run that made it
	Time      time.Time `json:"time"`
	Playbooks []string  `json:"playbooks"`
	Inputs    Inputs    `json:"inputs,omitzero"` // what it was made from; filled when it is saved
	// Command is what runs the same again, as the command line that made the plan knows it.
	Command json.RawMessage `json:"command,omitempty"`
	Tasks   []Task          `json:"tasks"` // with changes, or not assessed somewhere
	Hosts   []Host          `json:"hosts"`
	Summary Summary         `json:"summary"`
	Exit    int             `json:"exit"` // of the check run: 0, 2 or 4
}

// Undo says what of a task can be taken back.
type Undo string

// The labels of tasks.
const (
	Reversible   Undo = "reversible"   // muster itself takes it back
	Partly       Undo = "partly"       // muster takes back part of it
	Compensated  Undo = "compensated"  // its rollback handlers make up for it
	Irreversible Undo = "irreversible" // nothing does
)

// Task is a task that changes something, or that could not be assessed.
type Task struct {
	Key         string       `json:"key"`
	Name        string       `json:"name"`
	Action      string       `json:"action"`
	Play        string       `json:"play"`
	Pos         diag.Pos     `json:"pos"`
	Handler     bool         `json:"handler,omitempty"`
	Undo        Undo         `json:"undo,omitempty"` // "" when it changes nothing by itself
	Changes     []Group      `json:"changes,omitempty"`
	NotAssessed []Unassessed `json:"not_assessed,omitempty"`
}

// Group is one change that some hosts have in common.
type Group struct {
	Hosts []string `json:"hosts"`
	Parts []Part   `json:"parts"`
}

// Part is one thing that changes: all of the task, or one item of its loop.
type Part struct {
	Item       string             `json:"item,omitempty"`
	Path       string             `json:"path,omitempty"` // of the file whose content differs
	Attributes []change.Attribute `json:"attributes,omitempty"`
	Text       string             `json:"text,omitempty"` // a unified diff
	Msg        string             `json:"msg,omitempty"`  // where there is nothing better
	Hidden     bool               `json:"hidden,omitempty"`
}

// Unassessed are hosts on which nobody can tell what the task would do.
type Unassessed struct {
	Hosts []string `json:"hosts"`
	Why   string   `json:"why"`
}

// Host is what the plan says of one host.
type Host struct {
	Name        string `json:"name"`
	Changes     int    `json:"changes"`    // tasks that change it
	Assessed    int    `json:"assessed"`   // tasks that could be compared with the host
	Assessable  int    `json:"assessable"` // tasks that act on it
	Failed      string `json:"failed,omitempty"`
	Unreachable string `json:"unreachable,omitempty"`
	// Steps are digests of what every task found and would do, by key; a saved plan is compared by them.
	Steps map[string]Step `json:"steps,omitempty"`
}

// Step is a task on a host, in digests.
type Step struct {
	Args string `json:"args,omitempty"` // what is asked for
	Now  string `json:"now"`            // what was found, and what would be done about it
}

// Summary is the plan in numbers.
type Summary struct {
	Hosts       int          `json:"hosts"`
	Changing    int          `json:"changing"` // hosts with changes
	Changes     int          `json:"changes"`  // tasks on hosts
	Tasks       int          `json:"tasks"`    // with changes
	Undo        map[Undo]int `json:"undo"`     // tasks with changes, by label
	Assessed    int          `json:"assessed"` // tasks on hosts
	Assessable  int          `json:"assessable"`
	Failed      int          `json:"failed"`
	Unreachable int          `json:"unreachable"`
}

// Coverage is which share of what acts on hosts could be assessed; 1 when nothing acts.
func (s Summary) Coverage() float64 {
	if s.Assessable == 0 {
		return 1
	}
	return float64(s.Assessed) / float64(s.Assessable)
}

// Pending reports whether anything would change.
func (p *Plan) Pending() bool { return p.Summary.Changes > 0 }
