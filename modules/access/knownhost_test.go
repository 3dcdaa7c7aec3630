package access

import (
	"strings"
	"testing"
)

func FuzzKnownHosts(f *testing.F) {
	f.Add("a.example ssh-rsa AAA\n", "a.example", "a.example ssh-rsa BBB")
	f.Add("|1|x|y ssh-rsa A", "!a,*", "@revoked a k v")
	f.Fuzz(func(t *testing.T, content, name, key string) {
		p := KnownHostsParams{Name: name, Key: key, State: "present"}
		if key == "" || validateKnownHosts(&p) != nil {
			return
		}
		line := strings.TrimSuffix(key, "\n") + "\n"
		once := editKnownHosts(p, line, content)
		if twice := editKnownHosts(p, line, once); twice != once {
			t.Fatalf("%q of %q: %q, then %q", key, name, once, twice)
		}
	})
}
