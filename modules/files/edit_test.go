package files

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

const sshd = "#PermitRootLogin yes\nPort 22\nPort 23\n# end\n"

func TestLineInFile(t *testing.T) {
	f := func(want string) map[string]string { return map[string]string{"/f": want} }
	c := func(name, before string, a args, after, msg string) modulestest.Case {
		a["path"] = "/f"
		return modulestest.Case{Name: name, Setup: put("/f", before, 0o600), Args: a, Files: f(after), Unchanged: before == after,
			Result: args{"msg": msg, "changed": before != after}, Meddle: meddleUnless(before == after)}
	}
	modulestest.Run(t, LineInFile(), cases{
		c("append", "a\nb\n", args{"line": "c"}, "a\nb\nc\n", "line added"),
		c("append without a last newline", "a\nb", args{"line": "c"}, "a\nb\nc\n", "line added"),
		c("there already", "a\nb\n", args{"line": "a"}, "a\nb\n", ""),
		c("there without newline", "a\nb", args{"line": "b"}, "a\nb\n", "line replaced"),
		c("the last match is replaced", sshd, args{"regexp": "^Port", "line": "Port 99"}, "#PermitRootLogin yes\nPort 22\nPort 99\n# end\n", "line replaced"),
		c("the first match is replaced", sshd, args{"regexp": "^Port", "line": "Port 99", "firstmatch": true}, "#PermitRootLogin yes\nPort 99\nPort 23\n# end\n", "line replaced"),
		c("no match, after a pattern", sshd, args{"regexp": "^X11", "line": "X11 no", "insertafter": "^Port"}, "#PermitRootLogin yes\nPort 22\nPort 23\nX11 no\n# end\n", "line added"),
		c("no match, before a pattern", sshd, args{"regexp": "^X11", "line": "X11 no", "insertbefore": "^Port", "firstmatch": true}, "#PermitRootLogin yes\nX11 no\nPort 22\nPort 23\n# end\n", "line added"),
		c("before the first line", "a\n", args{"line": "0", "insertbefore": "BOF"}, "0\na\n", "line added"),
		c("after nothing that matches", "a\n", args{"line": "0", "insertafter": "^zzz"}, "a\n0\n", "line added"),
		c("after the last line", "a\nb", args{"line": "0", "insertafter": "^b"}, "a\nb\n0\n", "line added"),
		c("back references", "name = old # why\n", args{"regexp": `^(\w+)\s*=.*(#.*)$`, "line": `\1 = new \g<2>`, "backrefs": true}, "name = new # why\n", "line replaced"),
		c("back references without a match", "a\n", args{"regexp": "^(b)", "line": `\1c`, "backrefs": true}, "a\n", ""),
		c("named groups and lookahead", "k: 1\n", args{"regexp": `^(?P<key>k)(?=:)`, "line": `\g<key>: 2`, "backrefs": true}, "k: 2\n", "line replaced"),
		c("search string", "a.b\n", args{"search_string": "a.b", "line": "x"}, "x\n", "line replaced"),
		c("absent by pattern", sshd, args{"regexp": "^Port", "state": "absent"}, "#PermitRootLogin yes\n# end\n", "2 line(s) removed"),
		c("absent by line", sshd, args{"line": "Port 22", "state": "absent"}, "#PermitRootLogin yes\nPort 23\n# end\n", "1 line(s) removed"),
		c("absent by text", sshd, args{"search_string": "Root", "state": "absent"}, "Port 22\nPort 23\n# end\n", "1 line(s) removed"),
		c("absent already", "a\n", args{"line": "b", "state": "absent"}, "a\n", ""),
		{Name: "created with its folders", Args: args{"path": "/new/x/f", "line": "a", "create": true, "mode": "0600"}, Files: map[string]string{"/new/x/f": "a\n"}, Meddle: append_("/new/x/f", "x")},
		{Name: "not created", Args: args{"path": "/f", "line": "a"}, Failed: "Destination /f does not exist !"},
		{Name: "absent from nothing", Args: args{"path": "/f", "line": "a", "state": "absent"}, Unchanged: true, Result: args{"msg": "file not present"}},
		{Name: "a folder", Setup: dirs("/f"), Args: args{"path": "/f", "line": "a"}, Failed: "Path /f is a directory !"},
		{Name: "only the mode", Setup: put("/f", "a\n", 0o600), Args: args{"path": "/f", "line": "a", "mode": "0644"}, Result: args{"msg": "ownership, perms or SE linux context changed"}},
		{Name: "line and mode", Setup: put("/f", "a\n", 0o600), Args: args{"path": "/f", "line": "b", "mode": "0644", "backup": true}, Result: args{"msg": "line added and ownership, perms or SE linux context changed"}},
		{Name: "through a link", Setup: both(put("/f", "a\n", 0o600), link("f", "/l")), Args: args{"path": "/l", "line": "b"}, Files: f("a\nb\n")},
		{Name: "no line", Setup: put("/f", "a\n", 0o600), Args: args{"path": "/f", "regexp": "a"}, Failed: "line is required with state=present"},
		{Name: "bad pattern", Setup: put("/f", "a\n", 0o600), Args: args{"path": "/f", "regexp": "(a", "line": "b"}, Failed: "is no regular expression"},
	})
}

