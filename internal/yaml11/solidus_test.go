package yaml11

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
)

// TestEscapedSolidus reads \/ in double quotes as /, as PyYAML does, and leaves it as it is in every other text.
func TestEscapedSolidus(t *testing.T) {
	src := strings.Join([]string{
		`plain: a\/b`, `single: 'c\/d'`, `double: "e\/f\\/g\/"`, `two: ["\/", '\/', "x", "\/"]`, `long: "one`, `  \/ two"`, `block: |`, `  "h\/i"`, "",
	}, "\n")
	v, err := Load("x.yml", []byte(src), Untrusted)
	if err != nil {
		t.Fatal(err)
	}
	want := `{'plain': 'a\\/b', 'single': 'c\\/d', 'double': 'e/f\\/g/', 'two': ['/', '\\/', 'x', '/'], 'long': 'one / two', 'block': '"h\\/i"\n'}`
	if got := value.Repr(v); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	v, err = Load("x.yml", []byte(`{"a": "\/x\\\/y", "b\/": ["it's \"\/\"", "\/"]}`), Untrusted)
	if want := `{'a': '/x\\/y', 'b/': ['it\'s "/"', '/']}`; err != nil || value.Repr(v) != want {
		t.Errorf("JSON: %v, %v, want %s", value.Repr(v), err, want)
	}
	if _, err := Load("x.yml", []byte(`a: "\q"`), Untrusted); err == nil || !strings.Contains(err.Error(), "unknown escape") {
		t.Errorf("an escape that nobody knows: %v", err)
	}
}
