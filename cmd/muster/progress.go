package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/event"
)

// progressName is the file in a run's folder that holds what is done, for muster resume.
const progressName = "progress.jsonl"

// progressLine is one line of it.
type progressLine struct {
	Command *remembered    `json:"command,omitempty"` // opens the file
	Done    *executor.Done `json:"done,omitempty"`
	Forget  string         `json:"forget,omitempty"` // a host of which something was rolled back: nothing of it counts
}

// progress keeps what a run did, and knows what the run did that it goes on from. The file is its owner's only and comes
// with the first outcome.
type progress struct {
	folder  string // of all runs
	run     string
	command remembered
	past    map[executor.Place]executor.Done
	from    string // the run that past is of; what it left is taken over

	mu  sync.Mutex
	f   *os.File
	err error
}

// Find returns an outcome of the earlier run.
func (p *progress) Find(place executor.Place) (executor.Done, bool) {
	d, ok := p.past[place]
	return d, ok
}

// Save appends an outcome. It is with the system when Save returns, so that it outlives the end of this process.
func (p *progress) Save(d executor.Done) error {
	if d == p.past[d.Place] {
		return nil // it is in the file
	}
	return p.write(progressLine{Done: &d})
}

// Handle forgets hosts of which changes are rolled back.
func (p *progress) Handle(e event.Event) {
	if u, ok := e.(event.Undone); ok && u.Status == event.UndoDone {
		_ = p.write(progressLine{Forget: u.Host}) // an error shows at the next outcome
	}
}

func (p *progress) write(line progressLine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.f == nil && p.err == nil {
		p.err = p.open()
	}
	if p.err == nil {
		p.err = p.append(line)
	}
	return p.err
}

func (p *progress) open() error {
	var err error
	if p.f, err = appendTo(p.folder, p.run, progressName); err != nil {
		return err
	}
	if err := p.append(progressLine{Command: &p.command}); err != nil {
		return err
	}
	for _, d := range p.past {
		if err := p.append(progressLine{Done: &d}); err != nil {
			return err
		}
	}
	if p.from != "" {
		dropFrom(p.folder, p.from, progressName)
	}
	return nil
}

// takeOver opens the file with what the earlier run left, which then is this run's.
func (p *progress) takeOver() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = p.open()
	return p.err
}

func (p *progress) append(line progressLine) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = p.f.Write(append(text, '\n'))
	}
	return err
}

// end closes the file. A run that did all it should leaves none.
func (p *progress) end(code int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.f != nil {
		_ = p.f.Close() // every line was written at once
	}
	if code == exitOK {
		dropFrom(p.folder, p.run, progressName)
	}
}

// dropProgressSince removes what a run and those after it left to go on from: they may go on with that run.
func dropProgressSince(folder, run string) {
	for _, id := range runsWith(folder, progressName) {
		if id >= run {
			dropFrom(folder, id, progressName)
		}
	}
}

// findProgress resolves what a user calls a run that did not end well: its id, the beginning of it, or last.
func findProgress(folder, ref string) (string, error) {
	run, err := resolveRun(runsWith(folder, progressName), ref)
	if err == nil && run == "" {
		err = fmt.Errorf("%s: there is no run to go on with; runs that ended well, changed nothing or were not made here leave none", ref)
	}
	return run, err
}

// readProgress reads what a run left. A last line that a crash cut short is left out.
func readProgress(folder, run string) (remembered, map[executor.Place]executor.Done, error) {
	var command remembered
	text, err := os.ReadFile(filepath.Join(folder, run, progressName))
	if errors.Is(err, fs.ErrNotExist) {
		return command, nil, fmt.Errorf("%s: there is no run to go on with", run)
	}
	if err != nil {
		return command, nil, err
	}
	past := map[executor.Place]executor.Done{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var line progressLine
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			continue
		case line.Command != nil:
			command = *line.Command
		case line.Done != nil:
			past[line.Done.Place] = *line.Done
		case line.Forget != "":
			forget(past, line.Forget)
		}
	}
	return command, past, lines.Err()
}

// forget drops the outcomes of a host, and those that one host had for all.
func forget(past map[executor.Place]executor.Done, host string) {
	for place := range past {
		if place.Host == host || place.Host == "*" {
			delete(past, place)
		}
	}
}
