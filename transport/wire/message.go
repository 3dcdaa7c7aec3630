// Package wire is the protocol between the controller and the runner on a host: length-prefixed CBOR frames.
// The controller asks, the runner answers; a runner never initiates anything but heartbeats, and may open only the
// content that the request it is working on has named.
package wire

// Request is a whole task for a host: all items of its loop, in order.
type Request struct {
	ID         uint64            `cbor:"1,keyasint"`
	Module     string            `cbor:"2,keyasint"`
	Items      []Item            `cbor:"3,keyasint"`
	Check      bool              `cbor:"4,keyasint,omitempty"`
	Diff       bool              `cbor:"5,keyasint,omitempty"`
	Env        map[string]string `cbor:"6,keyasint,omitempty"`
	Become     *Become           `cbor:"7,keyasint,omitempty"`
	Contents   []Content         `cbor:"8,keyasint,omitempty"`  // every digest that items may open
	Timeout    int64             `cbor:"9,keyasint,omitempty"`  // milliseconds for the whole request; 0 is none
	Async      int64             `cbor:"10,keyasint,omitempty"` // seconds a detached job may run; 0 runs in the foreground
	JobID      string            `cbor:"11,keyasint,omitempty"` // Ansible's job id, with Async
	Journal    *JournalRef       `cbor:"12,keyasint,omitempty"` // where changes are recorded; nil records nothing
	StopOnFail bool              `cbor:"13,keyasint,omitempty"`
	Watch      bool              `cbor:"14,keyasint,omitempty"` // send what commands write as it comes
}

// JournalRef says under which run and task changes are journalled. Requests of the same run share the host's lock.
type JournalRef struct {
	Run    string `cbor:"1,keyasint"`
	Play   int    `cbor:"2,keyasint,omitempty"`
	Batch  int    `cbor:"3,keyasint,omitempty"`
	Task   int    `cbor:"4,keyasint,omitempty"` // the executor's number of the task in the run
	Name   string `cbor:"5,keyasint,omitempty"` // the task's title
	Holder string `cbor:"6,keyasint,omitempty"` // who runs it and from where, for those that find the host locked
	// MaxAge (seconds) and MaxBytes bound the journal; 0 leaves the host's own bound.
	MaxAge   int64 `cbor:"7,keyasint,omitempty"`
	MaxBytes int64 `cbor:"8,keyasint,omitempty"`
	// Confirm, when set, makes the host undo what this request changes unless it is confirmed in time.
	Confirm *Confirm `cbor:"9,keyasint,omitempty"`
	// Withheld are parameters whose values are not recorded.
	Withheld []string `cbor:"10,keyasint,omitempty"`
}

// Confirm is a watchdog on the host. Requests with one token share it; what they changed is undone together, newest first,
// when nobody confirms within Wait after the last of them.
type Confirm struct {
	Token string `cbor:"1,keyasint"`
	Wait  int64  `cbor:"2,keyasint"` // milliseconds
}

// Item is one element of a task's loop; a task without a loop has one.
type Item struct {
	Args map[string]any `cbor:"1,keyasint"`
}

// Content names bytes that the controller holds. Small ones travel inline.
type Content struct {
	SHA256 string `cbor:"1,keyasint"`
	Size   int64  `cbor:"2,keyasint"`
	Inline []byte `cbor:"3,keyasint,omitempty"`
}

// Become asks for another user. Requests with equal Become share one child runner.
type Become struct {
	Method   string `cbor:"1,keyasint"` // sudo, su, doas
	User     string `cbor:"2,keyasint"`
	Password string `cbor:"3,keyasint,omitempty"` // secret; never in argv, environment or on disk
	Flags    string `cbor:"4,keyasint,omitempty"` // become_flags, split as a shell does
	Exe      string `cbor:"5,keyasint,omitempty"`
}

// Response is the result of one item, or the end of a request.
type Response struct {
	ID     uint64         `cbor:"1,keyasint"`
	Index  int            `cbor:"2,keyasint"`
	Result map[string]any `cbor:"3,keyasint,omitempty"`
	Done   bool           `cbor:"4,keyasint,omitempty"` // no more responses for ID
	// Unusable says why the request could not be run at all: kind and text of a transport.Error (become failed, say).
	Kind string `cbor:"5,keyasint,omitempty"`
	What string `cbor:"6,keyasint,omitempty"`
	Hint string `cbor:"7,keyasint,omitempty"`
	// Start and End are the host's clock around the item, milliseconds since 1970.
	Start int64 `cbor:"8,keyasint,omitempty"`
	End   int64 `cbor:"9,keyasint,omitempty"`
	// Entries are the journal entries that this item made, oldest first.
	Entries []string `cbor:"10,keyasint,omitempty"`
	// Output is what commands of the item have written meanwhile, in whole lines; Result is nil then. Only a request with
	// Watch gets it.
	Output string `cbor:"11,keyasint,omitempty"`
}