func meddleUnless(unchanged bool) func(*testing.T, sys.System) {
	if unchanged {
		return nil
	}
	return append_("/f", "somebody\n")
}

func TestBlockInFile(t *testing.T) {
	const block = "# BEGIN ANSIBLE MANAGED BLOCK\none\ntwo\n# END ANSIBLE MANAGED BLOCK\n"
	c := func(name, before string, a args, after, msg string) modulestest.Case {
		a["path"] = "/f"
		return modulestest.Case{Name: name, Setup: put("/f", before, 0o600), Args: a, Files: map[string]string{"/f": after}, Unchanged: before == after,
			Result: args{"msg": msg}, Meddle: meddleUnless(before == after)}
	}
	modulestest.Run(t, BlockInFile(), cases{
		c("appended", "a", args{"block": "one\ntwo"}, "a\n"+block, "Block inserted"),
		c("replaced where it is", "a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nz\n", args{"block": "one\ntwo\n"}, "a\n"+block+"z\n", "Block inserted"),
		c("there already", block, args{"block": "one\ntwo"}, block, ""),
		c("removed", "a\n"+block+"z\n", args{"state": "absent"}, "a\nz\n", "Block removed"),
		c("empty block removes", "a\n"+block, args{"block": ""}, "a\n", "Block removed"),
		c("at the start", "a\n", args{"block": "one\ntwo", "insertbefore": "BOF"}, block+"a\n", "Block inserted"),
		c("after a pattern", "a\nb\na\n", args{"block": "one\ntwo", "insertafter": "^b"}, "a\nb\n"+block+"a\n", "Block inserted"),
		c("after several lines", "a\nb\nc\n", args{"block": "one\ntwo", "insertafter": "(?m)^a\nb"}, "a\nb\n"+block+"c\n", "Block inserted"),
		c("other markers", "", args{"block": "x", "marker": "<!-- {mark} -->", "marker_begin": "open", "marker_end": "close"}, "<!-- open -->\nx\n<!-- close -->\n", "Block inserted"),
		c("empty lines around", "a\nb\n", args{"block": "one\ntwo", "insertafter": "^a", "prepend_newline": true, "append_newline": true}, "a\n\n"+block+"\nb\n", "Block inserted"),
		{Name: "created", Args: args{"path": "/d/f", "block": "one\ntwo", "create": true}, Files: map[string]string{"/d/f": block}, Result: args{"msg": "File created"}},
		{Name: "not created", Args: args{"path": "/f", "block": "x"}, Failed: "Path /f does not exist !"},
	})
}

