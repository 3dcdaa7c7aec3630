package dpkg

import "testing"

func TestVersionsOrderAsDpkgOrdersThem(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "1.0", 0}, {"1.0", "1.1", -1}, {"1.10", "1.9", 1}, {"1.0-1", "1.0-2", -1}, {"1:0.1", "9", 1}, {"0:1", "1", 0}, {"1.0~rc1", "1.0", -1},
		{"1.0~~", "1.0~", -1}, {"1.0a", "1.0", 1}, {"1.0+b1", "1.0", 1}, {"1.0a", "1.0+", -1}, {"1.0-1", "1.0", 1}, {"1.0-0", "1.0", 0}, {"2-1-1", "2-1", 1},
		{"00012", "12", 0}, {"1.2.3-4ubuntu5", "1.2.3-4ubuntu5.1", -1}, {"7.88.1-10+deb12u15", "7.88.1-10+deb12u5", 1}, {"", "0", 0}, {"a", "b", -1}, {"1", "1a~", -1},
		{"99999999999999999999999", "99999999999999999999998", 1},
	} {
		if got := sign(CompareVersions(c.a, c.b)); got != c.want {
			t.Errorf("%s and %s: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := sign(CompareVersions(c.b, c.a)); got != -c.want {
			t.Errorf("%s and %s: got %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	default:
		return 0
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1:2.3~rc1-4", "1:2.3-4+b1", "2")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, bc, ac := sign(CompareVersions(a, b)), sign(CompareVersions(b, c)), sign(CompareVersions(a, c))
		if ab != -sign(CompareVersions(b, a)) || CompareVersions(a, a) != 0 {
			t.Fatalf("%q and %q: no order", a, b)
		}
		if ab == bc && ab != ac && ab != 0 {
			t.Fatalf("%q, %q, %q: not transitive", a, b, c)
		}
	})
}
