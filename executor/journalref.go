package executor

import (
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/transport/wire"
)

// journal says where the host records what the request changes; nil where nothing is recorded: check mode, what a rollback
// itself does, commands that the playbook declares to change nothing, and the machine that muster runs on unless the play is
// to be rolled back. Recording takes the host's lock, and runs that happen to use the same controller must not keep each
// other out.
func (b *remoteBatch) journal(become *wire.Become) *wire.JournalRef {
	t, c := b.t, b.calls[0]
	own := b.target.Connection == "local" && !t.play.play.Rollback.On()
	if !t.x.o.Journal || c.check || c.isStatus || t.play.unrecorded || own || t.onlyLooks(b.ready[b.sent[0]].module) {
		return nil
	}
	t.x.keeper.open(t.play) // before anything can change: the answer may never come
	return &wire.JournalRef{
		Run: t.x.o.RunID, Play: t.play.id, Batch: t.play.index, Task: t.id, Name: t.x.o.Secrets.Text(t.play.titleIn(t.scope)), Holder: t.x.o.Holder,
		MaxAge: int64(t.x.o.JournalDays) * 24 * 60 * 60, MaxBytes: int64(t.x.o.JournalMegabytes) << 20,
		Confirm: t.confirm.guard(b.target, become), Withheld: b.withheld(),
	}
}

// onlyLooks reports that a task has changed_when: false and a module whose changes could not be undone anyway.
func (t *taskRun) onlyLooks(module string) bool {
	if len(t.task.ChangedWhen) != 1 || t.task.ChangedWhen[0].Value != false {
		return false
	}
	m, ok := t.x.o.Modules.Get(module)
	return ok && m.Info().Undo == modules.UndoNone
}
