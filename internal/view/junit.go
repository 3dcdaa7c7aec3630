package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/event"
)

// JUnit collects a run and writes it as JUnit XML at its end: a suite for each play, a case for each task and host.
type JUnit struct {
	w      io.Writer
	suites []*junitSuite
	tasks  map[int]event.TaskStart
	err    error
}

// NewJUnit returns a view that writes JUnit XML to w when the run ends.
func NewJUnit(w io.Writer) *JUnit { return &JUnit{w: w, tasks: map[int]event.TaskStart{}} }

type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
	total    time.Duration
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure,omitempty"`
	Error     *junitProblem `xml:"error,omitempty"`
	Skipped   *junitProblem `xml:"skipped,omitempty"`
	SystemOut string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Err returns the first error of writing.
func (j *JUnit) Err() error { return j.err }

// Handle collects one event.
func (j *JUnit) Handle(e event.Event) {
	switch e := e.(type) {
	case event.PlayStart:
		j.suites = append(j.suites, &junitSuite{Name: e.Name})
	case event.TaskStart:
		j.tasks[e.ID] = e
	case event.TaskResult:
		j.add(e)
	case event.RollbackStart:
		j.suites = append(j.suites, &junitSuite{Name: "rollback of " + orElse(e.Play, e.Run)})
	case event.Undone:
		j.undone(e)
	case event.RunEnd:
		j.write()
	}
}

// undone makes a case of a change that was to be taken back.
func (j *JUnit) undone(e event.Undone) {
	if len(j.suites) == 0 {
		return
	}
	s := j.suites[len(j.suites)-1]
	c := junitCase{Name: strings.TrimSpace(fmt.Sprintf("[%s] undo %s %s", e.Host, e.Module, e.What)), Class: e.Name, Time: seconds(0)}
	switch e.Status {
	case event.UndoConflict, event.UndoFailed, event.UndoStopped:
		s.Failures++
		c.Failure = &junitProblem{Message: string(e.Status), Text: e.Msg}
	case event.UndoUnreachable:
		s.Errors++
		c.Error = &junitProblem{Message: string(e.Status), Text: e.Msg}
	case event.UndoLasting:
		s.Skipped++
		c.Skipped = &junitProblem{Message: "nothing takes it back"}
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

func (j *JUnit) add(e event.TaskResult) {
	if len(j.suites) == 0 {
		return
	}
	s := j.suites[len(j.suites)-1]
	task := j.tasks[e.Task]
	took := e.End.Sub(e.Start)
	c := junitCase{
		Name: fmt.Sprintf("[%s] %s", e.Host, task.Name), Class: fmt.Sprintf("%s:%d", task.Pos.File, task.Pos.Line), Time: seconds(took),
	}
	msg := fmt.Sprint(e.Result["msg"])
	text := jsonText(strip(e.Result), 0)
	switch {
	case e.Status == event.Skipped:
		s.Skipped++
		c.Skipped = &junitProblem{Message: fmt.Sprint(e.Result["skip_reason"])}
	case e.Status == event.Unreachable && !e.Ignored:
		s.Errors++
		c.Error = &junitProblem{Message: msg, Text: text}
	case e.Status == event.Failed && !e.Ignored:
		s.Failures++
		c.Failure = &junitProblem{Message: msg, Text: text}
	}
	s.Tests++
	s.total += took
	s.Cases = append(s.Cases, c)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func (j *JUnit) write() {
	all := junitSuites{Suites: j.suites}
	for _, s := range j.suites {
		s.Time = seconds(s.total)
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Errors, all.Skipped = all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		j.err = err
		return
	}
	enc := xml.NewEncoder(j.w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		j.err = err
		return
	}
	_, j.err = io.WriteString(j.w, "\n")
}
