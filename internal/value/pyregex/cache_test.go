package pyregex

import (
	"strconv"
	"testing"
)

func TestCache(t *testing.T) {
	c := NewCache(4)
	a, err := c.Compile("a+", Flags{})
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Compile("a+", Flags{}); again != a {
		t.Error("a pattern is compiled twice")
	}
	if other, _ := c.Compile("a+", Flags{IgnoreCase: true}); other == a {
		t.Error("the flags are ignored")
	}
	if _, err := c.Compile("(", Flags{}); err == nil {
		t.Error("a wrong pattern compiles")
	}
	for i := range 100 {
		if _, err := c.Compile("x"+strconv.Itoa(i), Flags{}); err != nil {
			t.Fatal(err)
		}
		if len(c.known) > 4 {
			t.Fatalf("%d patterns are kept", len(c.known))
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile(`^(?P<name>[\w.-]+)=(\d+|"[^"]*")$`, Flags{}); err != nil {
			b.Fatal(err)
		}
	}
}
