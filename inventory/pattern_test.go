package inventory

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
)

const patternHosts = `u1
[web]
web1
web2
web3
web10
[db]
db1
db2
db-a.example.com
[x:children]
web
db
[web2grp]
web2
other
`

// parse reads an INI inventory from text.
func parse(t testing.TB, text string, o Options) *Inventory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, found := Load(t.Context(), []string{path}, o)
	if len(found) > 0 {
		t.Fatalf("diagnostics: %v", found)
	}
	return inv
}

func names(hosts []*Host) string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.Name)
	}
	return strings.Join(out, " ")
}

// The answers are Ansible's.
func TestMatch(t *testing.T) {
	inv := parse(t, patternHosts, Options{})
	const all = "u1 web1 web2 web3 web10 db1 db2 db-a.example.com other"
	const allByGroup = "u1 web2 other web1 web3 web10 db1 db2 db-a.example.com"
	for pattern, want := range map[string]string{
		"web":              "web1 web2 web3 web10",
		"web[0]":           "web1",
		"web[-1]":          "web10",
		"web[1:2]":         "web2 web3",
		"web[1:]":          "web2 web3 web10",
		"web[0:0]":         "web1",
		"web[5:1]":         "",
		"x:!db":            "web1 web2 web3 web10",
		"x:&web2grp":       "web2",
		"x,!db,!web1":      "web2 web3 web10",
		"&db":              "db1 db2 db-a.example.com",
		"web:db:!db1":      "web1 web2 web3 web10 db2 db-a.example.com",
		"~web[12]":         "web2 other web1 web10",
		"~(?=web)w.*":      "web1 web2 web3 web10 other",
		"~db|u1":           "db1 db2 db-a.example.com u1",
		"*.example.com":    "db-a.example.com",
		"web?":             "web1 web2 web3",
		"[wd]*1":           "web1 db1",
		"web[!1]":          "web2 web3",
		"ungrouped":        "u1",
		"un*":              "u1",
		"web1,web1":        "web1",
		"web:&x:!web2":     "web1 web3 web10",
		"u1:web2grp[0]":    "u1 web2",
		"localhost":        "localhost",
		"db-a.example.com": "db-a.example.com",
	} {
		got, found := inv.Match(pattern)
		if names(got) != want || found.Err() != nil {
			t.Errorf("%s: %q, want %q (%v)", pattern, names(got), want, found)
		}
	}
	if got, _ := inv.Match("all"); names(got) != names(inv.Hosts()) || len(got) != len(strings.Fields(all)) {
		t.Errorf("all: %q", names(got))
	}
	if got, _ := inv.Match("all"); names(got) != allByGroup {
		t.Errorf("order of all: %q", names(got))
	}
}

func TestMatchAllSplitsEachPattern(t *testing.T) {
	inv := parse(t, patternHosts, Options{})
	if got, _ := inv.MatchAll([]string{"web:db", "!web1,!web2"}); names(got) != "web3 web10 db1 db2 db-a.example.com" {
		t.Errorf("%q", names(got))
	}
}

func TestMatchMistakes(t *testing.T) {
	inv := parse(t, patternHosts, Options{})
	for pattern, want := range map[string]string{
		"web[9]": "No hosts matched the subscripted pattern 'web[9]'",
		"~(":     "Invalid host list pattern: ~(",
	} {
		if _, found := inv.Match(pattern); found.Err() == nil || !strings.Contains(found.Error(), want) {
			t.Errorf("%s: %v", pattern, found)
		}
	}
	got, found := inv.Match("wbe1:web1")
	if names(got) != "web1" || len(found) != 1 || found[0].Severity != diag.Warning || found[0].Hint != "did you mean web1?" ||
		found[0].Summary != "Could not match supplied host pattern, ignoring: wbe1" {
		t.Errorf("a typo: %q %v", names(got), found)
	}
	strict := parse(t, patternHosts, Options{PatternMismatch: "error"})
	if _, found := strict.Match("nope"); found.Err() == nil {
		t.Error("a mismatch is no error although it was asked for")
	}
	silent := parse(t, patternHosts, Options{PatternMismatch: "ignore"})
	if _, found := silent.Match("nope"); len(found) > 0 {
		t.Errorf("a mismatch is told although it was not wanted: %v", found)
	}
}

