// Package event is what a run says about itself. Views, history and drift see a run through events and nothing else.
package event

import (
	"time"

	"github.com/musterhq/muster/internal/diag"
)

// Version is the version of the events' JSON form; it grows when a field changes its meaning or goes away.
const Version = "1.1"

// Sink receives the events of a run, one at a time and in order. Handle must not keep a Result's maps for writing.
type Sink interface{ Handle(Event) }

// Event is one of the types below.
type Event interface{ Kind() string }

// RunStart opens a run.
type RunStart struct {
	Version   string    `json:"version"`
	Run       string    `json:"run"`
	Time      time.Time `json:"time"`
	Playbooks []string  `json:"playbooks"`
	Check     bool      `json:"check,omitempty"`
	Diff      bool      `json:"diff,omitempty"`
	Verbosity int       `json:"verbosity,omitempty"`
}

// PlaybookStart opens a playbook.
type PlaybookStart struct {
	File  string `json:"file"`
	Plays int    `json:"plays,omitempty"`
}

// PlayStart opens a play for all its hosts, or for one batch of them.
type PlayStart struct {
	ID    int      `json:"play"` // counts from 1 within the run; every batch is one
	Name  string   `json:"name"`
	Pos   diag.Pos `json:"pos"`
	Hosts []string `json:"hosts"`
	Batch int      `json:"batch"`   // from 0
	Of    int      `json:"batches"` // number of batches
	// Total is how many hosts the play has in all its batches.
	Total int `json:"play_hosts,omitempty"`
	// Tasks is how many tasks a host will come to as far as that is known; 0 when it was not counted.
	Tasks int  `json:"tasks,omitempty"`
	Check bool `json:"check,omitempty"`
	// Strategy is "" for linear; under free and host_pinned, hosts do not take their tasks together.
	Strategy string `json:"strategy,omitempty"`
}

// NoHosts says that a play has no hosts to run on: none matched, or none remained.
type NoHosts struct {
	Play      string `json:"play"`
	Remaining bool   `json:"remaining,omitempty"` // hosts matched, but all of them failed before
}

// TaskStart opens a task; its results follow.
type TaskStart struct {
	ID      int       `json:"task"`           // counts from 1 within the run
	Play    int       `json:"play,omitempty"` // the PlayStart that it belongs to
	Key     string    `json:"key,omitempty"`  // 16 hexadecimal digits: the same for the same task in other runs, wherever its lines moved
	Name    string    `json:"name"`           // with the role's name before it, as Ansible writes it
	Action  string    `json:"action"`
	Args    string    `json:"args,omitempty"` // for --display_args_to_stdout; "" when not wanted
	Pos     diag.Pos  `json:"pos"`
	Role    string    `json:"role,omitempty"`
	Handler bool      `json:"handler,omitempty"`
	Check   bool      `json:"check,omitempty"`
	Undo    string    `json:"undo,omitempty"` // what of it can be taken back: full, partial, handlers, none; "" when it changes nothing
	Time    time.Time `json:"time"`
}

// Output is what commands of a task that still runs have written on a host, in whole lines without the last line break;
// when that is a lot, the beginning of it is missing. It comes only when it was asked for, and never under no_log.
type Output struct {
	Task int    `json:"task"`
	Host string `json:"host"`
	Text string `json:"text"`
}

// HostStart says that a host starts a task; it comes only when it was asked for.
type HostStart struct {
	Task int       `json:"task"`
	Host string    `json:"host"`
	Time time.Time `json:"time"`
}

// HostRetry says that a host which was out of the play takes the task again at which it failed.
type HostRetry struct {
	Host string    `json:"host"`
	Time time.Time `json:"time"`
}

// Censored stands in the place of a result that no_log hides, under the key censored.
const Censored = "the output has been hidden due to the fact that 'no_log: true' was specified for this result"

// Status says how a task or item ended on a host.
type Status string

// The statuses.
const (
	OK          Status = "ok"
	Changed     Status = "changed"
	Skipped     Status = "skipped"
	Failed      Status = "failed"
	Unreachable Status = "unreachable"
)

// TaskResult is a task's outcome on a host; the outcomes of its items came before it.
type TaskResult struct {
	Task      int            `json:"task"`
	Host      string         `json:"host"`
	Delegated string         `json:"delegated,omitempty"` // the host that did the work, when it is another; its address in brackets when that differs
	Action    string         `json:"action"`
	Status    Status         `json:"status"`
	Ignored   bool           `json:"ignored,omitempty"` // failed or unreachable, but the play goes on as if not
	Rescued   bool           `json:"rescued,omitempty"` // failed inside a block with a rescue
	NoLog     bool           `json:"no_log,omitempty"`
	Diff      bool           `json:"diff,omitempty"`     // the user asked for differences; they are in Result
	Loop      bool           `json:"loop,omitempty"`     // Result holds results: of items that were reported on their own
	Args      string         `json:"args,omitempty"`     // digest of the rendered arguments of all items; "" when there were none
	Replayed  bool           `json:"replayed,omitempty"` // an earlier run did it, this one goes on from there
	Result    map[string]any `json:"result"`             // under Ansible's keys, plain Go data; censored when NoLog
	Start     time.Time      `json:"start"`
	End       time.Time      `json:"end"`
}

