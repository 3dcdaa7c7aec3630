package diag

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErrorOnOneLine(t *testing.T) {
	d := Errorf(Pos{"a.yml", 3, 5}, "no %s", "hosts").WithHint("say which")
	if got, want := d.Error(), "a.yml:3:5: no hosts (say which)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&Diagnostic{Summary: "s", Detail: "d"}).Error(); got != "s: d" {
		t.Errorf("got %q", got)
	}
}

func TestWarningsAreNoError(t *testing.T) {
	var l List
	l.Add(&Diagnostic{Severity: Warning, Summary: "odd"})
	if err := l.Err(); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
	l.Add(Errorf(Pos{}, "wrong"))
	err := fmt.Errorf("reading: %w", l.Err())
	var found List
	if !errors.As(err, &found) || len(found) != 2 || l.Error() != "odd\nwrong" {
		t.Errorf("got %v from %q", found, err)
	}
}

func TestRenderShowsTheLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yml")
	if err := os.WriteFile(file, []byte("one\n\tzwö drei\r\nthree"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	Render(&b, List{
		{Pos: Pos{file, 2, 6}, Summary: "bad", Detail: "first\nsecond", Hint: "do this"},
		{Severity: Warning, Pos: Pos{file, 9, 1}, Summary: "beyond the end"},
		{Pos: Pos{File: file + ".gone", Line: 1, Col: 1}, Summary: "no file"},
		{Summary: "no place"},
	})
	want := file + ":2:6: error: bad\n  2 | \tzwö drei\n    | \t    ^\n  first\n  second\n  hint: do this\n" +
		file + ":9:1: warning: beyond the end\n" + file + ".gone:1:1: error: no file\nerror: no place\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"whne", "when"}, {"wehn", "when"}, {"become_usr", "become_user"}, {"xyzzy", ""}, {"when", "when"}, {"", ""},
	} {
		if got := Suggest(c.word, []string{"when", "become", "become_user", "register"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

func TestSuggestChoosesAmongEquallyNear(t *testing.T) {
	for _, candidates := range [][]string{{"tags", "tasks"}, {"tasks", "tags"}} {
		if got := Suggest("taks", candidates); got != "tasks" {
			t.Errorf("%v: got %q, want tasks, which has all the letters", candidates, got)
		}
	}
	for _, candidates := range [][]string{{"cat", "bat"}, {"bat", "cat"}} {
		if got := Suggest("at", candidates); got != "bat" {
			t.Errorf("%v: got %q, want bat, the first in the alphabet", candidates, got)
		}
	}
}
