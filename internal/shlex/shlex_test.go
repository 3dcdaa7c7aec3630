package shlex

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		line string
		want []string
		err  error
	}{
		{``, nil, nil},
		{`  ls   -l  `, []string{"ls", "-l"}, nil},
		{`echo 'a b' "c d"`, []string{"echo", "a b", "c d"}, nil},
		{`echo '' ""`, []string{"echo", "", ""}, nil},
		{`a'b c'd`, []string{"ab cd"}, nil},
		{`a\ b "\$x \" \\ \n"`, []string{"a b", `\$x " \ \n`}, nil},
		{`'a\'`, []string{`a\`}, nil},
		{"one\ntwo\tthree", []string{"one", "two", "three"}, nil},
		{`echo # not a comment`, []string{"echo", "#", "not", "a", "comment"}, nil},
		{`"open`, nil, ErrQuote},
		{`end\`, nil, ErrEscape},
	}
	for _, tt := range tests {
		got, err := Split(tt.line)
		if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) {
			t.Errorf("Split(%q) = %q, %v; want %q, %v", tt.line, got, err, tt.want, tt.err)
		}
	}
}

func TestSplitKeepingQuotes(t *testing.T) {
	got, err := SplitKeepingQuotes(`root=/dev/sda1 quiet dyndbg="a b" 'x y'z \t`)
	want := []string{"root=/dev/sda1", "quiet", `dyndbg="a`, `b"`, "'x y'", "z", `\t`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := SplitKeepingQuotes(`a "b`); !errors.Is(err, ErrQuote) {
		t.Errorf("open quote: %v", err)
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{"": "''", "a/b-c.d": "a/b-c.d", "a b": "'a b'", "it's": `'it'"'"'s'`, "ü": "'ü'"} {
		if got := Quote(word); got != want {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"a b", `'a' "b\"c" d\ e`, `"`, `\`, "''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split(line)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = Quote(w)
		}
		again, err := Split(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, words) {
			t.Errorf("words %q do not survive quoting: %q, %v", words, again, err)
		}
		_, _ = SplitKeepingQuotes(line)
	})
}
