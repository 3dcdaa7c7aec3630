package pyyaml

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/musterhq/muster/internal/value"
)

// FuzzRoundTrip reads back what is written, with another implementation of YAML.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"a: b", "- x", "it's", "two\nlines\n", " lead", "tab\t", "\u2028", "word word word word word word word word word word word word word word word word word word"} {
		f.Add(s, 4, 80)
	}
	f.Fuzz(func(t *testing.T, s string, indent, width int) {
		o := Defaults()
		o.Indent, o.Width = indent, width
		text, err := Dump(value.DictOf("k", value.NewList(s, value.DictOf("x", s))), o)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		var back struct {
			K []any `yaml:"k"`
		}
		if err := yaml.Unmarshal([]byte(text), &back); err != nil {
			return // the other implementation reads less than libyaml does
		}
		if len(back.K) != 2 {
			t.Fatalf("%q is written as %q, which reads as %v", s, text, back.K)
		}
	})
}
