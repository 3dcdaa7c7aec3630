package view

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// TestWrapEqualsPython compares with lines that Python's textwrap made.
func TestWrapEqualsPython(t *testing.T) {
	f, err := os.Open("testdata/textwrap.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, in := 0, bufio.NewScanner(f)
	for in.Scan() {
		var c struct {
			Text, Want string
			Width      int
			Trim       bool
		}
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		if got := Wrap(c.Text, c.Width, c.Trim); got != c.Want {
			t.Errorf("%q at %d, %v:\ngot  %q\nwant %q", c.Text, c.Width, c.Trim, got, c.Want)
		}
	}
	if n < 300 {
		t.Errorf("read %d cases", n)
	}
}
