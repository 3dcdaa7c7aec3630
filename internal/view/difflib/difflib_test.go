package difflib

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEqualsPython compares with diffs that Python's difflib wrote.
func TestEqualsPython(t *testing.T) {
	f, err := os.Open("testdata/python.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	n := 0
	for in.Scan() {
		var c struct {
			A, B    string
			Context int
			Diff    []string
		}
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		if got := Unified(Lines(c.A), Lines(c.B), "before", "after", c.Context); !slices.Equal(got, c.Diff) {
			t.Errorf("case %d: %q against %q:\ngot  %q\nwant %q", n, c.A, c.B, got, c.Diff)
		}
	}
	if err := in.Err(); err != nil || n < 50 {
		t.Fatalf("read %d cases: %v", n, err)
	}
}

// FuzzUnified: the diff, read back, makes one text from the other.
func FuzzUnified(f *testing.F) {
	f.Add("a\nb\n", "a\nc\n")
	f.Add("", "x")
	f.Add("\r\n\r", "\u2028")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Join(Lines(a), "") != a {
			t.Fatalf("Lines loses text of %q", a)
		}
		var before, after strings.Builder
		al, bl := Lines(a), Lines(b)
		diff := Unified(al, bl, "x", "y", len(al)+len(bl))
		if a == b {
			if diff != nil {
				t.Fatalf("a difference in equal texts: %q", diff)
			}
			return
		}
		if len(diff) < 4 {
			t.Fatalf("no difference between %q and %q", a, b)
		}
		for _, line := range diff[3:] {
			switch line[0] {
			case ' ':
				before.WriteString(line[1:])
				after.WriteString(line[1:])
			case '-':
				before.WriteString(line[1:])
			case '+':
				after.WriteString(line[1:])
			}
		}
		if before.String() != a || after.String() != b {
			t.Fatalf("the diff of %q and %q makes %q and %q", a, b, before.String(), after.String())
		}
	})
}
