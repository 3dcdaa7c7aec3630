package tui

import (
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/view"
)

// progress is what the finished batches of a play tell.
type progress struct {
	hosts   int
	batches int
}

func (p *progress) add(done Play, _ time.Time) {
	p.hosts += len(done.Hosts)
	p.batches++
}

// Done is the share of the play that is done, between 0 and 1; it is not known while the number of tasks is not.
func (s *State) Done() (share float64, known bool) {
	p := s.Play
	if !s.Ended.IsZero() && (s.Exit == 0 || p.Tasks == 0) {
		return 1, true
	}
	total := max(p.Total, s.playDone.hosts+len(p.Hosts))
	if total == 0 || len(p.Hosts) == 0 {
		return 0, false
	}
	batch, known := s.batchDone()
	if !known && s.playDone.batches == 0 {
		return 0, false
	}
	return min(1, (float64(s.playDone.hosts)+batch*float64(len(p.Hosts)))/float64(total)), true
}

// batchDone is the share of the batch that is done. Tasks that includes bring in are not known before: when more tasks
// came than were counted, nothing can be said.
func (s *State) batchDone() (share float64, known bool) {
	p := s.Play
	if p.Tasks == 0 || p.Seen > p.Tasks {
		return 0, false
	}
	if p.Strategy != "" { // hosts go by themselves: count what each has done
		done := 0
		for _, h := range p.Hosts {
			if h.Out() {
				done += p.Tasks
			} else {
				done += min(p.Tasks, h.since(s.Plays, s.Columns))
			}
		}
		return float64(done) / float64(p.Tasks*len(p.Hosts)), true
	}
	if p.Seen == 0 {
		return 0, true
	}
	alive := 0
	for _, h := range p.Hosts {
		if !h.Out() {
			alive++
		}
	}
	task := 1.0
	if alive > 0 {
		task = min(1, float64(p.reported)/float64(alive))
	}
	return (float64(p.Seen-1) + task) / float64(p.Tasks), true
}

// since counts the tasks that the host finished in a play.
func (h *Host) since(play int, columns []Column) int {
	n := 0
	for c := len(h.Cells) - 1; c >= 0 && columns[c].Play == play; c-- {
		if h.Cells[c] != CellNone {
			n++
		}
	}
	return n
}

// Left estimates how long the play still takes: what is left takes as long for each part as what is done did. It says
// nothing before a twentieth of the play is done, when that tells next to nothing.
func (s *State) Left(now time.Time) (time.Duration, bool) {
	share, known := s.Done()
	elapsed := now.Sub(s.Play.Started)
	if !known || share < 0.05 || share >= 1 || elapsed < 2*time.Second {
		return 0, false
	}
	return time.Duration(float64(elapsed) * (1 - share) / share), true
}

// LeftText is the estimate in words, rounded to what it is worth.
func (s *State) LeftText(now time.Time) string {
	left, known := s.Left(now)
	if !known {
		return "time left unknown"
	}
	return "about " + roughly(left) + " left"
}

// roughly rounds a duration to one that promises nothing.
func roughly(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "10s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Round(10*time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%dh", int(d.Round(time.Hour).Hours()))
	}
}

// took is a duration in the unit that suits it.
func took(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", max(0, d.Seconds()))
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	default:
		return view.Clock(d)
	}
}
