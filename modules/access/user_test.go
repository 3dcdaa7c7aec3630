package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

const hash = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"

// peopled gives the throw-away machine passwords, a skeleton and a home.
func peopled(t *testing.T, s sys.System) {
	shadowed(t, s)
	modulestest.Dir(t, s, "/etc/skel")
	modulestest.Write(t, s, "/etc/skel/.profile", "# hello\n", 0o644)
	modulestest.Dir(t, s, "/home/alice")
	if err := s.Lchown("/home/alice", 1000, 1000); err != nil {
		t.Fatal(err)
	}
}

func line(t *testing.T, s sys.System, file, name string) string {
	t.Helper()
	data, err := s.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") })
	if i < 0 {
		return ""
	}
	return lines[i]
}

// keyed is a case whose ssh-keygen makes a pair of files.
func keyed(name string, a map[string]any, file string) modulestest.Case {
	var machine sys.System
	return modulestest.Case{Name: name, Args: a,
		Setup: func(t *testing.T, s sys.System) { machine = s; peopled(t, s) },
		Machine: func(t *testing.T) ([]sys.RootedOption, func() string) {
			fake := sys.NewFakeCommands().On("ssh-keygen -l", sys.Output{Stdout: []byte("256 SHA256:x mine (ED25519)\n")})
			fake.OnFunc("ssh-keygen -q", func(c sys.Command) (sys.Output, error) {
				to := c.Argv[slices.Index(c.Argv, "-f")+1]
				modulestest.Write(t, machine, to, "private\n", 0o600)
				modulestest.Write(t, machine, to+".pub", "ssh-ed25519 AAAA mine\n", 0o644)
				return sys.Output{}, nil
			})
			return []sys.RootedOption{fake.Option()}, nil
		},
		Result: map[string]any{"ssh_key_file": file, "ssh_public_key": "ssh-ed25519 AAAA mine", "ssh_fingerprint": "256 SHA256:x mine (ED25519)"},
		Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, file+".pub", "another\n", 0o644) },
	}
}

