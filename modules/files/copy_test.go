package files

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestCopy(t *testing.T) {
	hello, other := []byte("hello\n"), []byte("something else, longer\n")
	ref := modulestest.Ref(hello)
	held := [][]byte{hello, other}
	entries := []any{
		args{"path": "sub", "type": "directory", "mode": 0o755},
		args{"path": "sub/one", "type": "file", "mode": 0o640, "content": ref},
		args{"path": "two", "type": "file", "mode": 0o755, "content": modulestest.Ref(other)},
		args{"path": "link", "type": "link", "target": "sub/one"},
	}
	source := both(dirs("/src", "/src/sub", "/dst"), put("/src/a", "aaa", 0o640), put("/src/sub/b", "bbb", 0o755), link("a", "/src/l"))
	modulestest.Run(t, Copy(), cases{
		{Name: "new file", Contents: held, Args: args{"_content": ref, "_original_basename": "motd", "src": "/c/motd", "dest": "/etc/motd", "mode": "0644", "owner": "alice", "group": "staff"},
			Files: map[string]string{"/etc/motd": "hello\n"}, Meddle: append_("/etc/motd", "x"),
			Result: args{"dest": "/etc/motd", "checksum": "f572d396fae9206628714fb2ce00f72e94f2258f", "md5sum": "b1946ac92492d2347c6235b4d2611184", "mode": "0644", "owner": "alice", "state": "file", "size": 6, "src": "/c/motd"}},
		{Name: "same", Contents: held, Setup: put("/f", "hello\n", 0o600), Args: args{"_content": ref, "dest": "/f"}, Unchanged: true,
			Result: args{"path": "/f", "dest": "/f", "checksum": "f572d396fae9206628714fb2ce00f72e94f2258f"}},
		{Name: "replaced keeps owner and mode", Contents: held, Setup: both(put("/f", "old", 0o640), func(t *testing.T, s sys.System) { _ = s.Lchown("/f", 1000, 50) }),
			Args: args{"_content": ref, "dest": "/f"}, Result: args{"mode": "0640", "owner": "alice", "group": "staff"}, Meddle: append_("/f", "x")},
		{Name: "only the mode", Contents: held, Setup: put("/f", "hello\n", 0o600), Args: args{"_content": ref, "dest": "/f", "mode": "g+r"}, Result: args{"mode": "0640"}},
		{Name: "same size, other content", Contents: held, Setup: put("/f", "jello\n", 0o600), Args: args{"_content": ref, "dest": "/f"}},
		{Name: "into a folder", Contents: held, Args: args{"_content": ref, "_original_basename": "motd", "dest": "/etc"}, Files: map[string]string{"/etc/motd": "hello\n"}},
		{Name: "into a new folder", Contents: held, Args: args{"_content": ref, "_original_basename": "motd", "dest": "/srv/x/", "directory_mode": "0711"}, Files: map[string]string{"/srv/x/motd": "hello\n"}},
		{Name: "no folder", Contents: held, Args: args{"_content": ref, "dest": "/srv/x/y"}, Failed: "Destination directory /srv/x does not exist", NoCheck: true},
		{Name: "content into a folder", Contents: held, Args: args{"_content": ref, "dest": "/etc"}, Failed: "can not use content with a dir as dest"},
		{Name: "not forced", Contents: held, Setup: put("/f", "old", 0o640), Args: args{"_content": ref, "dest": "/f", "force": false}, Unchanged: true},
		{Name: "backup", Contents: held, Setup: put("/f", "old", 0o640), Args: args{"_content": ref, "dest": "/f", "backup": true},
			Check: func(t *testing.T, s sys.System, res modules.Result) {
				name, _ := res["backup_file"].(string)
				if b, err := s.ReadFile(name); err != nil || string(b) != "old" || !strings.HasPrefix(name, "/f.") {
					t.Errorf("backup %q: %q %v", name, b, err)
				}
			}},
		{Name: "link replaced", Contents: held, Setup: both(put("/f", "old", 0o640), link("f", "/l")), Args: args{"_content": ref, "dest": "/l"},
			Files: map[string]string{"/f": "old", "/l": "hello\n"}},
		{Name: "link followed", Contents: held, Setup: both(put("/f", "old", 0o640), link("f", "/l")), Args: args{"_content": ref, "dest": "/l", "follow": true},
			Files: map[string]string{"/f": "hello\n"}},
		{Name: "wrong checksum", Contents: held, Args: args{"_content": ref, "dest": "/f", "checksum": "00"}, Failed: "Copied file does not match the expected checksum"},
		{Name: "tree", Contents: held, Setup: dirs("/dst"), Args: args{"_tree": entries, "_tree_name": "app", "src": "/c/app", "dest": "/dst", "mode": "0600", "directory_mode": "0700", "owner": "alice"},
			Files: map[string]string{"/dst/app/sub/one": "hello\n", "/dst/app/two": string(other)}, Result: args{"dest": "/dst/", "src": "/c/app"}, Meddle: append_("/dst/app/two", "x")},
		{Name: "tree with preserved modes, half there", Contents: held, Setup: both(dirs("/dst", "/dst/sub"), put("/dst/two", string(other), 0o755)),
			Args: args{"_tree": entries, "dest": "/dst/", "mode": "preserve"}},
		{Name: "tree leading out", Contents: held, Args: args{"_tree": []any{args{"path": "../x", "type": "file", "content": ref}}, "dest": "/dst"}, Failed: "is no path below the destination"},
		{Name: "remote file", Setup: source, Args: args{"src": "/src/a", "dest": "/dst/a", "remote_src": true, "mode": "preserve"}, Files: map[string]string{"/dst/a": "aaa"}, Result: args{"mode": "0640"}},
		{Name: "remote file not there", Args: args{"src": "/src/a", "dest": "/dst/a", "remote_src": true}, Failed: "Source /src/a not found"},
		{Name: "remote folder", Setup: source, Args: args{"src": "/src", "dest": "/dst", "remote_src": true}, Files: map[string]string{"/dst/src/a": "aaa", "/dst/src/sub/b": "bbb"}, Meddle: append_("/dst/src/a", "x")},
		{Name: "remote folder's contents", Setup: source, Args: args{"src": "/src/", "dest": "/dst", "remote_src": true, "owner": "alice"}, Files: map[string]string{"/dst/a": "aaa"}},
		{Name: "remote folder into a new one", Setup: source, Args: args{"src": "/src/", "dest": "/new/x", "remote_src": true}, Files: map[string]string{"/new/x/sub/b": "bbb"}},
		{Name: "validate without %s", Contents: held, Args: args{"_content": ref, "dest": "/f", "validate": "true"}, Failed: "validate must contain %s: true", NoCheck: true},
		{Name: "nothing to copy", Args: args{"dest": "/f"}, Failed: "src (or content) is required"},
	})
}

