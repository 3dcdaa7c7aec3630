package main

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/executor"
)

// TestOutlook tells what can be done about runs whose changes stand, were taken back, or cannot be.
func TestOutlook(t *testing.T) {
	change := executor.Record{Kind: executor.RecordChange, Seq: 1}
	command := executor.Record{Kind: executor.RecordChange, Seq: 2, Lasting: true}
	undone := executor.Record{Kind: executor.RecordUndone, Seqs: []int{1}}
	end := executor.Record{Kind: executor.RecordEnd}
	for want, lines := range map[string][]executor.Record{
		"`muster rollback r1` undoes what it changed": {change, command, end},
		"undoes what it changed, `muster resume`":     {command}, // the last answer never came
		"; what it changed was taken back":            {change, command, undone, end},
		"nothing takes back what it changed":          {command, end},
	} {
		r := &runRecord{folder: t.TempDir(), run: "r1"}
		for _, l := range lines {
			if err := r.Record(l); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.outlook(); !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", lines, got, want)
		}
		r.close()
	}
}
