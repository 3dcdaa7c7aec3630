package main

import (
	"context"
	"errors"

	"github.com/musterhq/muster/internal/history/show"
	"github.com/musterhq/muster/internal/view/tui"
)

// live shows a run that is kept in the live view, until the user leaves it.
func (h *historyView) live(ctx context.Context, r show.Report) error {
	guard, err := guardTerminal(h.io)
	if err != nil {
		return err
	}
	defer guard.release()
	v := tui.Start(ctx, tui.Options{
		In: h.io.inFile, Out: h.io.outFile, Env: h.io.env, NoColor: !useColor(&workbench{io: h.io, settings: h.settings}, 1), Interrupted: errInterrupted,
	})
	r.Replay(v)
	select {
	case <-v.Gone():
	case <-ctx.Done():
	}
	return v.Close()
}

// liveAllowed says why the live view cannot be had; nil when it can.
func (h *historyView) liveAllowed(o *historyOptions) error {
	switch {
	case o.asJSON:
		return errors.New("--tui and --json exclude each other; give one of them")
	case !h.io.tty:
		return errors.New("--tui needs a terminal; without it, the run is shown as text")
	}
	return nil
}
