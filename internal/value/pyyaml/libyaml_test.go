package pyyaml

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/musterhq/muster/internal/value"
)

func literal(t *testing.T, text string) any {
	t.Helper()
	v, err := value.ParseLiteral(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func options(d *value.Dict) Options {
	o := Defaults()
	for k, v := range d.All() {
		switch k {
		case "indent":
			o.Indent = v.(int)
		case "width":
			o.Width = v.(int)
		case "sort_keys":
			o.SortKeys = v.(bool)
		case "default_flow_style":
			b := v.(bool)
			o.FlowStyle = &b
		case "default_style":
			o.DefaultStyle = v.(string)[0]
		case "allow_unicode":
			o.Unicode = v.(bool)
		case "explicit_start":
			o.ExplicitStart = v.(bool)
		case "explicit_end":
			o.ExplicitEnd = v.(bool)
		}
	}
	return o
}

// TestLibyaml writes what Python's yaml.dump wrote when testdata/libyaml.jsonl was recorded.
func TestLibyaml(t *testing.T) {
	file, err := os.Open("testdata/libyaml.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct{ V, O, Is string }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		got, err := Dump(literal(t, r.V), options(literal(t, r.O).(*value.Dict)))
		if err != nil || got != r.Is {
			t.Errorf("%s %s\n got %q\nwant %q %v", r.V, r.O, got, r.Is, err)
		}
	}
}
