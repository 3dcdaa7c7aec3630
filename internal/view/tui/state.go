package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// State is what the live view knows of a run: a fold over the run's events, which only Apply changes. It keeps what a
// screen may show and lets go of the rest, so that thousands of hosts stay small. It is not safe for concurrent use.
type State struct {
	Playbooks []string
	Check     bool
	Started   time.Time
	Ended     time.Time // zero while the run goes
	Exit      int
	Latest    time.Time // of the last event that told a time
	Phase     string    // what goes on besides the play's own tasks; "" for nothing else

	Play     Play
	Plays    int // begun so far
	PlaysOf  int // in all playbooks that were opened
	Columns  []Column
	Current  int // the column of the task that started last; -1 before the first
	Hosts    []*Host
	Failures []*Record // in the order in which they came; those that were tried again stay
	Messages []Message

	// Groups returns the inventory groups of a host, nearest first.
	Groups func(host string) []string

	byName   map[string]*Host
	columns  map[columnKey]int
	tasks    map[int]int // the column of a task by its number in the run
	playDone progress
	details  details
}

// Play is the play that runs, and its batch.
type Play struct {
	Name     string
	Strategy string
	Batch    int // from 0
	Of       int
	Total    int // hosts of all batches; 0 when that is not known
	Tasks    int // that a host will come to; 0 when that is not known
	Started  time.Time
	Hosts    []*Host // of the batch
	Seen     int     // different tasks that the batch has begun
	seen     map[int]bool
	reported int // hosts that finished the task that began last
}

// Column is a task: the same in every batch of its play.
type Column struct {
	Name    string
	Action  string
	Play    int
	Handler bool
	Place   string // file:line
}

type columnKey struct {
	play    int
	place   string
	name    string
	handler bool
}

// Message is a remark of the run.
type Message struct {
	Level, Host, Text string
}

// maxMessages bounds what is kept of messages.
const maxMessages = 1000

// NewState returns the state before a run. groups may be nil.
func NewState(groups func(host string) []string) *State {
	if groups == nil {
		groups = func(string) []string { return nil }
	}
	s := &State{Groups: groups}
	s.reset()
	return s
}

func (s *State) reset() {
	*s = State{Play: Play{seen: map[int]bool{}}, Groups: s.Groups, Current: -1, byName: map[string]*Host{}, columns: map[columnKey]int{}, tasks: map[int]int{}, Messages: s.Messages}
}

// Host returns a host by its name, nil when it took no part yet.
func (s *State) Host(name string) *Host { return s.byName[name] }

// Apply folds one event into the state.
func (s *State) Apply(e event.Event) {
	switch e := e.(type) {
	case event.RunStart:
		s.reset()
		s.Playbooks, s.Check, s.Started = e.Playbooks, e.Check, e.Time
		s.at(e.Time)
	case event.PlaybookStart:
		s.PlaysOf += e.Plays
	case event.PlayStart:
		s.playStart(e)
	case event.TaskStart:
		s.taskStart(e)
	case event.HostStart:
		s.hostStart(e)
	case event.HostRetry:
		s.hostRetry(e)
	case event.ItemResult:
		s.item(e)
	case event.Output:
		h := s.take(e.Host)
		for _, line := range strings.Split(e.Text, "\n") {
			h.note(line)
		}
	case event.TaskResult:
		s.result(e)
	case event.RunEnd:
		s.Ended, s.Exit, s.Phase = e.Time, e.Exit, ""
		s.at(e.Time)
		for _, h := range s.Hosts {
			h.stopped()
		}
	case event.PhaseStart, event.RollbackStart, event.Undone, event.RollbackEnd:
		s.aftermath(e)
	default:
		s.remark(e)
	}
}

// at notes the time of an event.
func (s *State) at(t time.Time) {
	if t.After(s.Latest) {
		s.Latest = t
	}
}

func (s *State) playStart(e event.PlayStart) {
	if e.Batch == 0 {
		s.Plays++
		s.playDone = progress{}
	} else {
		s.playDone.add(s.Play, s.Latest)
	}
	s.Phase = ""
	started := s.Play.Started
	if e.Batch == 0 {
		started = s.Latest
	}
	s.Play = Play{Name: e.Name, Strategy: e.Strategy, Batch: e.Batch, Of: e.Of, Total: e.Total, Tasks: e.Tasks, Started: started, seen: map[int]bool{}}
	s.Play.Hosts = make([]*Host, len(e.Hosts))
	for i, name := range e.Hosts {
		s.Play.Hosts[i] = s.take(name)
	}
}

