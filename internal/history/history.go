// Package history keeps what runs did: who started what where, every task's outcome on every host with its
// differences, and the recap. A store is one SQLite file; it sees a run through events and nothing else, and expects them
// masked.
package history

import (
	"encoding/json"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// State says whether a run is over.
type State string

// The states of a run.
const (
	Running     State = "running"
	Finished    State = "finished"
	Interrupted State = "interrupted" // its process ended without closing it
)

// Run is one run of muster. Who starts it fills everything above Start; the rest comes from its events.
type Run struct {
	ID         string   `json:"run"`
	Command    string   `json:"command"` // run, exec, plan, resume, rollback, drift
	User       string   `json:"user"`    // who started it, before sudo
	Controller string   `json:"controller"`
	Dir        string   `json:"dir"`            // the working folder
	Args       []string `json:"args,omitempty"` // the command line without secrets
	Playbooks  []string `json:"playbooks"`
	Sources    []string `json:"inventory"`
	Limit      string   `json:"limit,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	SkipTags   []string `json:"skip_tags,omitempty"`
	Check      bool     `json:"check"`
	Diff       bool     `json:"diff"`
	Version    string   `json:"version"`
	Parent     string   `json:"parent,omitempty"` // the run that this one resumes or rolls back
	Git        Git      `json:"git,omitzero"`
	// Remember is what another command needs to do the same again, as JSON; its owner knows its form.
	Remember json.RawMessage `json:"-"`

	Start  time.Time      `json:"start"`
	End    time.Time      `json:"end,omitzero"` // of an interrupted run: when it was last seen
	State  State          `json:"state"`
	Exit   int            `json:"exit"` // counts when the run is finished
	Hosts  int            `json:"hosts"`
	Counts event.Counts   `json:"counts"` // the sum over all hosts
	Custom map[string]any `json:"custom,omitempty"`
}

// Git is the state of the version control around a playbook.
type Git struct {
	Commit string `json:"commit,omitempty"`
	Branch string `json:"branch,omitempty"`
	Dirty  bool   `json:"dirty,omitempty"` // files differ from the commit
}

// Recap is a host's line at the end of a run.
type Recap struct {
	Host string `json:"host"`
	event.Counts
}

// Play is a play, or one batch of it.
type Play struct {
	ID    int       `json:"play"` // counts from 1 within the run
	Name  string    `json:"name"`
	File  string    `json:"file"`
	Line  int       `json:"line"`
	Batch int       `json:"batch"`
	Of    int       `json:"batches"`
	Hosts int       `json:"hosts"`
	Start time.Time `json:"start"`
}

// Task is a task as it was announced.
type Task struct {
	ID      int       `json:"task"`
	Play    int       `json:"play"`
	Name    string    `json:"name"`
	Action  string    `json:"action"`
	File    string    `json:"file"`
	Line    int       `json:"line"`
	Role    string    `json:"role,omitempty"`
	Handler bool      `json:"handler,omitempty"`
	Check   bool      `json:"check,omitempty"`
	Key     string    `json:"key,omitempty"` // the same for the same task in other runs
	Start   time.Time `json:"start"`
}

// Result is what became of a task on a host.
type Result struct {
	Run       string          `json:"run"`
	Task      int             `json:"task"`
	Host      string          `json:"host"`
	Delegated string          `json:"delegated,omitempty"`
	Status    event.Status    `json:"status"`
	Changed   bool            `json:"changed"`
	Ignored   bool            `json:"ignored,omitempty"`
	Rescued   bool            `json:"rescued,omitempty"`
	NoLog     bool            `json:"no_log,omitempty"`
	Items     int             `json:"items,omitempty"` // of a loop, how many ran
	Start     time.Time       `json:"start"`
	Duration  time.Duration   `json:"duration_ns"`
	Msg       string          `json:"msg,omitempty"`
	Args      string          `json:"args,omitempty"`   // digest of the rendered arguments; "" when unknown
	Diff      json.RawMessage `json:"diff,omitempty"`   // as modules return it: before and after, by attribute or as text; a list for several
	Result    json.RawMessage `json:"result,omitempty"` // bounded in size
	Loop      []Item          `json:"loop,omitempty"`   // items that changed or failed; filled where asked for
	About     Task            `json:"about,omitzero"`   // the task; filled where results of several tasks are listed
}

// Item is one item of a loop that changed or failed something.
type Item struct {
	Item   string          `json:"item"`
	Status event.Status    `json:"status"`
	Msg    string          `json:"msg,omitempty"`
	Args   string          `json:"args,omitempty"`
	Diff   json.RawMessage `json:"diff,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// Message is a warning or an error outside of any result.
type Message struct {
	Level string `json:"level"`
	Host  string `json:"host,omitempty"`
	Text  string `json:"text"`
}
