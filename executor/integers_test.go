package executor

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/modules"
)

func TestGrown(t *testing.T) {
	long := strings.Repeat("9", maxDigits+1)
	d := value.From(map[string]any{
		"serial": "123456789012345678901234567890", "data": map[string]any{"modulus": "18446744073709551616", "name": "x"}, "long": long, "small": "7",
		modules.IntegersKey: []any{[]any{"serial"}, []any{"data", "modulus"}, []any{"data", "name"}, []any{"data"}, []any{"no", "such"}, []any{"long"}, []any{}, "nonsense"},
	}).(*value.Dict)
	grown(d)
	if got, want := value.Repr(d), "{'data': {'modulus': 18446744073709551616, 'name': 'x'}, 'long': '"+long+"', 'serial': 123456789012345678901234567890, 'small': '7'}"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
