package history

import (
	"context"
	"fmt"
	"os"
	"time"
)

// process says which process a run is, so that another muster can tell whether it still lives.
type process struct {
	machine string // the machine since its start, and the part of it in which pid counts
	pid     int
	start   int64 // tells apart processes that had the same number; 0 when unknown
}

func self() process {
	return process{machine: machine(), pid: os.Getpid(), start: startOf(os.Getpid())}
}

// silence is how long a run of another machine may go without a sign of life before it counts as interrupted.
const silence = 10 * heartbeat

// Sweep marks runs whose process is gone as interrupted. A run of another machine counts as gone when it gave no sign of
// life for five minutes.
func (s *Store) Sweep(ctx context.Context) error {
	found, err := s.db.QueryContext(ctx, s.d.Bind("SELECT n, machine, pid, pid_start, seen FROM runs WHERE state = ?"), string(Running))
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer found.Close() //nolint:errcheck // Err tells
	here := machine()
	var gone []int64
	for found.Next() {
		var n, seen int64
		var p process
		if err := found.Scan(&n, &p.machine, &p.pid, &p.start, &seen); err != nil {
			return err
		}
		if p.machine == here && lives(p.pid, p.start) {
			continue
		}
		if p.machine != here && time.Since(time.UnixMicro(seen)) < silence {
			continue
		}
		gone = append(gone, n)
	}
	if err := found.Err(); err != nil {
		return err
	}
	for _, n := range gone {
		if _, err := s.db.ExecContext(ctx, s.d.Bind("UPDATE runs SET state = ?, ended = seen WHERE n = ? AND state = ?"), string(Interrupted), n, string(Running)); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	return nil
}
