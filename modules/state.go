package modules

import (
	"context"
	"io"
	"reflect"

	"github.com/musterhq/muster/modules/sys"
)

// State is a module that brings one resource to a desired state. The engine decodes strictly, reads, asks for the
// wanted state, stops there in check mode, journals, applies and reads again: the second reading must equal the wanted
// state. P is the parameter struct, S the state: plain data that encoding/json writes and reads back unchanged.
type State[P, S any] struct {
	Info
	Rules Rules
	// Validate checks (and may normalise) parameters beyond tags and rules; nothing was read yet.
	Validate func(p *P) error
	// Prepare, if any, acts before anything is read, never in check mode: it brings up to date what Read looks at (the
	// index of packages, systemd's idea of its unit files). It is no change of its own.
	Prepare func(ctx context.Context, s sys.System, p P) error
	// Read observes. Its Reader cannot write.
	Read func(ctx context.Context, r sys.Reader, p P) (S, error)
	// Want is pure: it starts from now and changes what the parameters name.
	Want func(p P, now S) (S, error)
	// Apply is called only where from and to differ. Undo is Apply with from and to exchanged.
	Apply func(ctx context.Context, s sys.System, p P, from, to S) error
	// Report gives Ansible's return keys. In check mode to is the wanted state, else what the second reading found.
	Report func(p P, from, to S, changed bool) Result
	// Diff, if any, gives the key diff; it runs before Apply, so that what is replaced can still be read.
	Diff func(ctx context.Context, r sys.Reader, p P, from, to S) (any, error)
	// Equal says whether two states are the same; nil compares deeply. It decides `changed`.
	Equal func(a, b S) bool
	// Settled says whether what was read after Apply is what was wanted; nil means Equal. A module whose fields settle
	// asynchronously (a service that is still starting), or are only known afterwards (a new uid), relaxes them here.
	Settled func(p P, want, got S) bool
	// Keep stores, before a journalled change, the bytes of from that Apply needs to bring it back (OpenContent gives
	// them during undo), and may complete from with their digests. Nil where the state itself holds everything.
	Keep func(ctx context.Context, r sys.Reader, p P, from *S, want S, keep KeepFunc) error
	// Carry completes what was read after Apply (and before and after undo) with what only a known state tells: the name
	// of a backup file, folders made on the way, files in a folder that is gone. Nil where reading finds everything.
	Carry func(ctx context.Context, r sys.Reader, known S, got *S) error
	// Beside says whether an interrupted change left things that Same does not compare: folders made on the way, a backup.
	// from is the state before it, now the present as Carry completed it. Apply(now, from) then removes them; it does so
	// whether they are there or not. Nil where Same compares everything.
	Beside func(from, now S) bool
	// Unseen says that Read does not see every step of Apply, so that an interrupted change is taken back whatever is read.
	Unseen bool
	// Whole says of a module with UndoPartial that this change is one that can be taken back completely, so that half of it
	// is. Nil where none is known to be.
	Whole func(p P, from, want S) bool
	// Same says during undo and recovery whether the present is a state read before; nil means Equal.
	Same func(then, now S) bool
	// Stands says before an undo whether the present is still what the change left, but for what others may do without being
	// in its way; nil means Same.
	Stands func(post, now S) bool
	// Upkeep, if any, acts at the end, never in check mode, on bookkeeping that is not part of the state and so is never
	// reported as changed; now is the state that was found last.
	Upkeep func(ctx context.Context, s sys.System, p P, now S) error
	// Within, if any, surrounds everything that the module does for one item, its undo and its recovery included: it gives
	// them a memory of their own. The function that it returns ends that, such as by removing what was downloaded.
	Within func(ctx context.Context, s sys.System) (context.Context, func())
	// Skip, if any, ends the task before anything is compared (creates: of unarchive); a nil result goes on.
	Skip func(ctx context.Context, r sys.Reader, p P) (Result, error)
}

// KeepFunc stores content in the journal and returns its SHA-256.
type KeepFunc func(r io.Reader) (sha256 string, err error)

// Module wraps the state in the engine. A wrong parameter struct is reported by every Run and by the registry.
func (s State[P, S]) Module() Module {
	m := &stateModule{info: s.Info, unseen: s.Unseen, within: s.Within}
	m.spec, m.specErr = SpecOf[P](s.Rules)
	if m.within == nil {
		m.within = func(ctx context.Context, _ sys.System) (context.Context, func()) { return ctx, func() {} }
	}
	m.erase(typed{state: reflect.ValueOf(s), params: reflect.TypeFor[P](), result: reflect.TypeFor[S]()})
	return m
}
