package tui

import (
	"fmt"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// Status is how a host stands in the run.
type Status int

// The statuses, the worst first: this is the order in which a board grouped by status shows them.
const (
	Failed Status = iota
	Unreachable
	RolledBack
	Changed
	OK
	Waiting
	statuses
)

// String is the word of a status.
func (s Status) String() string {
	return [...]string{"failed", "unreachable", "rolled back", "changed", "ok", "waiting"}[s]
}

// Cell is a task's outcome on a host, in one byte.
type Cell byte

// The cells, the mildest first: when a task runs several times on a host, the worst outcome shows.
const (
	CellNone Cell = iota
	CellSkipped
	CellOK
	CellChanged
	CellIgnored
	CellRescued
	CellUndone
	CellFailed
	CellUnreachable
)

// cellOf is the cell of a result.
func cellOf(e event.TaskResult) Cell {
	switch {
	case e.Ignored:
		return CellIgnored
	case e.Rescued:
		return CellRescued
	}
	switch e.Status {
	case event.Changed:
		return CellChanged
	case event.Skipped:
		return CellSkipped
	case event.Failed:
		return CellFailed
	case event.Unreachable:
		return CellUnreachable
	default:
		return CellOK
	}
}

// Host is a host of the run.
type Host struct {
	Name    string
	Groups  []string
	Status  Status
	Cells   []Cell    // by column; shorter than the columns
	Running int       // the column of the task that runs, -1 when none does
	Since   time.Time // when it started
	Notes   []string  // what the running task told: items of its loop, attempts
	Changed int       // tasks that changed something
	Records []*Record // every task that it finished, in order
	Began   bool

	// sum is equal for hosts whose cells are equal.
	sum uint64
}

// maxNotes bounds what is kept of a running task.
const maxNotes = 200

func (h *Host) note(text string) {
	if len(h.Notes) >= maxNotes {
		h.Notes = append(h.Notes[:0], h.Notes[maxNotes/2:]...)
	}
	h.Notes = append(h.Notes, text)
}

// stopped says that no task runs on the host any longer.
func (h *Host) stopped() { h.Running, h.Notes = -1, nil }

// State is how the host stands: what became of it, Waiting before its first task.
func (h *Host) State() Status {
	if !h.Began {
		return Waiting
	}
	return h.Status
}

// Out reports whether the host left the play.
func (h *Host) Out() bool { return h.Began && h.Status <= RolledBack }

// book takes a task's outcome into the host's standing.
func (h *Host) book(r *Record) {
	if !h.Began {
		h.Began, h.Status = true, OK
	}
	h.Records = append(h.Records, r)
	switch r.Cell {
	case CellFailed:
		h.Status = Failed
	case CellUnreachable:
		h.Status = Unreachable
	case CellChanged:
		h.Changed++
		if h.Status == OK {
			h.Status = Changed
		}
	}
	if r.Column >= 0 && (r.Cell > h.Cell(r.Column)) {
		h.set(r.Column, r.Cell)
	}
}

// Cell returns a task's outcome.
func (h *Host) Cell(column int) Cell {
	if column < len(h.Cells) {
		return h.Cells[column]
	}
	return CellNone
}

func (h *Host) set(column int, c Cell) {
	if column < 0 {
		return
	}
	for len(h.Cells) <= column {
		h.Cells = append(h.Cells, CellNone)
	}
	h.sum += weight(column, c) - weight(column, h.Cells[column])
	h.Cells[column] = c
}

// weight is what a cell adds to the sum of a host: different for every column and outcome, and none for CellNone.
func weight(column int, c Cell) uint64 {
	if c == CellNone {
		return 0
	}
	x := uint64(column)<<8 | uint64(c)
	x ^= x >> 30 // splitmix64
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Last returns the task that the host finished last, nil when there is none.
func (h *Host) Last() *Record {
	if len(h.Records) == 0 {
		return nil
	}
	return h.Records[len(h.Records)-1]
}

func retryNote(e event.Retry) string {
	return fmt.Sprintf("attempt %d failed, %d left", e.Attempt, e.Left)
}
