package pyversion

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestPython compares as Python's distutils, packaging and Ansible did when testdata/python.tsv was recorded; 9 stands
// for an error.
func TestPython(t *testing.T) {
	data, err := os.ReadFile("testdata/python.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		want, _ := strconv.Atoi(f[3])
		got, err := Compare(f[0], f[1], f[2])
		if err != nil {
			got = 9
		}
		if got != want {
			t.Errorf("%s: %q against %q is %d, want %d (%v)", f[0], f[1], f[2], got, want, err)
		}
	}
}
