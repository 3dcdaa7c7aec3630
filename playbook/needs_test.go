package playbook_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/playbook"
)

// plays writes a playbook of plays called a, b, c … with needs: as given; "-" is none.
func plays(needs ...string) string {
	var b strings.Builder
	for i, n := range needs {
		fmt.Fprintf(&b, "- name: %c\n  hosts: all\n", 'a'+i)
		if n != "-" {
			fmt.Fprintf(&b, "  needs: %s\n", n)
		}
	}
	return b.String()
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		needs []string
		waits string
		wrong string
	}{
		{[]string{"-", "-", "-"}, "[[] [0] [0 1]]", ""},
		{[]string{"[]", "[]", "[a, b]", "-"}, "[[] [] [0 1] [0 1 2]]", ""},
		{[]string{"[b]", "[]"}, "[[1] []]", ""},
		{[]string{"-", "a"}, "[[] [0]]", ""},
		{[]string{"[c]", "[a]", "[b]"}, "", "site.yml:3:11: plays need each other in a circle: 'a' needs 'c' (site.yml:3:11), 'c' needs 'b' (site.yml:9:11), 'b' needs 'a' (site.yml:6:11) [take one of these needs out]"},
		{[]string{"[a]"}, "", "site.yml:3:11: plays need each other in a circle: 'a' needs 'a' (site.yml:3:11) [take one of these needs out]"},
		{[]string{"[b]", "-"}, "", "site.yml:3:11: plays need each other in a circle: 'a' needs 'b' (site.yml:3:11), 'b' comes after 'a' (site.yml:4:3) [take one of these needs out; a play without needs: comes after all plays before it, and `needs: []` frees it from that]"},
		{[]string{"-", "[database]"}, "", "site.yml:5:11: no play is called 'database' [the plays are called a, b]"},
	} {
		book, got := load(t, plays(c.needs...))
		if got != c.wrong {
			t.Errorf("%v\ngot  %s\nwant %s", c.needs, got, c.wrong)
		}
		waits, _ := playbook.Order(book.Plays)
		if c.wrong == "" && fmt.Sprint(waits) != c.waits {
			t.Errorf("%v: %v, want %s", c.needs, waits, c.waits)
		}
	}
}

func TestNeedsMistakes(t *testing.T) {
	if _, got := load(t, "- hosts: all\n  needs: {a: b}\n"); !strings.HasPrefix(got, "site.yml:2:10: needs must be a list of names of plays") {
		t.Error(got)
	}
	if _, got := load(t, "- hosts: all\n  needs: [\"{{ a }}\"]\n"); !strings.HasPrefix(got, "site.yml:2:11: needs names plays as their name: is written") {
		t.Error(got)
	}
}
