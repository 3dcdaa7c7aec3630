// Package modules defines what a module is, how its parameters are declared and decoded, and the engine around
// every module: strict decoding, check mode, diff, the journal, apply, verification and undo.
package modules

import (
	"context"
	"io"

	"github.com/musterhq/muster/modules/sys"
)

// Undo says how much of a module's effect can be taken back without a handler.
type Undo string

// The kinds of undo.
const (
	UndoFull    Undo = "full"
	UndoPartial Undo = "partial"
	UndoNone    Undo = "none"
)

// Info describes a module to people and to the engine.
type Info struct {
	Name     string // short name, such as copy
	Summary  string // one sentence
	Notes    string // longer text for the documentation
	Undo     Undo
	Examples string // a YAML list of tasks; parsed by tests
	Aliases  []string
	FreeForm string // parameter that takes the free text of `command: ls -l`; "" where none is allowed
	RawForm  bool   // the free text may hold key=value options of the module among its words (command, shell, script, raw)
	NoCheck  bool   // the module is skipped in check mode
	Facts    bool   // the result's ansible_facts become facts of the host
	Private  bool   // controller-side parameters are added by the executor; see Call.Content
	Hidden   bool   // called by the executor only: it is not listed
}

// Module is one unit of work on a host. Implementations are stateless and safe for concurrent use.
type Module interface {
	Info() Info
	Params() []Param
	// Run performs one item. It never panics on bad arguments: what is wrong comes back as a failed Result.
	Run(ctx context.Context, c *Call) Result
}

// Result is a module's answer under Ansible's keys: changed, failed, msg, skipped, diff, rc, stdout …
// Values are plain Go data that CBOR carries: nil, bool, ints, float64, string, []any, map[string]any and
// slices or maps of those.
type Result map[string]any

// Changed reports the key changed.
func (r Result) Changed() bool { b, _ := r["changed"].(bool); return b }

// Failed reports the key failed.
func (r Result) Failed() bool { b, _ := r["failed"].(bool); return b }

// Failf is the result of a module that could not do its work.
func Failf(format string, args ...any) Result { return failf(format, args...) }

// Call is one invocation of a module.
type Call struct {
	Sys     sys.System
	Args    map[string]any // as the task gave them, rendered; decoded strictly by the module
	Check   bool
	Diff    bool
	Content ContentSource     // content that the controller holds; nil where a task names none
	Journal Journal           // nil when nothing is recorded
	Env     map[string]string // the task's environment, for the commands it runs
}

// ContentRef names content that the controller holds. Controller-side code puts it into the arguments
// (copy's and template's `_content`, unarchive's and script's `_content`), the module opens it only when it needs it.
type ContentRef struct {
	SHA256 string // hexadecimal
	SHA1   string // hexadecimal; Ansible's checksum
	MD5    string // hexadecimal; "" where it was not computed
	Size   int64  // bytes
}

// ContentSource opens content by its digest; only digests that the running task named can be opened.
type ContentSource interface {
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// Journal records what a change replaces. Before is durable when it returns; After closes the entry, a nil post says that
// nothing changed after all.
type Journal interface {
	Before(ctx context.Context, e Entry) (id string, err error)
	After(ctx context.Context, id string, post []byte) error
	// Keep stores content in the journal's content-addressed store and returns its SHA-256.
	Keep(ctx context.Context, r io.Reader) (sha256 string, err error)
}

// Entry is one change about to happen. Without states it is the note that an action ran.
type Entry struct {
	Module string
	Params []byte // JSON; secret parameters removed
	From   []byte // JSON of the state before
	To     []byte // JSON of the state wanted
}