// ItemResult is one loop item's outcome on a host.
type ItemResult struct {
	Task      int            `json:"task"`
	Host      string         `json:"host"`
	Delegated string         `json:"delegated,omitempty"`
	Action    string         `json:"action"`
	Status    Status         `json:"status"`
	Ignored   bool           `json:"ignored,omitempty"`
	NoLog     bool           `json:"no_log,omitempty"`
	Diff      bool           `json:"diff,omitempty"` // the user asked for differences; they are in Result
	Item      any            `json:"item,omitempty"` // the label: plain Go data
	Label     string         `json:"-"`              // the label as Python prints it
	Args      string         `json:"args,omitempty"` // digest of the rendered arguments
	Result    map[string]any `json:"result"`
}

// Retry says that until: did not hold yet.
type Retry struct {
	Task      int            `json:"task"`
	Host      string         `json:"host"`
	Delegated string         `json:"delegated,omitempty"`
	Name      string         `json:"name"`
	Attempt   int            `json:"attempt"` // from 1
	Left      int            `json:"left"`
	NoLog     bool           `json:"no_log,omitempty"`
	Result    map[string]any `json:"result"`
}

// AsyncPoll is a look at a background job that a task waits for. Ended is empty while it runs, ok or failed after it.
type AsyncPoll struct {
	Task     int    `json:"task"`
	Host     string `json:"host"`
	Job      string `json:"job"`
	Started  int    `json:"started"`
	Finished int    `json:"finished"`
	Ended    Status `json:"ended,omitempty"`
}

// Included says that hosts continue with an included file or role.
type Included struct {
	Task  int      `json:"task"`
	File  string   `json:"file"`
	Hosts []string `json:"hosts"`
	Item  any      `json:"item,omitempty"`
	Label string   `json:"-"` // the item as Python prints it; "" without a loop
}

// Notified says that a host asked for a handler.
type Notified struct {
	Host    string `json:"host"`
	Handler string `json:"handler"`
}

// NoMoreHosts says that a play stops because none of its hosts may go on.
type NoMoreHosts struct {
	Reason string `json:"reason,omitempty"` // any_errors_fatal or max_fail_percentage; "" when all hosts are out by themselves
}

// Message is a warning, a deprecation or a remark outside of any result.
type Message struct {
	Level string `json:"level"` // warning, deprecated, info, error, verbose
	Text  string `json:"text"`
	Host  string `json:"host,omitempty"`
}

// PromptText is text that a task shows the user (pause).
type PromptText struct {
	Text string `json:"text"`
}

// Counts is a host's line in the recap.
type Counts struct {
	OK          int `json:"ok"`
	Changed     int `json:"changed"`
	Unreachable int `json:"unreachable"`
	Failed      int `json:"failed"`
	Skipped     int `json:"skipped"`
	Rescued     int `json:"rescued"`
	Ignored     int `json:"ignored"`
	RolledBack  int `json:"rolledback,omitempty"` // changes and rollback handlers; counts only in runs with a rollback
}

// RunEnd closes a run.
type RunEnd struct {
	Time   time.Time         `json:"time"`
	Hosts  map[string]Counts `json:"hosts"`
	Custom map[string]any    `json:"custom,omitempty"` // set_stats, by host and under _run
	Exit   int               `json:"exit"`
}

// Kind names the type in JSON.
func (RunStart) Kind() string      { return "run_start" }
func (PlaybookStart) Kind() string { return "playbook_start" }
func (PlayStart) Kind() string     { return "play_start" }
func (NoHosts) Kind() string       { return "no_hosts" }
func (TaskStart) Kind() string     { return "task_start" }
func (HostStart) Kind() string     { return "host_start" }
func (Output) Kind() string        { return "output" }
func (HostRetry) Kind() string     { return "host_retry" }
func (TaskResult) Kind() string    { return "task_result" }
func (ItemResult) Kind() string    { return "item_result" }
func (Retry) Kind() string         { return "retry" }
func (AsyncPoll) Kind() string     { return "async_poll" }
func (Included) Kind() string      { return "included" }
func (Notified) Kind() string      { return "notified" }
func (NoMoreHosts) Kind() string   { return "no_more_hosts" }
func (Message) Kind() string       { return "message" }
func (PromptText) Kind() string    { return "prompt" }
func (RunEnd) Kind() string        { return "run_end" }
