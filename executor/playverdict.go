package executor

import (
	"slices"

	"github.com/musterhq/muster/internal/event"
)

// verdict is the exit code that the batch means, and how many of its hosts are well.
func (p *playRun) verdict(hosts []*hostState) (code, left int) {
	for _, h := range hosts {
		h.mu.RLock()
		failed, unreachable := h.failed, h.unreachable
		h.mu.RUnlock()
		switch {
		case unreachable:
			code = worse(code, ExitUnreachable)
		case failed:
			code = worse(code, ExitFailed)
		default:
			left++
		}
	}
	if p.rollback == rolledBack && code != ExitOK {
		code = ExitRolledBack
	}
	return code, left
}

// rollbackResult says how the rollbacks of a batch ended.
type rollbackResult int

const (
	noRollback rollbackResult = iota
	rolledBack
	partlyRolledBack
)

// noteRollback remembers how a rollback of the batch ended.
func (p *playRun) noteRollback(complete bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !complete:
		p.rollback = partlyRolledBack
	case p.rollback == noRollback:
		p.rollback = rolledBack
	}
}

// tellExhausted says that no host of the batch may go on. As in Ansible, hosts that fail one by one go without saying; under the
// free strategies it is said that none of them can be reached.
func (p *playRun) tellExhausted(hosts []*hostState, strategy string) {
	if p.halted == haltedForRollback || len(living(hosts)) > 0 {
		return
	}
	if p.halted != "" || strategy != "linear" && noneReached(hosts) {
		p.x.sink.Handle(event.NoMoreHosts{Reason: p.halted})
	}
}

func noneReached(hosts []*hostState) bool {
	return !slices.ContainsFunc(hosts, func(h *hostState) bool {
		h.mu.RLock()
		defer h.mu.RUnlock()
		return !h.unreachable
	})
}