func TestCopyValidates(t *testing.T) {
	ref := modulestest.Ref([]byte("hello\n"))
	run := func(code int) func(*testing.T) ([]sys.RootedOption, func() string) {
		return func(*testing.T) ([]sys.RootedOption, func() string) {
			f := sys.NewFakeCommands().On("checker -f", sys.Output{Code: code, Stderr: []byte("line 1: no\n")})
			return []sys.RootedOption{f.Option()}, nil
		}
	}
	modulestest.Run(t, Copy(), cases{
		{Name: "good", Machine: run(0), Contents: [][]byte{[]byte("hello\n")}, Args: args{"_content": ref, "dest": "/f", "validate": "checker -f %s"}, Files: map[string]string{"/f": "hello\n"}},
		{Name: "bad", Machine: run(3), Contents: [][]byte{[]byte("hello\n")}, Args: args{"_content": ref, "dest": "/f", "validate": "checker -f %s"}, Failed: "failed to validate", NoCheck: true},
	})
}

func TestTemplateHasNoCopyParameters(t *testing.T) {
	modulestest.Run(t, Template(), cases{
		{Name: "rendered", Contents: [][]byte{[]byte("x")}, Args: args{"_content": modulestest.Ref([]byte("x")), "src": "/c/x.j2", "dest": "/x", "_original_basename": "x.j2"}, Files: map[string]string{"/x": "x"}},
		{Name: "in place of another", Setup: put("/x", "old", 0o644), Contents: [][]byte{[]byte("x")}, Args: args{"_content": modulestest.Ref([]byte("x")), "src": "/c/x.j2", "dest": "/x",
			"backup": true, "owner": "alice", "group": "staff", "mode": "0600"}, Files: map[string]string{"/x": "x"}, Meddle: put("/x", "y", 0o600)},
		{Name: "through a link", Setup: both(put("/x", "old", 0o644), link("x", "/l")), Contents: [][]byte{[]byte("x")}, Args: args{"_content": modulestest.Ref([]byte("x")), "src": "/c/x.j2", "dest": "/l",
			"follow": true}, Files: map[string]string{"/x": "x"}, Meddle: put("/x", "y", 0o600)},
		{Name: "only once", Setup: put("/x", "old", 0o644), Contents: [][]byte{[]byte("x")}, Args: args{"_content": modulestest.Ref([]byte("x")), "src": "/c/x.j2", "dest": "/x", "force": false}, Unchanged: true},
		{Name: "remote_src", Args: args{"src": "/c/x.j2", "dest": "/x", "remote_src": true}, Failed: "Unsupported parameters for (template) module: remote_src"},
	})
}
