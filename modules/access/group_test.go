package access_test

import (
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

// shadowed gives the throw-away machine the files that hold passwords.
func shadowed(t *testing.T, s sys.System) {
	modulestest.Write(t, s, "/etc/shadow", "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nalice:$6$salt$hash:19000:0:99999:7:::\n", 0o640)
	modulestest.Write(t, s, "/etc/gshadow", "root:*::\ndaemon:*::\nstaff:!::alice\nalice:!::\n", 0o640)
}

func TestGroup(t *testing.T) {
	modulestest.Run(t, access.Group(), []modulestest.Case{
		{Name: "new", Setup: shadowed, Args: map[string]any{"name": "web"},
			Result: map[string]any{"name": "web", "state": "present", "gid": 1001, "system": false},
			Files: map[string]string{
				"/etc/group":   "root:x:0:\ndaemon:x:1:\nstaff:x:50:alice\nalice:x:1000:\nweb:x:1001:\n",
				"/etc/gshadow": "root:*::\ndaemon:*::\nstaff:!::alice\nalice:!::\nweb:!::\n"},
			Meddle: func(t *testing.T, s sys.System) {
				modulestest.Write(t, s, "/etc/group", "root:x:0:\nweb:x:77:\n", 0o644)
			}},
		{Name: "without gshadow", Args: map[string]any{"name": "web", "gid": 7000}, Result: map[string]any{"gid": 7000}},
		{Name: "system", Args: map[string]any{"name": "web", "system": true}, Result: map[string]any{"gid": 999, "system": true}},
		{Name: "range", Args: map[string]any{"name": "web", "gid_min": 5000, "gid_max": 5010}, Result: map[string]any{"gid": 5000}},
		{Name: "there", Args: map[string]any{"name": "staff", "gid": 50}, Unchanged: true, Result: map[string]any{"gid": 50}},
		{Name: "other number", Setup: shadowed, Args: map[string]any{"name": "staff", "gid": 60}, Result: map[string]any{"gid": 60},
			Files: map[string]string{"/etc/group": "root:x:0:\ndaemon:x:1:\nstaff:x:60:alice\nalice:x:1000:\n"}},
		{Name: "number of a primary group", Setup: shadowed, Args: map[string]any{"name": "alice", "gid": 60}, Result: map[string]any{"gid": 60}},
		{Name: "number of another", Args: map[string]any{"name": "web", "gid": 50}, Failed: "GID '50' already exists with group 'staff'", NoCheck: true},
		{Name: "number shared", Args: map[string]any{"name": "web", "gid": 50, "non_unique": true}, Result: map[string]any{"gid": 50}},
		{Name: "non_unique alone", Args: map[string]any{"name": "web", "non_unique": true}, Failed: "gid"},
		{Name: "absent", Setup: shadowed, Args: map[string]any{"name": "staff", "state": "absent"},
			Result: map[string]any{"name": "staff", "state": "absent"},
			Files:  map[string]string{"/etc/group": "root:x:0:\ndaemon:x:1:\nalice:x:1000:\n", "/etc/gshadow": "root:*::\ndaemon:*::\nalice:!::\n"}},
		{Name: "not there", Args: map[string]any{"name": "web", "state": "absent"}, Unchanged: true},
		{Name: "primary", Args: map[string]any{"name": "alice", "state": "absent"}, Failed: "primary group of user 'alice'", NoCheck: true},
		{Name: "primary by force", Args: map[string]any{"name": "alice", "state": "absent", "force": true}},
		{Name: "local in a range", Args: map[string]any{"name": "web", "local": true, "gid_max": 5}, Failed: "'gid_max' can not be used with 'local'"},
		{Name: "local", Args: map[string]any{"name": "web", "local": true}, Result: map[string]any{"gid": 1001}},
	})
}

// A machine with the usual programs is changed by them.
func TestGroupPrograms(t *testing.T) {
	tests := []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"name": "web", "gid": 7, "system": true, "non_unique": true}, "groupadd -g 7 -o -r web"},
		{map[string]any{"name": "web", "gid_min": 5, "gid_max": 9}, "groupadd -K GID_MIN=5 -K GID_MAX=9 web"},
		{map[string]any{"name": "staff", "gid": 7, "non_unique": true}, "groupmod -g 7 -o staff"},
		{map[string]any{"name": "staff", "state": "absent"}, "groupdel staff"},
		{map[string]any{"name": "staff", "state": "absent", "force": true}, "groupdel -f staff"},
	}
	for _, tt := range tests {
		fake := sys.NewFakeCommands().On("groupadd", sys.Output{Code: 9, Stderr: []byte("no\n")}).
			On("groupmod", sys.Output{Code: 9, Stderr: []byte("no\n")}).On("groupdel", sys.Output{Code: 9, Stderr: []byte("no\n")})
		s := modulestest.NewMachine(t, fake.Option())
		res := access.Group().Run(t.Context(), &modules.Call{Sys: s, Args: tt.args})
		if lines := fake.Lines(); len(lines) != 1 || lines[0] != tt.want {
			t.Errorf("ran %q, want %q", lines, tt.want)
		}
		if !res.Failed() || res["msg"] != "no\n" || res["name"] != tt.args["name"] {
			t.Errorf("result %v", res)
		}
	}
}

func TestGroupCheckModeTellsOnlyChanged(t *testing.T) {
	s := modulestest.NewMachine(t)
	res := access.Group().Run(t.Context(), &modules.Call{Sys: s, Check: true, Args: map[string]any{"name": "web", "gid": 5}})
	if _, has := res["gid"]; has || !res.Changed() {
		t.Errorf("result %v", res)
	}
}
