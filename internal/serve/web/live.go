package web

import (
	"fmt"
	"net/http"
	"time"
)

// How often a page that is looked at hears of something.
const (
	liveTick = 2 * time.Second
	liveSign = 10 // ticks without news after which a sign of life is sent
)

// live tells a page when something changed, as server-sent events: at once when a run begins or ends here, within two seconds
// when that happens at another daemon of the store, and every two seconds while a run goes on. No change is lost: what
// happens while an event is being sent leads to another one.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	flusher, ok := w.(http.Flusher)
	if !ok {
		return badRequest("events cannot be streamed here")
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	changes := s.d.Changes()
	before, err := s.openRuns(r)
	if err != nil {
		return err
	}
	send := func(text string) {
		fmt.Fprint(w, text) // a reader who left ends the request's context
		flusher.Flush()
	}
	send("retry: 3000\n\n")
	ticker := time.NewTicker(liveTick)
	defer ticker.Stop()
	for quiet := 0; ; {
		changed := false
		select {
		case <-r.Context().Done():
			return nil
		case <-changes:
			changes, changed = s.d.Changes(), true // before the page looks, so that what comes after its look counts
		case <-ticker.C:
			open, err := s.openRuns(r)
			changed = err == nil && (open != before || open != "")
			if err == nil {
				before = open
			}
		}
		switch quiet++; {
		case changed:
			quiet = 0
			send("event: change\ndata: {}\n\n")
		case quiet >= liveSign:
			quiet = 0
			send(": still here\n\n")
		}
	}
}

// openRuns names the runs that wait or run.
func (s *Server) openRuns(r *http.Request) (names string, err error) {
	open, err := s.d.Queue().Open(r.Context())
	for _, run := range open {
		names += run.ID + " " + string(run.State) + "\n"
	}
	return names, err
}
