package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// runsFolder holds a folder for each run.
func (s *streams) runsFolder() (string, error) {
	dir, err := s.stateDir()
	return filepath.Join(dir, "runs"), err
}

// runsWith are the runs in whose folders a file lies, the oldest first.
func runsWith(folder, name string) []string {
	found, _ := filepath.Glob(filepath.Join(folder, "*", name)) // the pattern is right
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = filepath.Base(filepath.Dir(f))
	}
	slices.Sort(ids)
	return ids
}

// resolveRun is the run of ids, sorted, that a user means by its id, by a beginning of it that no other has, or by last; "" when it is
// none of them.
func resolveRun(ids []string, ref string) (string, error) {
	if ref == "last" && len(ids) > 0 {
		return ids[len(ids)-1], nil
	}
	if slices.Contains(ids, ref) {
		return ref, nil
	}
	matching := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return ref == "" || !strings.HasPrefix(id, ref) })
	switch len(matching) {
	case 0:
		return "", nil
	case 1:
		return matching[0], nil
	}
	return "", fmt.Errorf("%s is the beginning of several runs: %s", ref, strings.Join(matching, ", "))
}

// appendTo opens a file of a run, which only its owner can read, to be appended to.
func appendTo(folder, run, name string) (*os.File, error) {
	dir := filepath.Join(folder, run)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

// dropFrom removes a file of a run, and its folder when nothing else is in it. What cannot be removed stays.
func dropFrom(folder, run, name string) {
	_ = os.Remove(filepath.Join(folder, run, name))
	_ = os.Remove(filepath.Join(folder, run))
}
