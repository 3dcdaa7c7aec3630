package netaddr

import (
	"math/big"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want, network string }{
		{"192.168.1.5", "192.168.1.5/32", "192.168.1.5/32"},
		{"192.168.1.5/24", "192.168.1.5/24", "192.168.1.0/24"},
		{"192.168.1.5/255.255.0.0", "192.168.1.5/16", "192.168.0.0/16"},
		{"192.168.1.5/0.0.0.255", "192.168.1.5/24", "192.168.1.0/24"},
		{"10/8", "10.0.0.0/8", "10.0.0.0/8"},
		{"2001:db8::1/64", "2001:db8::1/64", "2001:db8::/64"},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4/128", "::ffff:1.2.3.4/128"},
	} {
		n, err := Parse(c.text)
		if err != nil || n.String() != c.want || n.Network().String() != c.network {
			t.Errorf("%s: got %s in %s, %v", c.text, n, n.Network(), err)
		}
	}
	for _, text := range []string{"", "x", "1.2.3.4/33", "1.2.3.4/255.0.255.0", "1.2.3.4.5", "::1/129", "fe80::1%eth0", "1.2.3.4/::1"} {
		if n, err := Parse(text); err == nil {
			t.Errorf("%q reads as %s", text, n)
		}
	}
}

func TestMAC(t *testing.T) {
	want, err := ParseMAC("1a:2b:3c:4d:5e:06")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1A-2B-3C-4D-5E-06", "1a2b.3c4d.5e06", "1a2b3c:4d5e06", "1a2b3c4d5e06", "1a:2b:3c:4d:5e:6"} {
		if got, err := ParseMAC(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	if m, err := ParseMAC("1a:2b"); err == nil {
		t.Errorf("half an address reads as %v", m)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "::1", "1/2", "1.2.3.4/255.255.255.0", "::ffff:1.2.3.4/100"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(n.String())
		if err != nil || again.IP.Cmp(n.IP) != 0 || again.Prefix != n.Prefix {
			t.Fatalf("%q reads as %s, which reads as %s, %v", s, n, again, err)
		}
		if new(big.Int).Sub(n.Last(), n.First()).Cmp(n.Hostmask()) != 0 {
			t.Fatalf("%s: from %v to %v", n, n.First(), n.Last())
		}
	})
}
