package password

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	hash := Hash("correct horse")
	for _, c := range []struct {
		hash, password string
		ok             bool
	}{
		{hash, "correct horse", true}, {hash, "wrong", false},
		{"$2a$04$Zf5yX9Y4T1vK6fCq2rQ0yOeD8n4n4mQ9Zy6oQ0gT1S3vTg9pQ1a2e", "wrong", false},
	} {
		if ok, err := Verify(c.hash, c.password); ok != c.ok || err != nil && strings.HasPrefix(c.hash, "$argon") {
			t.Errorf("%s with %q: %v, %v", c.hash, c.password, ok, err)
		}
	}
	if err := Check(hash); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "$1$x", "$argon2id$v=1$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=99999999,t=1,p=1$AA$AA", "$argon2id$v=19$m=1,t=1,p=1$!$!", "$argon2id$…", "$2a$10$abc"} {
		if ok, err := Verify(bad, "x"); ok || err == nil || Check(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