// take returns the state of a host, making it when it is new.
func (s *State) take(name string) *Host {
	h, ok := s.byName[name]
	if !ok {
		h = &Host{Name: name, Running: -1, Groups: s.Groups(name)}
		s.byName[name] = h
		s.Hosts = append(s.Hosts, h)
	}
	return h
}

func (s *State) taskStart(e event.TaskStart) {
	s.at(e.Time)
	place := e.Pos.String()
	key := columnKey{s.Plays, place, e.Name, e.Handler}
	i, ok := s.columns[key]
	if !ok {
		i = len(s.Columns)
		s.Columns = append(s.Columns, Column{Name: e.Name, Action: e.Action, Play: s.Plays, Handler: e.Handler, Place: place})
		s.columns[key] = i
	}
	s.tasks[e.ID] = i
	s.Current = i
	if !s.Play.seen[i] {
		s.Play.seen[i] = true
		s.Play.Seen++
	}
	s.Play.reported = 0
}

func (s *State) hostStart(e event.HostStart) {
	s.at(e.Time)
	h := s.take(e.Host)
	h.Running, h.Since = s.column(e.Task), e.Time
}

// column returns the column of a task, -1 for one that was not announced.
func (s *State) column(task int) int {
	if i, ok := s.tasks[task]; ok {
		return i
	}
	return -1
}

func (s *State) hostRetry(e event.HostRetry) {
	s.at(e.Time)
	h := s.take(e.Host)
	h.Status = OK
	if h.Changed > 0 {
		h.Status = Changed
	}
	for _, r := range s.Failures {
		if r.Host == h {
			r.Retried = true
		}
	}
	if n := len(h.Records); n > 0 {
		h.set(h.Records[n-1].Column, CellNone)
	}
}

func (s *State) item(e event.ItemResult) {
	h := s.take(e.Host)
	label := e.Label
	if e.NoLog {
		label = "hidden by no_log"
	}
	h.note(string(e.Status) + " (item=" + label + ")")
}

func (s *State) result(e event.TaskResult) {
	s.at(e.End)
	h := s.take(e.Host)
	h.stopped()
	col := s.column(e.Task)
	if col == s.Current {
		s.Play.reported++
	}
	r := &Record{Host: h, Column: col, Cell: cellOf(e), Start: e.Start, End: e.End, Delegated: e.Delegated}
	h.book(r)
	s.details.keep(r, e)
	if r.Cell == CellFailed || r.Cell == CellUnreachable {
		s.Failures = append(s.Failures, r)
	}
}

func (s *State) remark(e event.Event) {
	switch e := e.(type) {
	case event.Retry:
		s.take(e.Host).note(retryNote(e))
	case event.AsyncPoll:
		s.take(e.Host).note("waiting for background job " + e.Job)
	case event.Message:
		s.say(Message{e.Level, e.Host, e.Text})
	case event.PromptText:
		s.say(Message{Level: "info", Text: e.Text})
	case event.NoHosts:
		s.Plays++
		s.say(Message{Level: "info", Text: "play " + e.Play + ": no hosts"})
	case event.NotRolledBack:
		s.say(Message{Level: "warning", Text: fmt.Sprintf("%d changes stay on %s; undo them with: %s", e.Changes, shortList(e.Hosts, 60), e.Command)})
	case event.NotStarted:
		s.say(Message{Level: "warning", Text: fmt.Sprintf("play %s does not start: %s did not hold", e.Play, strings.Join(e.Needs, ", "))})
	case event.NoMoreHosts:
		text := "no more hosts left"
		if e.Reason != "" {
			text += " (" + e.Reason + ")"
		}
		s.say(Message{Level: "error", Text: text})
	}
}

func (s *State) say(m Message) {
	if m.Level == "verbose" {
		return
	}
	if len(s.Messages) >= maxMessages {
		s.Messages = append(s.Messages[:0], s.Messages[maxMessages/2:]...)
	}
	s.Messages = append(s.Messages, m)
}