func TestReplace(t *testing.T) {
	c := func(name, before string, a args, after, msg string) modulestest.Case {
		a["path"] = "/f"
		return modulestest.Case{Name: name, Setup: put("/f", before, 0o600), Args: a, Files: map[string]string{"/f": after}, Unchanged: before == after,
			Result: args{"msg": msg}, Meddle: meddleUnless(before == after)}
	}
	modulestest.Run(t, Replace(), cases{
		c("all matches, at lines", "a1\na2\nb\n", args{"regexp": `^a(\d)$`, "replace": `x\1`}, "x1\nx2\nb\n", "2 replacements made"),
		c("none", "a\n", args{"regexp": "z", "replace": "y"}, "a\n", ""),
		c("removed", "a b a\n", args{"regexp": "a "}, "b a\n", "1 replacements made"),
		c("the same", "a\n", args{"regexp": "a", "replace": "a"}, "a\n", ""),
		c("between", "x\nstart\nx\nend\nx\n", args{"regexp": "x", "replace": "y", "after": "start", "before": "end"}, "x\nstart\ny\nend\nx\n", "1 replacements made"),
		c("after", "x\nstart\nx\n", args{"regexp": "x", "replace": "y", "after": "start"}, "x\nstart\ny\n", "1 replacements made"),
		c("before", "x\nend\nx\n", args{"regexp": "x", "replace": "y", "before": "end"}, "y\nend\nx\n", "1 replacements made"),
		c("section not there", "x\n", args{"regexp": "x", "replace": "y", "before": "end"}, "x\n", "Pattern for before/after params did not match the given file: (?P<subsection>.*)end"),
		c("lookbehind", "ab cb\n", args{"regexp": "(?<=a)b", "replace": "X"}, "aX cb\n", "1 replacements made"),
		c("latin-1", "caf\xe9\n", args{"regexp": "é", "replace": "e\u00e8", "encoding": "latin-1"}, "cafe\xe8\n", "1 replacements made"),
		{Name: "not there", Args: args{"path": "/f", "regexp": "x"}, Failed: "Path /f does not exist !"},
	})
}

// The modules that edit share what comes beside the text: attributes, a backup, a check of the new content.
func TestEditsWithAttributes(t *testing.T) {
	run := func(code int) func(*testing.T) ([]sys.RootedOption, func() string) {
		return func(*testing.T) ([]sys.RootedOption, func() string) {
			return []sys.RootedOption{sys.NewFakeCommands().On("checker", sys.Output{Code: code, Stderr: []byte("no\n")}).Option()}, nil
		}
	}
	for _, m := range []struct {
		module modules.Module
		edit   args
	}{
		{LineInFile(), args{"line": "b"}}, {BlockInFile(), args{"block": "b"}}, {Replace(), args{"regexp": "a", "replace": "b"}},
	} {
		c := func(name string, more args) modulestest.Case {
			a := maps.Clone(m.edit)
			maps.Copy(a, more)
			a["path"] = "/f"
			return modulestest.Case{Name: m.module.Info().Name + " " + name, Setup: put("/f", "a\n", 0o640), Args: a, Machine: run(0),
				Meddle: append_("/f", "somebody\n")}
		}
		bad := c("refused by the check", args{"validate": "checker %s"})
		bad.Machine, bad.Meddle, bad.Failed, bad.NoCheck = run(1), nil, "failed to validate", true
		modulestest.Run(t, m.module, cases{
			c("owner and mode", args{"owner": "alice", "group": "staff", "mode": "u=rw,g=,o="}),
			c("backup", args{"backup": true}), c("checked", args{"validate": "checker %s"}), c("in place", args{"unsafe_writes": true}), bad,
		})
	}
}

// Tasks of one run follow each other within a second; each has a backup of its own.
func TestBackupsAreKeptApart(t *testing.T) {
	s := modulestest.NewMachine(t)
	modulestest.Write(t, s, "/f", "a\n", 0o644)
	for _, line := range []string{"b", "c", "d"} {
		a := args{"path": "/f", "line": line, "backup": true}
		res := LineInFile().Run(t.Context(), &modules.Call{Sys: s, Args: a, Journal: modulestest.NewJournal()})
		if res.Failed() {
			t.Fatal(res)
		}
	}
	var kept []string
	list, err := s.ReadDir("/")
	for _, e := range list {
		if strings.HasPrefix(e.Name(), "f.") {
			content, _ := s.ReadFile("/" + e.Name())
			kept = append(kept, string(content))
		}
	}
	slices.Sort(kept)
	if want := []string{"a\n", "a\nb\n", "a\nb\nc\n"}; err != nil || !slices.Equal(kept, want) {
		t.Errorf("%v, backups hold %q, want %q", err, kept, want)
	}
}
