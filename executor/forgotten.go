package executor

import (
	"context"
	"slices"

	"github.com/musterhq/muster/internal/journal/ops"
)

// forgotten adds to the ledger what the journals of hosts have and the record does not: of a run whose controller died, or
// that lost a connection, the answer to the last request never arrived. A host that cannot be asked is left to the rollback,
// which says so where the record has something of it.
func (b *pastBuilder) forgotten(ctx context.Context) {
	known := map[string]bool{}
	hosts := map[int][]string{}
	for _, r := range b.past.Records {
		for _, id := range r.Entries {
			known[id] = true
		}
		switch r.Kind {
		case RecordEnd:
			return // everything was answered
		case RecordBatch:
			hosts[r.Play] = r.Hosts
		}
	}
	for _, p := range b.order {
		for _, name := range hosts[p.id] {
			if b.hosts == nil || b.hosts[name] {
				b.forgottenOn(ctx, p, b.x.hosts.get(name), known)
			}
		}
	}
}

func (b *pastBuilder) forgottenOn(ctx context.Context, p *playRun, h *hostState, known map[string]bool) {
	for _, at := range b.sites(p, h) {
		listing, err := b.list(ctx, at)
		if err != nil {
			b.x.warn("%s: what the run may have changed there without this machine's knowledge cannot be looked up: %v", h.name, err)
			return
		}
		for _, e := range listing.Entries {
			standing := slices.Contains([]ops.State{ops.StateDone, ops.StateConflict, ops.StateOpen}, e.State)
			if e.Play != p.id || known[e.ID] || !standing {
				continue
			}
			known[e.ID] = true
			b.x.hosts.take(h.name)
			b.x.ledger.add(&deed{run: p, host: h, id: e.Task, title: e.Name, module: e.Module, what: e.What, entries: []string{e.ID}, site: at})
		}
	}
}
