package docs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func projectPages(t *testing.T) (string, []*Page) {
	t.Helper()
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := Pages(top)
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	return top, pages
}

// TestLinks follows every link of every page.
func TestLinks(t *testing.T) {
	top, pages := projectPages(t)
	for _, p := range pages {
		for _, broken := range p.BrokenLinks(top) {
			t.Error(broken)
		}
	}
}

// TestEveryPageIsListed makes sure that a reader of docs/README.md finds every page.
func TestEveryPageIsListed(t *testing.T) {
	top, pages := projectPages(t)
	index, err := os.ReadFile(filepath.Join(top, "docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		name, ok := strings.CutPrefix(p.Path, "docs/")
		if ok && name != "README.md" && !strings.Contains(name, "/") && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("docs/README.md does not list %s", name)
		}
	}
}

const sample = "# A page: `code`, and more\n[up](../README.md#five-minutes) [away](gone.md) [here](#a-page-code-and-more) [no](#nothing)\n" +
	"`[x](y.md)`\n```yaml a/site.yml\n[no link](z.md)\nhosts: all\n```\n```sh exit=2\nmuster run 'x|y' | cat && sudo muster exec all # muster doc\n```\n```sh not-run: no\nmuster nothing\n```\n" +
	"```\n$ muster lint\nmuster: no\n```\n"

func TestParse(t *testing.T) {
	p, err := Parse("docs/x.md", sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Blocks) != 4 || p.Blocks[0].Info != "a/site.yml" || p.Blocks[0].Line != 5 || p.Blocks[1].Text[:10] != "muster run" {
		t.Errorf("%+v", p.Blocks)
	}
	var commands []string
	for _, c := range p.Commands() {
		commands = append(commands, c.Text)
	}
	if got := strings.Join(commands, ", "); got != "run 'x|y', exec all, doc, nothing, lint" {
		t.Errorf("commands: %s", got)
	}
	if _, err := Parse("x.md", "```sh\nno end\n"); err == nil {
		t.Error("a block without an end is accepted")
	}
}

func TestHow(t *testing.T) {
	for info, want := range map[string]How{
		"": {}, "lab": {Needs: []Need{Lab}}, "lab exit=3": {Needs: []Need{Lab}, Exit: 3}, "not-run: it is a picture": {Never: "it is a picture"},
		"until=listening": {Until: "listening"}, "bare": {Needs: []Need{Bare}}, "checkout lab": {Needs: []Need{Checkout, Lab}},
	} {
		if got, err := (Block{Info: info}).How(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", info, got, err)
		}
	}
	for _, bad := range []string{"later", "exit=x", "until=", "not-run:"} {
		if how, err := (Block{Info: bad}).How(); err == nil {
			t.Errorf("%q: %+v", bad, how)
		}
	}
}

func TestBrokenLinks(t *testing.T) {
	top := t.TempDir()
	if err := os.MkdirAll(filepath.Join(top, "docs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"README.md": "## Five minutes\n", "docs/x.md": sample} {
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Parse("docs/x.md", sample)
	if err != nil {
		t.Fatal(err)
	}
	want := "docs/x.md:2: gone.md: no such file\ndocs/x.md:2: #nothing: no such heading"
	if got := strings.Join(p.BrokenLinks(top), "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestRun runs pages that are right and pages that are wrong.
func TestRun(t *testing.T) {
	hosts := map[int]Host{1: {"127.0.0.1", 7}}
	for _, c := range []struct {
		page, wrong string
		has         []Need
	}{
		{page: "```ini hosts.ini\nweb1 ansible_host=192.0.2.11\n```\n```sh\ngrep 127.0.0.1 hosts.ini\n```\n"},
		{page: "```sh\nexit 3\n```\n", wrong: "x.md:2: exit code 3, not 0"},
		{page: "```sh exit=3\nexit 3\n```\n"},
		{page: "```sh\nfalse\ntrue\n```\n", wrong: "exit code 1"},
		{page: "```sh\nfalse | cat\n```\n", wrong: "exit code 1"},
		{page: "```sh lab\nfalse\n```\n"},
		{page: "```sh lab\nfalse\n```\n", has: []Need{Lab}, wrong: "exit code 1"},
		{page: "```sh not-run: it fails\nfalse\n```\n", has: []Need{Lab}},
		{page: "```sh ci\nfalse\n```\n```sh checkout\nfalse\n```\n```sh bare\nfalse\n```\n", has: []Need{Lab}},
		{page: "```sh until=up\nsh -c 'echo up; exec sleep 1000'\n```\n```sh\ntest -d .\n```\n"},
		{page: "```sh until=up\necho down\n```\n", wrong: "it ended before it wrote \"up\":\ndown"},
		{page: "```sh\ntest 20261126T101500.000000000Z = 127.0.0.1:8420\n```\n", wrong: "test newest = 127.0.0.1:7"},
		{page: "# List\n- one\n\n  ```sh\n  false\n  ```\n", wrong: "x.md:4: a block in a list"},
		{page: "```sh someday\ntrue\n```\n", wrong: "someday"},
		{page: "```yaml ../site.yml\n```\n", wrong: "no file below"},
	} {
		runs := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(runs, "a"), 0o700), os.Mkdir(filepath.Join(runs, "newest"), 0o700)); err != nil {
			t.Fatal(err)
		}
		p, err := Parse("x.md", c.page)
		if err == nil {
			err = p.Run(Stage{Dir: t.TempDir(), Env: os.Environ(), Has: c.has, Hosts: hosts, Port: 7, Runs: runs})
		}
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.page, err)
		}
	}
}

func TestWithHosts(t *testing.T) {
	hosts := map[int]Host{1: {"10.0.0.1", 0}, 2: {"127.0.0.1", 7}}
	for inventory, want := range map[string]string{
		"web1 ansible_host=192.0.2.11\nweb2 ansible_host=192.0.2.12 x=1\n": "web1 ansible_host=10.0.0.1\nweb2 ansible_host=127.0.0.1 ansible_port=7 x=1\n",
		"web:\n  web2:\n    ansible_host: 192.0.2.12\n    site: berlin\n":  "web:\n  web2:\n    ansible_host: 127.0.0.1\n    ansible_port: 7\n    site: berlin\n",
		"web9 ansible_host=192.0.2.19\n":                                   "web9 ansible_host=192.0.2.19\n",
	} {
		if got := WithHosts(inventory, hosts); got != want {
			t.Errorf("got\n%s", got)
		}
	}
}
