package change

import (
	"reflect"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		about string
		in    map[string]any
		attrs []Attribute
		text  string
	}{
		{"attributes", map[string]any{"diff": map[string]any{"before": map[string]any{"path": "/f", "mode": "0600"}, "after": map[string]any{"path": "/f", "mode": "0644"}}},
			[]Attribute{{"/f mode", "0600", "0644"}}, ""},
		{"texts", map[string]any{"diff": []any{map[string]any{"before": "a\nb\n", "after": "a\nc\n", "before_header": "/f", "after_header": "f.j2"}}},
			nil, "--- before: /f\n+++ after: f.j2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"},
		{"prepared", map[string]any{"diff": map[string]any{"prepared": "  x"}}, nil, "  x\n"},
		{"states", map[string]any{modules.AttributesKey: []any{map[string]any{"name": "shell", "before": "/bin/sh", "after": "/bin/bash"}}},
			[]Attribute{{"shell", "/bin/sh", "/bin/bash"}}, ""},
		{"the module's own words win", map[string]any{"diff": map[string]any{"before": map[string]any{"a": 1}, "after": map[string]any{"a": 2}}, modules.AttributesKey: []any{map[string]any{"name": "x"}}},
			[]Attribute{{"a", 1, 2}}, ""},
		{"nothing", map[string]any{}, nil, ""},
	} {
		attrs, text := Explain(c.in)
		if !reflect.DeepEqual(attrs, c.attrs) || text != c.text {
			t.Errorf("%s: %v %q", c.about, attrs, text)
		}
	}
	_, text := Explain(map[string]any{"diff": map[string]any{"before": "", "after": strings.Repeat("line\n", 50000)}})
	if len(text) > maxText+100 || !strings.Contains(text, "more bytes") {
		t.Errorf("a diff of %d bytes", len(text))
	}
}
