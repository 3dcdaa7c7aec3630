package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

const (
	keyA  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA alice@one"
	keyB  = "ssh-rsa AAAAB3NzaC1yc2EAAAB bob smith"
	kfile = "/home/alice/.ssh/authorized_keys"
)

func withKeys(content string) func(*testing.T, sys.System) {
	return func(t *testing.T, s sys.System) {
		peopled(t, s)
		modulestest.Dir(t, s, "/home/alice/.ssh")
		if err := s.Lchown("/home/alice/.ssh", 1000, 1000); err != nil {
			t.Fatal(err)
		}
		if err := s.Chmod("/home/alice/.ssh", 0o700); err != nil {
			t.Fatal(err)
		}
		modulestest.Write(t, s, kfile, content, 0o600)
		if err := s.Lchown(kfile, 1000, 1000); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAuthorizedKey(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(keyA + "\n" + keyB + "\n"))
	}))
	defer server.Close()
	modulestest.Run(t, access.AuthorizedKey(), []modulestest.Case{
		{Name: "first", Setup: peopled, Args: map[string]any{"user": "alice", "key": keyA},
			Result: map[string]any{"user": "alice", "key": keyA, "keyfile": kfile, "path": nil, "manage_dir": true, "exclusive": false, "state": "present", "changed": true},
			Files:  map[string]string{kfile: keyA + "\n"},
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				dir, err := s.Stat("/home/alice/.ssh")
				file, err2 := s.Stat(kfile)
				if err != nil || err2 != nil || dir.Perm != 0o700 || dir.UID != 1000 || file.Perm != 0o600 || file.UID != 1000 {
					t.Errorf("%+v %v, %+v %v", dir, err, file, err2)
				}
			},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, kfile, keyB+"\n", 0o600) }},
		{Name: "there", Setup: withKeys("# mine\n" + keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyA}, Unchanged: true},
		{Name: "one more", Setup: withKeys("# mine\n\n" + keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyB},
			Files: map[string]string{kfile: "# mine\n\n" + keyA + "\n" + keyB + "\n"}},
		{Name: "several", Setup: withKeys(""), Args: map[string]any{"user": "alice", "key": "# two\n" + keyA + "\n" + keyB + "\n"},
			Files: map[string]string{kfile: keyA + "\n" + keyB + "\n"}},
		{Name: "from an address", Setup: withKeys(""), Args: map[string]any{"user": "alice", "key": server.URL + "/keys"},
			Files: map[string]string{kfile: keyA + "\n" + keyB + "\n"}},
		{Name: "address without keys", Setup: withKeys(""), Args: map[string]any{"user": "alice", "key": server.URL}, Failed: "Error getting key from"},
		{Name: "options", Setup: withKeys(keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyA, "key_options": `no-pty,from="a,b"`},
			Files: map[string]string{kfile: `no-pty,from="a,b" ` + keyA + "\n"}},
		{Name: "options in another order", Setup: withKeys(`from="a,b",no-pty ` + keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyA, "key_options": `no-pty,from="a,b"`}, Unchanged: true},
		{Name: "comment", Setup: withKeys(keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyA, "comment": "new"},
			Files: map[string]string{kfile: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA new\n"}},
		{Name: "exclusive", Setup: withKeys("# mine\n" + keyA + "\n"), Args: map[string]any{"user": "alice", "key": keyB, "exclusive": true},
			Files: map[string]string{kfile: keyB + "\n"}},
		{Name: "absent", Setup: withKeys(keyA + "\n" + keyB + "\n"), Args: map[string]any{"user": "alice", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", "state": "absent"},
			Files: map[string]string{kfile: keyB + "\n"}},
		{Name: "not there", Setup: withKeys(keyB + "\n"), Args: map[string]any{"user": "alice", "key": keyA, "state": "absent"}, Unchanged: true},
		{Name: "other file", Setup: peopled, Args: map[string]any{"user": "alice", "key": keyA, "path": "/etc/ssh/keys/alice", "manage_dir": false},
			Files: map[string]string{"/etc/ssh/keys/alice": keyA + "\n"}, NoUndo: true},
		{Name: "bad key", Setup: peopled, Args: map[string]any{"user": "alice", "key": "nonsense"}, Failed: "invalid key specified: nonsense"},
		{Name: "nobody", Args: map[string]any{"user": "zoe", "key": keyA}, Failed: "lookup user zoe", NoCheck: true},
	})
}