func TestMatchLimit(t *testing.T) {
	inv := parse(t, patternHosts, Options{})
	file := filepath.Join(t.TempDir(), "limit")
	if err := os.WriteFile(file, []byte("web1\ndb*\n\nu1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]string{
		"web":               "web2 web1 web3 web10",
		"!x":                "u1 other",
		"web1,nope":         "web1",
		"@" + file:          "u1 web1 db1 db2 db-a.example.com",
		"~.*1$":             "u1 web1 db1",
		"@" + file + ",!u1": "web1 db1 db2 db-a.example.com",
	} {
		if got, found := inv.MatchLimit(inv.Hosts(), limit); names(got) != want || found.Err() != nil {
			t.Errorf("%s: %q, want %q (%v)", limit, names(got), want, found)
		}
	}
	if _, found := inv.MatchLimit(inv.Hosts(), "@/nonexistent"); found.Err() == nil {
		t.Error("a missing limit file is no error")
	}
	if _, found := inv.MatchLimit(inv.Hosts(), "@"+t.TempDir()); found.Err() == nil || !strings.Contains(found.Err().Error(), "must be a file, not a directory") {
		t.Errorf("a folder for a limit file: %v", found.Err())
	}
}

func TestImplicitLocalhostIsNoMemberOfAll(t *testing.T) {
	inv := parse(t, "a\n[all:vars]\nx=1\n", Options{Python: "/py"})
	got, _ := inv.Match("localhost")
	if len(got) != 1 || !got[0].Implicit() || inv.Host("localhost") != got[0] || inv.Host("127.0.0.1") != got[0] {
		t.Fatalf("localhost: %v", got)
	}
	vars := inv.Vars(got[0], "")
	for key, want := range map[string]any{"ansible_connection": "local", "ansible_python_interpreter": "/py", "x": 1} {
		if v, _ := vars.Get(key); v != want {
			t.Errorf("%s = %v", key, v)
		}
	}
	if got, _ := inv.Match("all"); names(got) != "a" {
		t.Errorf("all: %q", names(got))
	}
	if inv.Host("nobody") != nil {
		t.Error("a host was made up")
	}
}

func TestSplitPattern(t *testing.T) {
	for pattern, want := range map[string][]string{
		"a,b[1], c[2:3] , d": {"a", "b[1]", "c[2:3]", "d"},
		"a:b[1:2]:!c":        {"a", "b[1:2]", "!c"},
		"fe80::1":            {"fe80::1"},
		"h[1:3]":             {"h[1:3]"},
		"web:80":             {"web:80"},
		"":                   nil,
	} {
		if got := SplitPattern(pattern); !slices.Equal(got, want) {
			t.Errorf("%q: %q", pattern, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"web:&x:!web2", "~(?=a)", "web[1:]", "[!]]*", "[z-a]", "a[", "!", "&", "~", "web[99999999999999999999]", "\\*"} {
		f.Add(seed)
	}
	inv := parse(f, patternHosts, Options{})
	known := len(inv.Hosts())
	f.Fuzz(func(t *testing.T, pattern string) {
		got, _ := inv.Match(pattern)
		if len(got) > known+1 {
			t.Errorf("%q matches %d hosts", pattern, len(got))
		}
	})
}

// As in Ansible, a host that several groups have is counted as often by a subscript.
func TestSubscriptsCountHostsOfEachGroup(t *testing.T) {
	dir := tree(t, map[string]string{"h": "[web]\na\nb\n[webservers]\na\nb\nc\n"})
	v := load(t, Options{}, dir+"/h")
	hosts, _ := v.Match("web*[1:3]")
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "b a" {
		t.Error(got)
	}
}
