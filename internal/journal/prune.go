package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/journal/ops"
	"github.com/musterhq/muster/transport/wire"
)

// bounds limit a journal. The oldest runs go first; a run with a log in open/ never goes.
type bounds struct {
	age  time.Duration
	size int64 // bytes
}

// The bounds where nobody says others.
const (
	defaultAge  = 30 * 24 * time.Hour
	defaultSize = 512 << 20
)

func boundsOf(ref *wire.JournalRef) bounds {
	b := bounds{age: defaultAge, size: defaultSize}
	if ref.MaxAge > 0 {
		b.age = time.Duration(ref.MaxAge) * time.Second
	}
	if ref.MaxBytes > 0 {
		b.size = ref.MaxBytes
	}
	return b
}

// stored is a finished run on the disk.
type stored struct {
	run  string
	size int64
	last time.Time // of its newest file
}

// prune removes what is beyond the bounds. What cannot be removed is reported and the rest is still done.
func (p Place) prune(b bounds) (*ops.PruneAnswer, error) {
	runs, err := p.stored()
	if err != nil {
		return nil, err
	}
	busy, err := p.openRuns()
	if err != nil {
		return nil, err
	}
	answer := &ops.PruneAnswer{}
	for _, r := range runs {
		answer.Left += r.size
	}
	var errs []error
	for _, r := range runs {
		if busy[r.run] || time.Since(r.last) < b.age && answer.Left <= b.size {
			continue
		}
		if err := os.RemoveAll(p.runFolder(r.run)); err != nil {
			errs = append(errs, err)
			continue
		}
		answer.Removed = append(answer.Removed, r.run)
		answer.Freed += r.size
		answer.Left -= r.size
	}
	return answer, errors.Join(errs...)
}

// stored lists the finished runs, oldest first.
func (p Place) stored() ([]stored, error) {
	list, err := names(filepath.Join(p.Folder, "runs"))
	if err != nil {
		return nil, err
	}
	runs := make([]stored, 0, len(list))
	for _, name := range list {
		r := stored{run: name}
		err := filepath.WalkDir(p.runFolder(name), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			i, err := d.Info()
			if err != nil {
				return err
			}
			r.size += i.Size()
			if i.ModTime().After(r.last) {
				r.last = i.ModTime()
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		runs = append(runs, r)
	}
	sort.Slice(runs, func(i, k int) bool {
		a, b := runs[i], runs[k]
		return a.last.Before(b.last) || a.last.Equal(b.last) && a.run < b.run
	})
	return runs, nil
}

// openRuns are those with a log that is written to, or waits to be recovered.
func (p Place) openRuns() (map[string]bool, error) {
	list, err := names(filepath.Join(p.Folder, "open"))
	busy := map[string]bool{}
	for _, n := range list {
		run, _, _ := strings.Cut(n, "~")
		busy[run] = true
	}
	return busy, err
}
