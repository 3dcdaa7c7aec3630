package executor

import "github.com/musterhq/muster/transport/wire"

// journal says where the host records what the request changes; nil where nothing is recorded: check mode, and what a
// rollback itself does.
func (b *remoteBatch) journal() *wire.JournalRef {
	t, c := b.t, b.calls[0]
	if !t.x.o.Journal || c.check || c.isStatus || t.play.unrecorded {
		return nil
	}
	return &wire.JournalRef{Run: t.x.o.RunID, Play: t.play.id, Batch: t.play.index, Task: t.id, Name: t.play.titleIn(t.scope), Holder: t.x.o.Holder}
}
