package hostorder

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	want := []string{"10.0.0.2", "10.0.0.10", "db", "db1", "db01", "db2", "web-2", "web-10", "web2.a", "web2.b", "web10.a", "web99999999999999999998", "web99999999999999999999", "webx"}
	got := slices.Clone(want)
	for range 20 {
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, Compare)
		if !slices.Equal(got, want) {
			t.Fatalf("got %q", got)
		}
	}
	if Compare("a1", "a1") != 0 || Compare("a1", "a01") == 0 {
		t.Error("only equal names are equal")
	}
}
