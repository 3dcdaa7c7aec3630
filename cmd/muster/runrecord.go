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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster/executor"
)

// recordAge is how long the record of a run is kept after its last line.
const recordAge = 90 * 24 * time.Hour

// recordName is the file in a run's folder that holds what a later rollback needs to know.
const recordName = "rollback.jsonl"

// runsFolder holds a folder for each run.
func (s *streams) runsFolder() (string, error) {
	dir, err := s.stateDir()
	return filepath.Join(dir, "runs"), err
}

// runRecord writes the record of a run, one line of JSON for each thing that it did. The file comes before the first
// request that may change a host, so that it is there when the answer never comes; a run that changed nothing leaves none.
// It is readable by its owner only.
type runRecord struct {
	folder string // of all runs
	run    string

	mu    sync.Mutex
	f     *os.File
	deeds bool // something was done
	whole bool // every request was answered
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
	default:
		r.deeds = true
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
		_ = os.Remove(r.f.Name())
		_ = os.Remove(filepath.Dir(r.f.Name())) // other files may be in it
	}
}

func openRecord(folder, run string) (*os.File, error) {
	dropOldRecords(folder)
	dir := filepath.Join(folder, run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, recordName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

// dropOldRecords removes the records of runs that ended long ago; what cannot be removed stays.
func dropOldRecords(folder string) {
	found, _ := filepath.Glob(filepath.Join(folder, "*", recordName))
	for _, f := range found {
		if st, err := os.Stat(f); err == nil && time.Since(st.ModTime()) > recordAge {
			_ = os.Remove(f)
			_ = os.Remove(filepath.Dir(f)) // other files may be in it
		}
	}
}

// findRun resolves what a user calls a run: its id, the beginning of it that no other has, or last.
func findRun(folder, ref string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var ids []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(folder, e.Name(), recordName)); err == nil {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	if ref == "last" {
		if len(ids) == 0 {
			return "", errors.New("no run was recorded here")
		}
		return ids[len(ids)-1], nil
	}
	var found []string
	for _, id := range ids {
		if id == ref {
			return id, nil
		}
		if strings.HasPrefix(id, ref) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return ref, nil // recorded elsewhere, or by the hosts alone
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s is the beginning of several runs: %s", ref, strings.Join(found, ", "))
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
