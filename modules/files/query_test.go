package files

import (
	"encoding/base64"
	"sort"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func ask(t *testing.T, m modules.Module, s sys.System, a args) modules.Result {
	t.Helper()
	return m.Run(t.Context(), &modules.Call{Sys: sys.NewReadOnly(s), Args: a})
}

func TestStat(t *testing.T) {
	s := modulestest.NewMachine(t)
	both(put("/f", "hello\n", 0o4754), link("etc/passwd", "/l"))(t, s)
	if res := ask(t, Stat(), s, args{"path": "/none"}); modules.PyRepr(res["stat"]) != "{'exists': False}" || res.Failed() {
		t.Errorf("not there: %v", res)
	}
	st := ask(t, Stat(), s, args{"path": "/f"})["stat"].(map[string]any)
	expected := args{"exists": true, "mode": "4754", "isreg": true, "isdir": false, "islnk": false, "size": 6, "uid": 0, "pw_name": "root", "gr_name": "root",
		"rusr": true, "wusr": true, "xusr": true, "rgrp": true, "wgrp": false, "xgrp": true, "roth": true, "woth": false, "xoth": false, "isuid": true, "isgid": false,
		"checksum": "f572d396fae9206628714fb2ce00f72e94f2258f", "mimetype": "unknown", "charset": "unknown", "path": "/f", "nlink": 1, "readable": true}
	for k, want := range expected {
		if modules.PyRepr(st[k]) != modules.PyRepr(want) {
			t.Errorf("%s = %v, want %v", k, st[k], want)
		}
	}
	st = ask(t, Stat(), s, args{"path": "/l", "checksum_algorithm": "md5"})["stat"].(map[string]any)
	if st["islnk"] != true || st["lnk_source"] != "/etc/passwd" || st["lnk_target"] != "etc/passwd" || st["checksum"] != nil {
		t.Errorf("link: %v", st)
	}
	st = ask(t, Stat(), s, args{"path": "/l", "follow": true, "checksum_algorithm": "md5"})["stat"].(map[string]any)
	if sum, _ := st["checksum"].(string); st["isreg"] != true || len(sum) != 32 {
		t.Errorf("followed: %v", st)
	}
	if st = ask(t, Stat(), s, args{"path": "/f", "get_checksum": false, "get_mime": false, "get_attributes": false})["stat"].(map[string]any); st["checksum"] != nil || st["mimetype"] != nil || st["attributes"] != nil {
		t.Errorf("asked for less: %v", st)
	}
}

func TestStatAsksFile(t *testing.T) {
	f := sys.NewFakeCommands().On("/usr/bin/file --mime-type", sys.Output{Stdout: []byte("/a: b: text/plain; charset=us-ascii\n")}).On("file", sys.Output{})
	s := modulestest.NewMachine(t, f.Option())
	put("/f", "x", 0o644)(t, s)
	st := ask(t, Stat(), s, args{"path": "/f"})["stat"].(map[string]any)
	if st["mimetype"] != "text/plain" || st["charset"] != "us-ascii" {
		t.Errorf("got %v %v", st["mimetype"], st["charset"])
	}
}

func TestSlurp(t *testing.T) {
	s := modulestest.NewMachine(t)
	put("/f", "hello\n", 0o600)(t, s)
	res := ask(t, Slurp(), s, args{"src": "/f"})
	if res["content"] != "aGVsbG8K" || res["encoding"] != "base64" || res["source"] != "/f" {
		t.Errorf("got %v", res)
	}
	var whole strings.Builder
	for off := 0; ; {
		part := ask(t, Slurp(), s, args{"src": "/f", "_offset": off, "_length": 4})
		b, err := base64.StdEncoding.DecodeString(part["content"].(string))
		if err != nil || part["size"] != int64(6) {
			t.Fatalf("part: %v %v", part, err)
		}
		if off == 0 && part["checksum"] != "f572d396fae9206628714fb2ce00f72e94f2258f" {
			t.Errorf("checksum %v", part["checksum"])
		}
		if len(b) == 0 {
			break
		}
		whole.Write(b)
		off += len(b)
	}
	if whole.String() != "hello\n" {
		t.Errorf("parts make %q", whole.String())
	}
	for path, want := range map[string]string{"/none": "file not found: /none", "/etc": "source is a directory and must be a file: /etc"} {
		if res := ask(t, Slurp(), s, args{"src": path}); res["msg"] != want || !res.Failed() {
			t.Errorf("%s: %v", path, res["msg"])
		}
	}
}

func TestFind(t *testing.T) {
	s := modulestest.NewMachine(t)
	both(dirs("/w", "/w/d", "/w/d/e"), put("/w/a.log", "one\ntwo\n", 0o644), put("/w/b.txt", "", 0o600), put("/w/.h.log", "x", 0o644),
		put("/w/d/c.log", "two words\n", 0o640), put("/w/d/e/f.log", "x", 0o644), link("/w/d", "/w/l"))(t, s)
	for _, c := range []struct {
		a    args
		want string
	}{
		{args{}, "/w/a.log /w/b.txt"},
		{args{"patterns": "*.log"}, "/w/a.log"},
		{args{"patterns": "*.log", "recurse": true}, "/w/a.log /w/d/c.log /w/d/e/f.log"},
		{args{"patterns": "*.log", "recurse": true, "depth": 2}, "/w/a.log /w/d/c.log"},
		{args{"patterns": "*.log", "hidden": true}, "/w/.h.log /w/a.log"},
		{args{"patterns": []any{"[a-b].*"}, "excludes": "*.txt"}, "/w/a.log"},
		{args{"patterns": "^(a|b)\\.", "use_regex": true}, "/w/a.log /w/b.txt"},
		{args{"file_type": "directory"}, "/w/d"},
		{args{"file_type": "link"}, "/w/l"},
		{args{"file_type": "any"}, "/w/a.log /w/b.txt /w/d /w/l"},
		{args{"contains": "two", "recurse": true}, "/w/a.log /w/d/c.log"},
		{args{"contains": "words", "recurse": true}, ""},
		{args{"contains": "words", "recurse": true, "read_whole_file": true}, "/w/d/c.log"},
		{args{"size": "1"}, "/w/a.log"},
		{args{"size": "-1b"}, "/w/b.txt"},
		{args{"age": "1h"}, ""},
		{args{"age": "-1h"}, "/w/a.log /w/b.txt"},
		{args{"mode": "0600"}, "/w/b.txt"},
		{args{"mode": "g=r", "exact_mode": false}, "/w/a.log"},
		{args{"limit": 1}, "/w/a.log"},
		{args{"recurse": true, "follow": true, "patterns": "c.log"}, "/w/d/c.log /w/l/c.log"},
	} {
		c.a["paths"] = "/w"
		res := ask(t, Find(), s, c.a)
		var got []string
		files, _ := res["files"].([]any)
		for _, f := range files {
			got = append(got, f.(map[string]any)["path"].(string))
		}
		sort.Strings(got)
		if strings.Join(got, " ") != c.want || res["matched"] != len(got) {
			t.Errorf("%v: %v (%v), want %s", c.a, got, res["msg"], c.want)
		}
	}
	res := ask(t, Find(), s, args{"paths": []any{"/none", "/w"}})
	if res["msg"] != "Not all paths examined, check warnings for details" || len(res["skipped_paths"].(map[string]any)) != 1 {
		t.Errorf("a path that is not there: %v", res)
	}
	if res := ask(t, Find(), s, args{"paths": "/w", "age": "soon"}); res["msg"] != "failed to process age" {
		t.Errorf("bad age: %v", res["msg"])
	}
}

func TestTempFile(t *testing.T) {
	modulestest.Run(t, TempFile(), cases{
		{Name: "file", Args: args{"suffix": ".txt"}, Repeats: true, NoCheck: true, Result: args{"state": "file", "mode": "0600", "owner": "root", "size": 0},
			Meddle: func(t *testing.T, s sys.System) {
				list, err := s.ReadDir("/tmp")
				if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Name(), "ansible.") || !strings.HasSuffix(list[0].Name(), ".txt") {
					t.Fatalf("%v %v", list, err)
				}
				modulestest.Write(t, s, "/tmp/"+list[0].Name(), "used", 0o600)
			}},
		{Name: "folder", Setup: dirs("/work"), Args: args{"state": "directory", "path": "/work", "prefix": "x"}, Repeats: true, NoCheck: true, Result: args{"state": "directory", "mode": "0700"}},
		{Name: "a path in the name", Args: args{"prefix": "../x"}, Failed: "prefix and suffix are parts of a name", NoCheck: true},
	})
}
