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
	"time"

	"github.com/musterhq/muster/executor"
)

// recordAge is how long the record of a run is kept after its last line.
const recordAge = 90 * 24 * time.Hour

// recordName is the file in a run's folder that holds what a later rollback needs to know.
const recordName = "rollback.jsonl"

// runRecord writes the record of a run, one line of JSON for each thing that it did. The file comes before the first
// request that may change a host, so that it is there when the answer never comes; a run that changed nothing leaves none.
// It is readable by its owner only.
type runRecord struct {
	folder string // of all runs
	run    string

	mu    sync.Mutex
	f     *os.File
	deeds bool         // something was done
	whole bool         // every request was answered
	held  map[int]bool // deeds that can be taken back and were not
	taken bool         // something was taken back
	err   error
}

// Record appends a line. After an error it does nothing but return it.
func (r *runRecord) Record(line executor.Record) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil && r.err == nil {
		r.f, r.err = openRecord(r.folder, r.run)
	}
	switch line.Kind {
	case executor.RecordRun, executor.RecordBatch:
	case executor.RecordEnd:
		r.whole = true
	case executor.RecordUndone:
		r.taken = true
		for _, seq := range line.Seqs {
			delete(r.held, seq)
		}
	default:
		r.deeds = true
		if line.Kind == executor.RecordChange && !line.Lasting || line.Kind == executor.RecordMade {
			r.hold(line.Seq)
		}
	}
	if r.err == nil {
		_, r.err = r.f.Write(append(text, '\n'))
	}
	return r.err
}

// written reports whether there is something to roll back.
func (r *runRecord) written() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deeds || r.f != nil && !r.whole
}

func (r *runRecord) hold(seq int) {
	if r.held == nil {
		r.held = map[int]bool{}
	}
	r.held[seq] = true
}

// fate is what became of a run's changes.
type fate int

const (
	fateStanding fate = iota // some can be taken back
	fateUndone               // those that can be taken back were
	fateLasting              // none can be taken back
)

func (r *runRecord) fate() fate {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.whole || len(r.held) > 0:
		return fateStanding
	case r.taken:
		return fateUndone
	}
	return fateLasting
}

// close ends the record.
func (r *runRecord) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil {
		return
	}
	_ = r.f.Close() // every line was written at once
	if r.whole && !r.deeds {
		dropFrom(r.folder, r.run, recordName)
	}
}

func openRecord(folder, run string) (*os.File, error) {
	dropOldRecords(folder)
	return appendTo(folder, run, recordName)
}

// dropOldRecords removes the records of runs that ended long ago.
func dropOldRecords(folder string) {
	for _, run := range runsWith(folder, recordName) {
		if st, err := os.Stat(filepath.Join(folder, run, recordName)); err == nil && time.Since(st.ModTime()) > recordAge {
			dropFrom(folder, run, recordName)
		}
	}
}

// findRun resolves what a user calls a run: its id, the beginning of it that no other has, or last. A run that is not recorded
// here may be recorded elsewhere, or by the hosts alone.
func findRun(folder, ref string) (string, error) {
	run, err := resolveRun(runsWith(folder, recordName), ref)
	switch {
	case err != nil || run != "":
		return run, err
	case ref == "last":
		return "", errors.New("no run was recorded here")
	}
	return ref, nil
}

// readRecord reads the record of a run; nil when there is none. A last line that a crash cut short is left out.
func readRecord(folder, run string) (records []executor.Record, err error) {
	f, err := os.Open(filepath.Join(folder, run, recordName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, end := lines.ReadBytes('\n')
		if end != nil {
			return records, nil //nolint:nilerr // the end, or the end of what was written
		}
		var r executor.Record
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber() // a whole number stays one
		if err := dec.Decode(&r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", f.Name(), n, err)
		}
		records = append(records, r)
	}
}
