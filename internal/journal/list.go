package journal

import (
	"path/filepath"
	"sort"

	"github.com/musterhq/muster/internal/journal/ops"
)

// List tells of all runs, or of one run with its entries.
func (s *Store) List(run string) (*ops.Listing, error) {
	l := &ops.Listing{User: s.place.User, Folder: s.place.Folder}
	runs := []string{run}
	if run == "" {
		var err error
		if runs, err = s.place.runs(); err != nil {
			return nil, err
		}
	}
	for _, id := range runs {
		logs, err := s.place.load(id)
		if err != nil {
			return nil, err
		}
		l.Problems = append(l.Problems, logs.problems...)
		if len(logs.logs) == 0 {
			continue
		}
		l.Runs = append(l.Runs, s.summary(logs))
		if run == "" {
			continue
		}
		for _, e := range logs.entries {
			if e.state != ops.StateNever || e.msg != "" {
				l.Entries = append(l.Entries, e.shown())
			}
		}
	}
	sort.SliceStable(l.Runs, func(i, k int) bool { return l.Runs[i].Started.Before(l.Runs[k].Started) })
	return l, nil
}

// runs names every run that the journal knows.
func (p Place) runs() ([]string, error) {
	list, err := names(filepath.Join(p.Folder, "runs"))
	if err != nil {
		return nil, err
	}
	open, err := p.openRuns()
	if err != nil {
		return nil, err
	}
	for _, run := range list {
		delete(open, run)
	}
	for run := range open {
		list = append(list, run)
	}
	return list, nil
}

func (s *Store) summary(r *runLogs) ops.Run {
	sum := ops.Run{Run: r.run}
	for _, l := range r.logs {
		if sum.Started.IsZero() || l.head.Time.Before(sum.Started) {
			sum.Started, sum.Holder = l.head.Time, l.head.Holder
		}
		sum.Bytes += l.size
		sum.Live = sum.Live || l.open && s.place.lives(l.path)
	}
	blobs, _ := names(r.contents.blobs)
	for _, b := range blobs {
		sum.Bytes += sizeOf(filepath.Join(r.contents.blobs, b))
	}
	for _, e := range r.entries {
		switch {
		case e.state == ops.StateNever:
			continue
		case e.note():
			sum.Notes++
		default:
			sum.Changes++
		}
		switch e.state {
		case ops.StateUndone:
			sum.Undone++
		case ops.StateOpen:
			sum.Open++
		}
		if e.ended.After(sum.Ended) {
			sum.Ended = e.ended
		}
	}
	return sum
}