func TestUser(t *testing.T) {
	modulestest.Run(t, access.User(), []modulestest.Case{
		keyed("key", map[string]any{"name": "alice", "generate_ssh_key": true, "ssh_key_type": "ed25519", "ssh_key_comment": "mine"}, "/home/alice/.ssh/id_ed25519"),
		keyed("key of a new account", map[string]any{"name": "carol", "generate_ssh_key": true, "ssh_key_file": "/etc/carol.key"}, "/etc/carol.key"),
		{Name: "number twice", Setup: peopled, Args: map[string]any{"name": "alias", "uid": 1000, "non_unique": true, "create_home": false}},
		{Name: "new", Setup: peopled, Args: map[string]any{"name": "bob", "comment": "Bob", "groups": "staff", "shell": "/bin/bash"},
			Result: map[string]any{"name": "bob", "state": "present", "uid": 1001, "group": 1001, "comment": "Bob", "home": "/home/bob",
				"shell": "/bin/bash", "groups": "staff", "system": false, "create_home": true},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if got := line(t, s, "/etc/passwd", "bob"); got != "bob:x:1001:1001:Bob:/home/bob:/bin/bash" {
					t.Errorf("passwd: %s", got)
				}
				if got := line(t, s, "/etc/group", "staff"); got != "staff:x:50:alice,bob" {
					t.Errorf("group: %s", got)
				}
				if st, err := s.Stat("/home/bob/.profile"); err != nil || st.UID != 1001 || st.GID != 1001 {
					t.Errorf("home: %+v, %v", st, err)
				}
				if got := line(t, s, "/etc/shadow", "bob"); !strings.HasPrefix(got, "bob:!:") || !strings.HasSuffix(got, ":0:99999:7:::") {
					t.Errorf("shadow: %s", got)
				}
			},
			Meddle: func(t *testing.T, s sys.System) {
				data, err := s.ReadFile("/etc/passwd")
				if err != nil {
					t.Fatal(err)
				}
				modulestest.Write(t, s, "/etc/passwd", strings.ReplaceAll(string(data), "Bob:", "Robert:"), 0o644)
			}},
		{Name: "system", Setup: peopled, Args: map[string]any{"name": "svc", "system": true, "create_home": false, "home": "/srv/svc", "shell": "/bin/false"},
			Result: map[string]any{"uid": 999, "group": 999, "home": "/srv/svc", "system": true}},
		{Name: "details", Setup: peopled, Args: map[string]any{"name": "bob", "uid": 1500, "group": "staff", "password": hash, "expires": 86400.0 * 20000,
			"password_expire_max": 30, "password_expire_min": 2, "password_expire_warn": 5, "password_expire_account_disable": 9},
			Result: map[string]any{"uid": 1500, "group": 50, "password": "NOT_LOGGING_PASSWORD"},
			Check: func(t *testing.T, s sys.System, res modules.Result) {
				f := strings.Split(line(t, s, "/etc/shadow", "bob"), ":")
				if f[1] != hash || strings.Join(f[3:], ":") != "2:30:5:9:20000:" {
					t.Errorf("shadow: %v", f)
				}
				if strings.Contains(modules.PyRepr(map[string]any(res)), hash) {
					t.Errorf("the result holds the password: %v", res)
				}
			}},
		{Name: "locked", Setup: peopled, Args: map[string]any{"name": "bob", "password": hash, "password_lock": true},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if got := line(t, s, "/etc/shadow", "bob"); !strings.HasPrefix(got, "bob:!"+hash) {
					t.Errorf("shadow: %s", got)
				}
			}},
		{Name: "as it is", Setup: peopled, Args: map[string]any{"name": "alice", "uid": 1000, "groups": "staff", "shell": "/bin/bash", "comment": "Alice"},
			Unchanged: true, Result: map[string]any{"append": false, "move_home": false, "uid": 1000, "comment": "Alice", "home": "/home/alice"}},
		{Name: "changes", Setup: peopled, Args: map[string]any{"name": "alice", "uid": 1010, "groups": []any{}, "shell": "/bin/sh", "comment": "A", "group": "staff"},
			Result: map[string]any{"uid": 1010, "group": 50, "shell": "/bin/sh", "comment": "A", "groups": ""},
			Files:  map[string]string{"/etc/group": "root:x:0:\ndaemon:x:1:\nstaff:x:50:\nalice:x:1000:\n"}},
		{Name: "one more group", Setup: peopled, Args: map[string]any{"name": "alice", "groups": "daemon", "append": true},
			Files: map[string]string{"/etc/group": "root:x:0:\ndaemon:x:1:alice\nstaff:x:50:alice\nalice:x:1000:\n"}},
		{Name: "groups by number", Setup: peopled, Args: map[string]any{"name": "alice", "groups": "50"}, Unchanged: true},
		{Name: "moved home", Setup: peopled, Args: map[string]any{"name": "alice", "home": "/srv/al", "move_home": true},
			Result: map[string]any{"home": "/srv/al", "move_home": true}},
		{Name: "other home", Setup: peopled, Args: map[string]any{"name": "alice", "home": "/srv/al"}, Result: map[string]any{"home": "/srv/al"}},
		{Name: "missing home", Setup: shadowed, Args: map[string]any{"name": "alice"}, Result: map[string]any{"home": "/home/alice"}},
		{Name: "lock", Setup: peopled, Args: map[string]any{"name": "alice", "password_lock": true},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if got := line(t, s, "/etc/shadow", "alice"); got != "alice:!$6$salt$hash:19000:0:99999:7:::" {
					t.Errorf("shadow: %s", got)
				}
			}},
		{Name: "unlocked already", Setup: peopled, Args: map[string]any{"name": "alice", "password_lock": false}, Unchanged: true},
		{Name: "password on create", Setup: peopled, Args: map[string]any{"name": "alice", "password": hash, "update_password": "on_create"}, Unchanged: true},
		{Name: "password", Setup: peopled, Args: map[string]any{"name": "alice", "password": hash}},
		{Name: "no date", Setup: peopled, Args: map[string]any{"name": "alice", "expires": -1}, Unchanged: true},
		{Name: "no shadow line", Setup: func(t *testing.T, s sys.System) {
			peopled(t, s)
			modulestest.Write(t, s, "/etc/shadow", "root:*:19000:0:99999:7:::\n", 0o640)
		}, Args: map[string]any{"name": "alice", "expires": -1}},
		{Name: "absent", Setup: peopled, Args: map[string]any{"name": "alice", "state": "absent"}, Result: map[string]any{"force": false, "remove": false, "state": "absent"},
			Files: map[string]string{"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
				"/etc/group": "root:x:0:\ndaemon:x:1:\nstaff:x:50:\n"}},
		{Name: "absent with home", Setup: peopled, Args: map[string]any{"name": "alice", "state": "absent", "remove": true}, NoUndo: true,
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if _, err := s.Stat("/home/alice"); err == nil {
					t.Error("the home is still there")
				}
			}},
		{Name: "home of nothing", Setup: func(t *testing.T, s sys.System) {
			peopled(t, s)
			modulestest.Dir(t, s, "/dev")
			modulestest.Write(t, s, "/dev/null", "", 0o666)
		}, Args: map[string]any{"name": "bob", "skeleton": "/dev/null"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				if entries, err := s.ReadDir("/home/bob"); err != nil || len(entries) > 0 {
					t.Errorf("the home holds %v, %v", entries, err)
				}
			}},
		{Name: "not there", Args: map[string]any{"name": "bob", "state": "absent"}, Unchanged: true},
		{Name: "no group", Setup: peopled, Args: map[string]any{"name": "alice", "groups": "nope"}, Failed: "Group nope does not exist"},
		{Name: "no primary group", Setup: peopled, Args: map[string]any{"name": "bob", "group": "nope"}, Failed: "Group nope does not exist", NoCheck: true},
		{Name: "taken uid", Setup: peopled, Args: map[string]any{"name": "bob", "uid": 1000}, Failed: "is not unique", NoCheck: true},
		{Name: "bad name", Args: map[string]any{"name": "a:b"}, Failed: "no name for a user"},
		{Name: "umask and local", Args: map[string]any{"name": "bob", "umask": "077", "local": true}, Failed: "'umask' can not be used with 'local'"},
	})
}

