package pyregex

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// recorded is what Python's re answered for a pattern and a text.
type recorded struct {
	P, T, R, Sub, Error, SubError string
	Search                        []any
	Match, Full                   bool
	All                           [][]int
}

func TestPython(t *testing.T) {
	file, err := os.Open("testdata/python.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		r.check(t)
	}
}

func (r recorded) check(t *testing.T) {
	t.Helper()
	re, err := Compile(r.P, Flags{})
	if r.Error != "" {
		var wrong *Error
		if err == nil {
			t.Errorf("%q: compiles, but Python says: %s", r.P, r.Error)
		} else if errors.As(err, &wrong) && !strings.HasPrefix(r.Error, wrong.Message) {
			t.Logf("%q: %v, Python says: %s", r.P, err, r.Error)
		}
		return
	}
	if err != nil {
		t.Errorf("%q: %v", r.P, err)
		return
	}
	r.checkSearch(t, re)
	if ok, err := re.MatchStart(r.T); err != nil || ok != r.Match {
		t.Errorf("%q at the start of %q: got %v, %v", r.P, r.T, ok, err)
	}
	all, err := re.FindAll(r.T, 0)
	spans := [][]int{}
	for _, m := range all {
		start, end := m.Span(0)
		spans = append(spans, []int{start, end})
	}
	if err != nil || !reflect.DeepEqual(spans, r.All) {
		t.Errorf("%q in %q: got %v, want %v, %v", r.P, r.T, spans, r.All, err)
	}
	got, _, err := re.Sub(r.R, r.T, 0)
	if (err != nil) != (r.SubError != "") || got != r.Sub {
		t.Errorf("%q -> %q in %q: got %q, want %q, %v %s", r.P, r.R, r.T, got, r.Sub, err, r.SubError)
	}
}

func (r recorded) checkSearch(t *testing.T, re *Regexp) {
	t.Helper()
	m, err := re.Search(r.T)
	if err != nil || (m == nil) != (r.Search == nil) {
		t.Errorf("%q in %q: got %v, want %v, %v", r.P, r.T, m, r.Search, err)
		return
	}
	if m == nil {
		return
	}
	if s, _ := m.Group(0); s != r.Search[0] {
		t.Errorf("%q in %q: got %q, want %v", r.P, r.T, s, r.Search)
	}
	for i, want := range r.Search[1].([]any) {
		s, ok := m.Group(i + 1)
		if ok != (want != nil) || ok && s != want {
			t.Errorf("%q in %q: group %d is %q, want %v", r.P, r.T, i+1, s, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`(?P<a>x)(?P=a)`, `[^]\d-]+`, `a{,3}?`, `(?i:x)(?#c)`, `\Z\b\x41`, `(?(1)a|b)`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		re, err := Compile(pattern, Flags{})
		if err != nil || len(pattern) > 50 {
			return
		}
		if m, err := re.Search("abc 1"); err == nil && m != nil {
			if start, end := m.Span(0); start < 0 || end > 5 || start > end {
				t.Fatalf("%q: span %d to %d", pattern, start, end)
			}
		}
	})
}
