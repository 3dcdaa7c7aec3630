package executor

import (
	"context"
	"errors"
	"sync"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/transport"
)

// Journals asks the journals of hosts, as many hosts at once as there are forks: of each host that of the connection's user
// and, where the inventory or the settings say become, that user's. ask is called from several goroutines, for one host from
// one at a time. The errors are by host; *transport.Error says that a host cannot be used.
func (x *Executor) Journals(ctx context.Context, hosts []string, ask func(ctx context.Context, host string, c ops.Client) error) (map[string]error, error) {
	x.base = ctx
	b := &pastBuilder{x: x, batches: map[int]*playRun{}}
	if err := b.batch(0, "", 0, 1, ""); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	failed := map[string]error{}
	var wg sync.WaitGroup
	for _, name := range hosts {
		h := x.hosts.get(name)
		x.forks <- struct{}{}
		wg.Go(func() {
			defer func() { <-x.forks }()
			if err := b.askHost(ctx, h, ask); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[name] = err
			}
		})
	}
	wg.Wait()
	return failed, nil
}

func (b *pastBuilder) askHost(ctx context.Context, h *hostState, ask func(context.Context, string, ops.Client) error) error {
	for _, at := range b.sites(b.batches[0], h) {
		s, err := b.x.o.Sessions.Session(ctx, at.target)
		if err != nil {
			return err
		}
		err = ask(ctx, h.name, ops.Client{Become: at.become, Send: sender(s)})
		var unusable *ops.UnusableError
		if errors.As(err, &unusable) {
			return &transport.Error{Host: h.name, Kind: transport.Kind(unusable.Kind), What: unusable.What, Hint: unusable.Hint}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
