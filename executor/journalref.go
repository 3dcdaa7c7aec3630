package executor

import "github.com/musterhq/muster/transport/wire"

// journal says where the host records what the request changes; nil where nothing is recorded: check mode, what a rollback
// itself does, and the machine that muster runs on unless the play is to be rolled back. Recording takes the host's lock,
// and runs that happen to use the same controller must not keep each other out.
func (b *remoteBatch) journal() *wire.JournalRef {
	t, c := b.t, b.calls[0]
	if !t.x.o.Journal || c.check || c.isStatus || t.play.unrecorded || b.target.Connection == "local" && !t.play.play.Rollback.On() {
		return nil
	}
	return &wire.JournalRef{Run: t.x.o.RunID, Play: t.play.id, Batch: t.play.index, Task: t.id, Name: t.play.titleIn(t.scope), Holder: t.x.o.Holder}
}
