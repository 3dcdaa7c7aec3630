// Package ops is how the controller asks hosts about their journals: what was recorded, undo, pruning, the lock of a host,
// confirm-or-revert and recovery. It holds the questions, the answers and a client; it knows no transport and no store, so
// the executor, the commands and the runner share one set of types.
//
// Every question is an ordinary request to the runner's own module Module. It honours Become: root's journal is asked
// through a request that becomes root, a plain user's through one that does not.
package ops

import "time"

// Module is the name under which a runner answers. It is no module of playbooks.
const Module = "muster_journal"

// The operations.
const (
	OpList    = "list"
	OpUndo    = "undo"
	OpAgain   = "again"
	OpPrune   = "prune"
	OpLock    = "lock"
	OpUnlock  = "unlock"
	OpConfirm = "confirm"
	OpRecover = "recover"
)

// State says how far an entry has come.
type State string

// The states of an entry.
const (
	StateOpen     State = "open"     // begun and not finished; recovery finishes or reverts it
	StateDone     State = "done"     // the change was made
	StateUndone   State = "undone"   // the change was made and taken back
	StateConflict State = "conflict" // an undo was refused because somebody else changed the thing since
	StateNever    State = "never"    // begun, interrupted, and found or put back as it was before
)

// Entry is one change as a journal tells of it. It holds no secret.
type Entry struct {
	ID     string `json:"id"` // unique on the host; the form is the host's own
	Run    string `json:"run"`
	Play   int    `json:"play"`
	Batch  int    `json:"batch"`
	Task   int    `json:"task"` // the executor's number of the task in the run
	Name   string `json:"name"` // the task's title
	Module string `json:"module"`
	What   string `json:"what"` // what was changed: a path, a package, a unit
	User   string `json:"user"` // whose journal it is in
	State  State  `json:"state"`
	// Undo is full, partial or none. An entry with none is a note: it says that something happened which only a handler can
	// take back.
	Undo    string   `json:"undo"`
	Changed []string `json:"changed,omitempty"` // which attributes the change touched
	Token   string   `json:"token,omitempty"`   // of confirm-or-revert
	// Again says that the entry reloaded or restarted something: after files are restored, OpAgain does it once more.
	Again   bool      `json:"again,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // zero while it is open
	Msg     string    `json:"msg,omitempty"`  // of the last undo or recovery
}

// Run sums up what a host recorded of a run.
type Run struct {
	Run     string    `json:"run"`
	Holder  string    `json:"holder,omitempty"` // who ran it, from where
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // of the last change
	Changes int       `json:"changes"`        // entries that can be undone, whatever their state
	Undone  int       `json:"undone"`
	Notes   int       `json:"notes"` // entries that only a handler can take back
	Open    int       `json:"open"`
	Bytes   int64     `json:"bytes"`
	Live    bool      `json:"live,omitempty"` // a runner is writing to it now
}

// ListArgs ask for one run's entries, or for all runs when Run is empty.
type ListArgs struct {
	Run string `json:"run,omitempty"`
}

// Listing is the answer: runs oldest first; entries, only where a run was named, oldest first.
type Listing struct {
	User    string  `json:"user"`
	Folder  string  `json:"folder"`
	Runs    []Run   `json:"runs"`
	Entries []Entry `json:"entries,omitempty"`
	// Problems are records that could not be read; what could be read is listed all the same.
	Problems []string `json:"problems,omitempty"`
}

// UndoArgs name what is to be undone. Without entries it is everything of the run that is neither undone nor a note,
// newest first; entries are undone in the order given.
type UndoArgs struct {
	Run     string   `json:"run"`
	Entries []string `json:"entries,omitempty"`
	Force   bool     `json:"force,omitempty"` // overwrite what somebody else changed since
}

// Undone is what became of one entry. Conflict and Failed exclude Changed; all false is "was already as before".
type Undone struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Module   string `json:"module,omitempty"`
	What     string `json:"what,omitempty"`
	Changed  bool   `json:"changed,omitempty"`
	Conflict bool   `json:"conflict,omitempty"`
	Failed   bool   `json:"failed,omitempty"`
	Note     bool   `json:"note,omitempty"` // nothing could be done: only a handler takes it back
	Again    bool   `json:"again,omitempty"`
	Msg      string `json:"msg,omitempty"`
	Diff     any    `json:"diff,omitempty"` // as modules report it
}

// UndoAnswer holds one outcome for each entry, in the order in which they were undone.
type UndoAnswer struct {
	Entries []Undone `json:"entries"`
}

// AgainArgs name entries whose reload or restart is done once more, after the files that they were about were restored.
type AgainArgs struct {
	Run     string   `json:"run"`
	Entries []string `json:"entries"`
}

// PruneArgs bound a journal; zero leaves a bound out, both zero is the journal's own bounds. The oldest runs go first, a
// run that is live or has open entries never goes.
type PruneArgs struct {
	MaxAge   int64 `json:"max_age,omitempty"`   // seconds
	MaxBytes int64 `json:"max_bytes,omitempty"` // of the whole journal
}

// PruneAnswer says what went and what is left.
type PruneAnswer struct {
	Removed []string `json:"removed"` // runs
	Freed   int64    `json:"freed"`   // bytes
	Left    int64    `json:"left"`    // bytes
}

// LockArgs take the host's lock for a run before its first change does.
type LockArgs struct {
	Run    string `json:"run"`
	Holder string `json:"holder"`
}

// ConfirmArgs answer a watchdog.
type ConfirmArgs struct {
	Run   string `json:"run"`
	Token string `json:"token"`
	// Revert has everything undone now, instead of confirming it.
	Revert bool `json:"revert,omitempty"`
}

// ConfirmAnswer says how a watchdog ended. Confirmed and Reverted exclude each other; neither means that there is none.
type ConfirmAnswer struct {
	Confirmed bool     `json:"confirmed,omitempty"`
	Reverted  bool     `json:"reverted,omitempty"`
	Entries   []Undone `json:"entries,omitempty"` // what was undone, after a revert
}

// RecoverAnswer says what became of entries that a crash left open.
type RecoverAnswer struct {
	Entries []Recovered `json:"entries"`
}

// Recovered is one entry that was open. State is then done (the change was whole), never (nothing had changed, or it was put
// back), or open (it could not be decided: Msg says why).
type Recovered struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	What  string `json:"what,omitempty"`
	State State  `json:"state"`
	Msg   string `json:"msg,omitempty"`
}
