package runner

import (
	"context"
	"errors"
	"time"
)

// heartbeat ends the runner when the controller has been silent for too long. The zero heartbeat never does.
type heartbeat struct {
	limit time.Duration
	timer *time.Timer
}

var errSilent = errors.New("the controller has been silent for too long")

func newHeartbeat(limit time.Duration, cancel context.CancelCauseFunc) heartbeat {
	if limit <= 0 {
		return heartbeat{}
	}
	return heartbeat{limit: limit, timer: time.AfterFunc(limit, func() { cancel(errSilent) })}
}

func (h heartbeat) heard() {
	if h.timer != nil {
		h.timer.Reset(h.limit)
	}
}

func (h heartbeat) stop() {
	if h.timer != nil {
		h.timer.Stop()
	}
}