// On a machine with the usual programs the module runs them, and no command line holds the password.
func TestUserPrograms(t *testing.T) {
	tests := []struct {
		name string
		args map[string]any
		want []string
	}{
		{"new", map[string]any{"name": "bob", "uid": 5, "non_unique": true, "group": "staff", "groups": "daemon,root", "comment": "B", "home": "/srv/x/bob",
			"shell": "/bin/sh", "expires": 86400, "password": hash, "skeleton": "/etc/sk", "umask": "077", "system": true, "uid_min": 3},
			[]string{"useradd -u 5 -o -g staff -G daemon,root -c B -d /srv/x/bob -s /bin/sh -e 1970-01-02 -K UID_MIN=3 -m -k /etc/sk -K UMASK=077 -r bob"}},
		{"plain", map[string]any{"name": "bob", "create_home": false}, []string{"useradd -M bob"}},
		{"own group there", map[string]any{"name": "staff"}, []string{"useradd -N -m staff"}},
		{"changed", map[string]any{"name": "alice", "uid": 7, "group": "staff", "groups": "daemon", "append": true, "home": "/h", "move_home": true, "shell": "/s", "expires": 86400},
			[]string{"usermod -u 7 -g 50 -a -G daemon -d /h -m -s /s -e 1970-01-02 alice"}},
		{"groups", map[string]any{"name": "alice", "groups": "daemon"}, []string{"usermod -G daemon alice"}},
		{"lock", map[string]any{"name": "alice", "password_lock": true}, []string{"usermod -L alice"}},
		{"password", map[string]any{"name": "alice", "password": hash}, []string{"chpasswd -e"}},
		{"aging", map[string]any{"name": "alice", "password_expire_max": 5, "password_expire_min": 1}, []string{"chage -m 1 -M 5 alice"}},
		{"removed", map[string]any{"name": "alice", "state": "absent", "force": true, "remove": true}, []string{"userdel -f -r alice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := sys.NewFakeCommands()
			for _, program := range []string{"useradd", "usermod", "userdel", "chpasswd", "chage"} {
				fake.On(program, sys.Output{Code: 1, Stderr: []byte("no")})
			}
			s := modulestest.NewMachine(t, fake.Option())
			peopled(t, s)
			access.User().Run(t.Context(), &modules.Call{Sys: s, Args: tt.args})
			if got := fake.Lines(); !slices.Equal(got, tt.want) {
				t.Errorf("ran %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUserWarnsOfPlainPasswords(t *testing.T) {
	for password, warned := range map[string]bool{hash: false, "*": false, "!": false, "secret": true, "$6$salt$short": true, "$1$a": true} {
		s := modulestest.NewMachine(t)
		res := access.User().Run(t.Context(), &modules.Call{Sys: s, Check: true, Args: map[string]any{"name": "bob", "password": password}})
		if _, has := res["warnings"]; has != warned {
			t.Errorf("password %q: warnings %v", password, res["warnings"])
		}
	}
}

// A key that lies where a new account's home will be is not overwritten.
func TestUserKeepsAKeyThatIsThere(t *testing.T) {
	s := modulestest.NewMachine(t)
	peopled(t, s)
	for _, dir := range []string{"/home/bob", "/home/bob/.ssh"} {
		modulestest.Dir(t, s, dir)
	}
	modulestest.Write(t, s, "/home/bob/.ssh/id_rsa.pub", "mine\n", 0o644)
	res := access.User().Run(t.Context(), &modules.Call{Sys: s, Args: map[string]any{"name": "bob", "generate_ssh_key": true}})
	if data, err := s.ReadFile("/home/bob/.ssh/id_rsa.pub"); res.Failed() || err != nil || string(data) != "mine\n" {
		t.Errorf("%q, %v, %v", data, err, res)
	}
}
