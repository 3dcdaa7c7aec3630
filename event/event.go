// Package event is what a run says about itself, for programs that use muster as a library: docs/events.md describes every
// kind. The types are those of the run itself.
package event

import "github.com/musterhq/muster/internal/event"

// Version is the version of the events' JSON form.
const Version = event.Version

// The statuses of a task or item on a host.
const (
	OK          = event.OK
	Changed     = event.Changed
	Skipped     = event.Skipped
	Failed      = event.Failed
	Unreachable = event.Unreachable
)

// The kinds of events, and what they are made of.
type (
	AsyncPoll     = event.AsyncPoll
	Counts        = event.Counts
	Event         = event.Event
	HostRetry     = event.HostRetry
	HostStart     = event.HostStart
	Output        = event.Output
	Included      = event.Included
	ItemResult    = event.ItemResult
	Left          = event.Left
	Message       = event.Message
	NoHosts       = event.NoHosts
	NoMoreHosts   = event.NoMoreHosts
	NotRolledBack = event.NotRolledBack
	NotStarted    = event.NotStarted
	Notified      = event.Notified
	PhaseStart    = event.PhaseStart
	PlayStart     = event.PlayStart
	PlaybookStart = event.PlaybookStart
	PromptText    = event.PromptText
	Retry         = event.Retry
	RollbackEnd   = event.RollbackEnd
	RollbackStart = event.RollbackStart
	RunEnd        = event.RunEnd
	RunStart      = event.RunStart
	Sink          = event.Sink
	Status        = event.Status
	TaskResult    = event.TaskResult
	TaskStart     = event.TaskStart
	UndoStatus    = event.UndoStatus
	Undone        = event.Undone
)
