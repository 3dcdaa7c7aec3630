package runner

import (
	"bytes"
	"sync"
	"time"

	"github.com/musterhq/muster/transport/wire"
)

// Output is sent at most every outputEvery, in whole lines, and of more than outputMost bytes between two sendings only the
// end: it is for somebody who watches.
const (
	outputEvery = 250 * time.Millisecond
	outputMost  = 4 << 10
)

// watch sends what an item's commands write to the controller as it comes.
type watch struct {
	s     *server
	t     *task
	index int

	mu    sync.Mutex
	out   [2]line // of the two outputs
	lines []byte  // complete, of both
	timer *time.Timer
	over  bool
}

// line is what came of a line that is not complete. Only whole lines are sent: half a secret could not be masked.
type line struct {
	begun []byte
	skip  bool // it is longer than anybody would read
}

// tell takes output; its lines are sent a little later.
func (w *watch) tell(p []byte, stderr bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	l := &w.out[0]
	if stderr {
		l = &w.out[1]
	}
	end := bytes.LastIndexByte(p, '\n')
	if end < 0 {
		if l.begun = append(l.begun, p...); len(l.begun) > outputMost {
			l.begun, l.skip = nil, true
		}
		return
	}
	whole := append(l.begun, p[:end+1]...)
	if l.skip {
		_, whole, _ = bytes.Cut(whole, []byte("\n"))
	}
	w.lines = append(w.lines, whole...)
	l.begun, l.skip = append([]byte(nil), p[end+1:]...), false
	if extra := len(w.lines) - outputMost; extra > 0 {
		w.lines = w.lines[extra:]
		_, w.lines, _ = bytes.Cut(w.lines, []byte("\n")) // what is left of the first line
	}
	if w.timer == nil {
		w.timer = time.AfterFunc(outputEvery, w.send)
	}
}

// send sends the lines that came.
func (w *watch) send() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	if w.over || len(w.lines) == 0 {
		return
	}
	text := string(w.lines[:len(w.lines)-1])
	w.lines = w.lines[:0]
	w.s.reply(w.t, wire.Response{ID: w.t.id, Index: w.index, Output: text}, false)
}

// end says that the item has its result: nothing is sent after it.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
