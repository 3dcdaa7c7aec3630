package modules

import (
	"strings"
	"testing"
)

func TestStateDifference(t *testing.T) {
	type node struct {
		Path string
		Perm int
		Sum  string `json:"SHA256"`
	}
	type state struct {
		Nodes    []node `json:"Nodes"`
		Password string `json:"password,omitempty"`
		A, B, C  string
	}
	was := state{Nodes: []node{{Path: "/etc/a.conf", Perm: 0o640, Sum: strings.Repeat("ab", 32)}}}
	for _, c := range []struct {
		name string
		now  func(*state)
		want string
	}{
		{"nothing", func(*state) {}, ""},
		{"content", func(s *state) { s.Nodes = []node{{Path: "/etc/a.conf", Perm: 0o640, Sum: strings.Repeat("0c", 32)}} },
			"/etc/a.conf.sha256: wanted abababababab…, found 0c0c0c0c0c0c…"},
		{"mode", func(s *state) { s.Nodes = []node{{Path: "/etc/a.conf", Perm: 0o600, Sum: was.Nodes[0].Sum}} },
			"/etc/a.conf.perm: wanted 0640, found 0600"},
		{"gone", func(s *state) { s.Nodes = nil }, "/etc/a.conf: wanted {"},
		{"password", func(s *state) { s.Password = "$6$hash" }, "password: wanted " + PyRepr(Hidden) + ", found " + PyRepr(Hidden)},
		{"many", func(s *state) { s.A, s.B, s.C, s.Nodes = "1", "2", strings.Repeat("x", 100), nil },
			"a: wanted '', found '1'; b: wanted '', found '2'; c: wanted '', found '" + strings.Repeat("x", 78) + "…; and 1 more"},
	} {
		now := was
		c.now(&now)
		got := stateDifference(was, now)
		if got != c.want && !(strings.HasSuffix(c.want, "{") && strings.HasPrefix(got, c.want) && strings.HasSuffix(got, ", found nothing")) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
