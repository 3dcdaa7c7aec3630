package scale

import (
	"io"
	"os"
	"strconv"
	"testing"

	"github.com/musterhq/muster/internal/event"
	"github.com/musterhq/muster/internal/view/tui"
)

// BenchmarkFleetWatched is BenchmarkFleet under the live view (MUSTER_FLEET hosts, 2000). With -cpuprofile, the share of
// the view is what `go tool pprof -top -focus 'view/tui|bubbletea|ultraviolet|lipgloss'` names first.
func BenchmarkFleetWatched(b *testing.B) {
	n := 2000
	if v, err := strconv.Atoi(os.Getenv("MUSTER_FLEET")); err == nil {
		n = v
	}
	f := newFleet(b, n, 0)
	in, keys, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	defer keys.Close()
	live := tui.Start(b.Context(), tui.Options{In: in, Out: io.Discard, Env: []string{"TERM=xterm-256color"}})
	defer live.Close()
	f.also = live
	f.run(converged, 64)
	b.ResetTimer()
	for b.Loop() {
		f.run(converged, 64)
	}
}

// both hands every event to two sinks.
type both struct{ first, second event.Sink }

// Handle passes an event on.
func (s both) Handle(e event.Event) {
	s.first.Handle(e)
	s.second.Handle(e)
}
