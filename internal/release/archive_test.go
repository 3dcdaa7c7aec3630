package main

import (
	"bytes"
	"io"
	"slices"
	"testing"
	"time"
)

// TestArchivesAreReproducible: the same files in any order make the same bytes.
func TestArchivesAreReproducible(t *testing.T) {
	entries := []entry{{"muster", []byte("program"), 0o755}, {"man/muster.1", []byte("page"), 0o644}, {"README.md", []byte("read"), 0o644}}
	turned := slices.Clone(entries)
	slices.Reverse(turned)
	when := time.Unix(1700000000, 0).UTC()
	for name, write := range map[string]func(io.Writer, []entry, time.Time) error{"tar.gz": writeTar, "zip": writeZip} {
		var a, b, later bytes.Buffer
		for _, w := range []struct {
			to      *bytes.Buffer
			entries []entry
			when    time.Time
		}{{&a, entries, when}, {&b, turned, when}, {&later, entries, when.Add(time.Hour)}} {
			if err := write(w.to, w.entries, w.when); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s depends on the order of the files", name)
		}
		if bytes.Equal(a.Bytes(), later.Bytes()) {
			t.Errorf("%s does not hold the time", name)
		}
	}
}
