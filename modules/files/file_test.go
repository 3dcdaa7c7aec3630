package files

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

type (
	cases = []modulestest.Case
	args  = map[string]any
)

func put(path, content string, perm uint32) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) { modulestest.Write(t, s, path, content, perm) }
}

func append_(path, more string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		b, err := s.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		modulestest.Write(t, s, path, string(b)+more, 0o644)
	}
}

func both(fs ...func(*testing.T, sys.System)) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		for _, f := range fs {
			f(t, s)
		}
	}
}

func dirs(paths ...string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		for _, p := range paths {
			modulestest.Dir(t, s, p)
		}
	}
}

func link(target, path string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		if err := s.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(path string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		if err := s.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFile(t *testing.T) {
	tree := both(dirs("/srv", "/srv/a", "/srv/a/b"), put("/srv/a/f", "one", 0o640), put("/srv/a/b/g", "two", 0o600), link("f", "/srv/a/l"))
	modulestest.Run(t, File(), cases{
		{Name: "directory with parents", Args: args{"path": "/srv/app/x", "state": "directory", "mode": "0750", "owner": "alice", "group": "staff"},
			Result: args{"path": "/srv/app/x", "mode": "0750", "owner": "alice", "group": "staff", "uid": 1000, "gid": 50, "state": "directory", "changed": true},
			Meddle: func(t *testing.T, s sys.System) { _ = s.Chmod("/srv/app/x", 0o700) }},
		{Name: "directory there", Setup: dirs("/srv"), Args: args{"path": "/srv", "state": "directory"}, Unchanged: true},
		{Name: "directory is a file", Setup: put("/srv", "", 0o644), Args: args{"path": "/srv", "state": "directory"}, Failed: "/srv already exists as a file"},
		{Name: "mode", Setup: put("/f", "x", 0o600), Args: args{"path": "/f", "mode": "u=rw,g=r,o=r"}, Result: args{"mode": "0644", "state": "file", "size": 1},
			Meddle: func(t *testing.T, s sys.System) { _ = s.Chmod("/f", 0o755) }},
		{Name: "owner", Setup: put("/f", "x", 0o600), Args: args{"path": "/f", "owner": 1000, "group": "daemon"}, Result: args{"owner": "alice", "gid": 1}},
		{Name: "recurse", Setup: tree, Args: args{"path": "/srv", "state": "directory", "recurse": true, "owner": "alice", "mode": "u=rwX,g=rX,o="}},
		{Name: "absent file", Setup: put("/f", "content\n", 0o4755), Args: args{"path": "/f", "state": "absent"}, Result: args{"state": "absent", "path": "/f"}, Meddle: put("/f", "another", 0o644)},
		{Name: "absent tree", Setup: tree, Args: args{"path": "/srv/a", "state": "absent"}, Meddle: dirs("/srv/a")},
		{Name: "absent link", Setup: tree, Args: args{"path": "/srv/a/l", "state": "absent"}},
		{Name: "absent already", Args: args{"path": "/nothing", "state": "absent"}, Unchanged: true},
		{Name: "touch", Args: args{"path": "/t", "state": "touch", "mode": "0600"}, Repeats: true, Result: args{"dest": "/t", "mode": "0600", "state": "file"}, Meddle: put("/t", "x", 0o600)},
		{Name: "touch preserving", Setup: put("/t", "x", 0o644), Args: args{"path": "/t", "state": "touch", "access_time": "preserve", "modification_time": "preserve"}, Unchanged: true},
		{Name: "times", Setup: put("/t", "x", 0o644), Args: args{"path": "/t", "modification_time": "202001020304.05"}},
		{Name: "link", Setup: put("/f", "x", 0o644), Args: args{"src": "/f", "dest": "/l", "state": "link"}, Result: args{"dest": "/l", "src": "/f", "state": "link"}, Meddle: both(remove("/l"), link("/elsewhere", "/l"))},
		{Name: "link retargeted", Setup: both(put("/f", "x", 0o644), link("/old", "/l")), Args: args{"src": "f", "dest": "/l", "state": "link"}},
		{Name: "link with attributes of the target", Setup: both(put("/f", "x", 0o644), link("/f", "/l")), Args: args{"src": "/f", "dest": "/l", "state": "link", "mode": "0600"}},
		{Name: "dangling link", Args: args{"src": "/none", "dest": "/l", "state": "link"}, Failed: "src file does not exist"},
		{Name: "dangling link forced", Args: args{"src": "/none", "dest": "/l", "state": "link", "force": true}},
		{Name: "link over a file", Setup: both(put("/f", "x", 0o644), put("/l", "y", 0o640)), Args: args{"src": "/f", "dest": "/l", "state": "link"}, Failed: "refusing to convert from file to symlink"},
		{Name: "link over a file forced", Setup: both(put("/f", "x", 0o644), put("/l", "y", 0o640)), Args: args{"src": "/f", "dest": "/l", "state": "link", "force": true}},
		{Name: "link over an empty folder forced", Setup: both(put("/f", "x", 0o644), dirs("/l")), Args: args{"src": "/f", "dest": "/l", "state": "link", "force": true}},
		{Name: "relative link over an empty folder forced", Setup: both(put("/f", "x", 0o644), dirs("/l")), Args: args{"src": "f", "dest": "/l", "state": "link", "force": true, "mode": "0600"}},
		{Name: "preserve has no source", Setup: put("/f", "x", 0o644), Args: args{"path": "/f", "mode": "preserve"}, Failed: "mode must be in octal or symbolic form"},
		{Name: "below a file", Setup: put("/f", "x", 0o644), Args: args{"path": "/f/x", "state": "directory"}, Failed: "There was an issue creating /f/x as requested: ", NoCheck: true},
		{Name: "link with an owner of its own", Setup: both(put("/f", "x", 0o644), link("/f", "/l")), Args: args{"src": "/f", "dest": "/l", "state": "link", "follow": false, "owner": "alice"},
			Meddle: func(t *testing.T, s sys.System) { _ = s.Lchown("/l", 1, 1) }},
		{Name: "times in a format", Setup: put("/t", "x", 0o644), Args: args{"path": "/t", "modification_time": "2020/01/02", "modification_time_format": "%Y/%m/%d",
			"access_time": "02.01.2099", "access_time_format": "%d.%m.%Y"}},
		{Name: "hard", Setup: put("/f", "x", 0o644), Args: args{"src": "/f", "dest": "/h", "state": "hard"}, Result: args{"dest": "/h", "src": "/f", "state": "hard"}},
		{Name: "hard over a file", Setup: both(put("/f", "x", 0o644), put("/h", "yy", 0o600)), Args: args{"src": "/f", "dest": "/h", "state": "hard", "force": true}},
		{Name: "hard over a file refused", Setup: both(put("/f", "x", 0o644), put("/h", "yy", 0o600)), Args: args{"src": "/f", "dest": "/h", "state": "hard"}, Failed: "Cannot link, file exists at destination"},
		{Name: "file not there", Args: args{"path": "/f", "state": "file"}, Failed: "file (/f) is absent, cannot continue"},
		{Name: "followed", Setup: both(put("/f", "x", 0o644), link("/f", "/l")), Args: args{"path": "/l", "state": "file", "mode": "0600"}, Result: args{"path": "/f", "mode": "0600"}},
		{Name: "src without link", Setup: put("/f", "x", 0o644), Args: args{"path": "/f", "src": "/g"}, Failed: "src option requires state to be 'link' or 'hard'"},
		{Name: "bad mode", Setup: put("/f", "x", 0o644), Args: args{"path": "/f", "mode": "u=q"}, Failed: "mode must be in octal or symbolic form"},
		{Name: "unknown owner", Setup: put("/f", "x", 0o644), Args: args{"path": "/f", "owner": "nobody-here"}, Failed: "chown failed: failed to look up user nobody-here", NoCheck: true},
	})
}
