package yamlout

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// The layouts are those of PyYAML with libyaml.
func TestDump(t *testing.T) {
	shared := value.NewList(1, 2)
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"scalars": {value.DictOf("b", true, "a", nil, "c", 1.0, "d", 1e20, "e", "yes", "f", "a: b", "g", ""),
			"a: null\nb: true\nc: 1.0\nd: 1.0e+20\ne: 'yes'\nf: 'a: b'\ng: ''\n"},
		"nesting": {value.DictOf("l", value.NewList(value.NewList(1, value.NewList()), value.DictOf("x", value.NewDict()))),
			"l:\n- - 1\n  - []\n- x: {}\n"},
		"sets": {value.DictOf("a", &value.Set{Items: []any{1, 2}}, "b", value.NewList(&value.Set{})),
			"a: !!set\n  1: null\n  2: null\nb:\n- !!set {}\n"},
		"anchors": {value.DictOf("a", shared, "b", shared), "a: &id001\n- 1\n- 2\nb: *id001\n"},
		"folding": {value.DictOf("k", strings.Repeat("word ", 20)+"end"),
			"k: word word word word word word word word word word word word word word word word\n  word word word word end\n"},
		"line ends": {value.DictOf("k", "one\ntwo"), "k: 'one\n\n  two'\n"},
		"escapes":   {value.DictOf("k", "tab\t \U0001F600"), "k: \"tab\\t \\U0001F600\"\n"},
		"vault":     {value.DictOf("k", value.Vault{Ciphertext: "$A\n00\n", Pos: diag.Pos{Line: 1}}), "k: !vault |\n  $A\n  00\n"},
		"template":  {value.DictOf("k", value.Template{Src: "{{ x }}"}), "k: '{{ x }}'\n"},
		"long key":  {value.DictOf(strings.Repeat("k", 129), 1), "? " + strings.Repeat("k", 129) + "\n: 1\n"},
	} {
		got, err := Dump(c.v, Options{SortKeys: true})
		if err != nil || got != c.want {
			t.Errorf("%s:\n%s, want\n%s (%v)", name, got, c.want, err)
		}
	}
}

func TestDumpRefuses(t *testing.T) {
	loop := value.NewList()
	loop.Items = append(loop.Items, loop)
	if _, err := Dump(loop, Options{}); err != nil {
		t.Errorf("a list that contains itself has an anchor in YAML: %v", err)
	}
	deep := value.NewList()
	for range maxDepth + 1 {
		deep = value.NewList(deep)
	}
	if _, err := Dump(deep, Options{}); err == nil {
		t.Error("a very deep list was written")
	}
	if _, err := Dump(struct{}{}, Options{}); err == nil {
		t.Error("an opaque object was written")
	}
}

// What is written is read back as the same text.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a: b", " x", "it's", "tab\t", "1:30", "---", "a\n b\n\nc", strings.Repeat("long word ", 30), "\u2028", "\r\n", "#", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ToValidUTF8(s, "") != s || strings.ContainsRune(s, 0xfffd) {
			return
		}
		text, err := Dump(value.DictOf("k", s), Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := yaml11.Load("f", []byte(text), yaml11.Untrusted)
		d, ok := v.(*value.Dict)
		if err != nil || !ok {
			t.Fatalf("%q is written as %q: %v", s, text, err)
		}
		if got, _ := d.Get("k"); got != s {
			t.Errorf("%q is written as %q and read as %q", s, text, got)
		}
	})
}
