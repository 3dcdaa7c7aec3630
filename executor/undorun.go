package executor

import (
	"context"

	"github.com/musterhq/muster/playbook"
)

// wantedBack reports whether the person who watches the run wants all of it undone, and it can be.
func (x *Executor) wantedBack(ctx context.Context) bool {
	return x.o.Control.rollingBack() && x.o.Journal && !x.o.Check && ctx.Err() == nil
}

// takenBack undoes what the whole run did, when that is wanted. It reports whether everything that can be undone was; false
// when there was nothing.
func (x *Executor) takenBack(ctx context.Context) bool {
	if !x.wantedBack(ctx) {
		return false
	}
	x.undoEarlier(ctx, nil)
	return x.ledger.rolledBack()
}

// undoEarlier takes back what the batches and plays of the run did before one of them, which may be nil, the newest batch
// first, so that no more hosts are out of service at once than the rollout allowed.
func (x *Executor) undoEarlier(ctx context.Context, than *playRun) {
	for _, earlier := range x.ledger.batches() {
		if earlier == than || ctx.Err() != nil || x.stop.isHard() {
			continue
		}
		if than != nil && !earlier.isFinished() {
			x.warn("the play %q runs beside %q and is not rolled back with it; undo it with: muster rollback %s", earlier.name, than.name, x.o.RunID)
			continue
		}
		deeds := x.ledger.of(earlier, nil)
		if len(deeds) == 0 {
			continue
		}
		var hosts []*hostState
		seen := map[*hostState]bool{}
		for _, d := range deeds {
			if !seen[d.host] {
				seen[d.host] = true
				hosts = append(hosts, d.host)
			}
			d.host.setOut(true, false)
		}
		earlier.undoBatch(ctx, playbook.ScopeRun, hosts)
		if _, err := earlier.restore(ctx, hosts, true); err != nil {
			x.warn("restore: %v", err)
		}
	}
}

// rolledBack reports whether something was undone, and nothing is left that could have been.
func (l *ledger) rolledBack() bool {
	some := false
	for _, p := range l.runs() {
		p.mu.Lock()
		result := p.rollback
		p.mu.Unlock()
		switch {
		case result == partlyRolledBack, result == noRollback && len(l.of(p, nil)) > 0:
			return false
		case result == rolledBack:
			some = true
		}
	}
	return some
}

// runs returns all batches that are in the ledger.
func (l *ledger) runs() []*playRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*playRun
	seen := map[*playRun]bool{}
	for _, d := range l.entries {
		if !seen[d.run] {
			seen[d.run] = true
			out = append(out, d.run)
		}
	}
	return out
}
