package access_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/access"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

func TestKnownHosts(t *testing.T) {
	const file = "/etc/known"
	with := func(content string) func(*testing.T, sys.System) {
		return func(t *testing.T, s sys.System) { modulestest.Write(t, s, file, content, 0o640) }
	}
	args := func(more map[string]any) map[string]any {
		all := map[string]any{"path": file, "name": "a.example"}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	const rsa, ed, other = "a.example ssh-rsa AAA", "a.example ssh-ed25519 BBB", "b.example,*.c.example ssh-rsa CCC\n"
	// the name a.example, hashed
	const hashed = "|1|MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=|6ZP9NdqG53yMQETMDXbKXPT6cq0= ssh-rsa AAA\n"
	modulestest.Run(t, access.KnownHosts(), []modulestest.Case{
		{Name: "first", Args: args(map[string]any{"key": rsa}), Files: map[string]string{file: rsa + "\n"},
			Result: map[string]any{"name": "a.example", "key": rsa, "state": "file", "mode": "0644", "hash_host": false, "path": file,
				"diff": map[string]any{"before": "", "after": rsa + "\n", "before_header": "/dev/null", "after_header": file}},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, file, "x", 0o640) }},
		{Name: "own file", Setup: func(t *testing.T, s sys.System) { modulestest.Dir(t, s, "/root/.ssh") }, Args: map[string]any{"name": "a.example", "key": rsa},
			Files: map[string]string{"/root/.ssh/known_hosts": rsa + "\n"}, Result: map[string]any{"path": "/root/.ssh/known_hosts"}},
		{Name: "there", Setup: with(other + rsa + " comment\n"), Args: args(map[string]any{"key": rsa + " other comment"}), Unchanged: true},
		{Name: "another type", Setup: with(rsa), Args: args(map[string]any{"key": ed}), Files: map[string]string{file: rsa + "\n" + ed + "\n"}},
		{Name: "another key", Setup: with(rsa + "\n" + other), Args: args(map[string]any{"key": "a.example ssh-rsa NEW"}), Files: map[string]string{file: other + "a.example ssh-rsa NEW\n"}},
		{Name: "beside an authority", Setup: with("@cert-authority *.example ssh-rsa CA\n"), Args: args(map[string]any{"key": rsa}), Files: map[string]string{file: "@cert-authority *.example ssh-rsa CA\n" + rsa + "\n"}},
		{Name: "hashed there", Setup: with(hashed), Args: args(map[string]any{"key": rsa, "hash_host": true}), Unchanged: true},
		{Name: "hashed", Setup: with(other), Args: args(map[string]any{"key": rsa, "hash_host": true}),
			Check: func(t *testing.T, s sys.System, _ modules.Result) {
				data, err := s.ReadFile(file)
				if lines := strings.Split(string(data), "\n"); err != nil || !strings.HasPrefix(lines[1], "|1|") || !strings.HasSuffix(lines[1], "| ssh-rsa AAA") && !strings.HasSuffix(lines[1], "= ssh-rsa AAA") {
					t.Errorf("%q, %v", data, err)
				}
			}},
		{Name: "absent", Setup: with(rsa + "\n" + ed + "\n@revoked " + rsa + "\n" + other), Args: args(map[string]any{"state": "absent"}), Files: map[string]string{file: "@revoked " + rsa + "\n" + other}},
		{Name: "hashed absent", Setup: with(hashed + other), Args: args(map[string]any{"state": "absent"}), Files: map[string]string{file: other}},
		{Name: "one key absent", Setup: with(rsa + "\n" + ed + "\n"), Args: args(map[string]any{"state": "absent", "key": ed}), Files: map[string]string{file: rsa + "\n"}},
		{Name: "by a pattern", Setup: with(other), Args: map[string]any{"path": file, "name": "X.C.example", "state": "absent"}, Files: map[string]string{file: ""}},
		{Name: "not there", Setup: with(other), Args: args(map[string]any{"state": "absent"}), Unchanged: true},
		{Name: "no file", Args: args(map[string]any{"state": "absent"}), Unchanged: true},
		{Name: "port", Args: map[string]any{"path": file, "name": "[a.example]:2222", "key": "[a.example]:2222 ssh-rsa AAA"}, Files: map[string]string{file: "[a.example]:2222 ssh-rsa AAA\n"}},
		{Name: "no key", Args: args(nil), Failed: "No key specified"},
		{Name: "other host's key", Args: args(map[string]any{"key": "b.example ssh-rsa AAA"}), Failed: "does not match"},
		{Name: "two names", Args: map[string]any{"path": file, "name": "a,b", "key": "a,b ssh-rsa AAA"}, Failed: "Comma separated"},
	})
}
