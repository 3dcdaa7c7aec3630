package event

// PhaseStart opens what follows a batch's own tasks: gate (it must hold) or restore (it runs however the batch ended).
type PhaseStart struct {
	Phase string   `json:"phase"`
	Play  string   `json:"play"`
	Hosts []string `json:"hosts"`
	Check bool     `json:"check,omitempty"` // the play runs in check mode: only tasks with check_mode: false really ask
}

// RollbackStart says that changes are being taken back, the newest first. What became of each follows.
type RollbackStart struct {
	Run    string   `json:"run"`
	Play   string   `json:"play,omitempty"`
	Scope  string   `json:"scope"`            // host, batch or run
	Batch  int      `json:"batch"`            // from 0
	Of     int      `json:"batches"`          // number of batches
	Hosts  []string `json:"hosts"`            // those with changes to take back
	Reason string   `json:"reason,omitempty"` // what failed
	Check  bool     `json:"check,omitempty"`  // nothing is undone; this says what would be
}

// UndoStatus says how taking one change back ended.
type UndoStatus string

// The outcomes of undoing a change.
const (
	UndoDone        UndoStatus = "undone"
	UndoSame        UndoStatus = "same"        // it was as before the change already
	UndoConflict    UndoStatus = "conflict"    // somebody else changed it since; left alone
	UndoFailed      UndoStatus = "failed"      // it could not be undone
	UndoUnreachable UndoStatus = "unreachable" // the host could not be asked
	UndoLasting     UndoStatus = "lasting"     // it has no inverse and no rollback handlers
	UndoRepeated    UndoStatus = "repeated"    // the restart or reload was done once more, after its files were restored
	UndoStopped     UndoStatus = "stopped"     // the rollback was interrupted before it came to it
)

// Undone says what became of one change in a rollback.
type Undone struct {
	Host      string     `json:"host"`                // for which the change was made
	Delegated string     `json:"delegated,omitempty"` // where it was made, when that is another host
	User      string     `json:"user,omitempty"`      // whose journal holds it; "" is the connection's own
	Task      int        `json:"task,omitempty"`      // the number of the task that made it
	Name      string     `json:"name,omitempty"`      // of that task
	Module    string     `json:"module,omitempty"`
	What      string     `json:"what,omitempty"`  // what was changed: a path, a package, a unit
	Entry     string     `json:"entry,omitempty"` // of the host's journal
	Status    UndoStatus `json:"status"`
	Msg       string     `json:"msg,omitempty"`
	Diff      any        `json:"diff,omitempty"`
}

// Left is what a rollback did on one host and what it left.
type Left struct {
	Undone    int    `json:"undone"`              // changes that are as before again
	Conflicts int    `json:"conflicts,omitempty"` // left alone
	Failed    int    `json:"failed,omitempty"`    // changes and rollback handlers
	Lasting   int    `json:"lasting,omitempty"`   // without an inverse
	Pending   int    `json:"pending,omitempty"`   // not come to
	Why       string `json:"why,omitempty"`       // changes are pending: unreachable, interrupted
}

// Whole reports whether all that can be taken back was.
func (l Left) Whole() bool { return l.Conflicts+l.Failed+l.Pending == 0 }

// RollbackEnd closes a rollback.
type RollbackEnd struct {
	Hosts    map[string]Left `json:"hosts"`
	Complete bool            `json:"complete"`
	Command  string          `json:"command,omitempty"` // that finishes it; "" when nothing is left to do
	Check    bool            `json:"check,omitempty"`
}

// NotRolledBack says that an interrupted run left changes that its play would have rolled back after a failure.
type NotRolledBack struct {
	Hosts   []string `json:"hosts"`
	Changes int      `json:"changes"`
	Command string   `json:"command"`
}

// NotStarted says that a play does not start because a play that it needs did not hold.
type NotStarted struct {
	Play  string   `json:"play"`
	Needs []string `json:"needs"` // those that did not hold
}

// Kind names the type in JSON.
func (PhaseStart) Kind() string    { return "phase_start" }
func (RollbackStart) Kind() string { return "rollback_start" }
func (Undone) Kind() string        { return "undone" }
func (RollbackEnd) Kind() string   { return "rollback_end" }
func (NotRolledBack) Kind() string { return "not_rolled_back" }
func (NotStarted) Kind() string    { return "not_started" }
