package yaml11

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/value"
)

// The wanted values are those of PyYAML with Ansible's tags.
func TestValues(t *testing.T) {
	for src, want := range map[string]string{
		"":                                "None",
		"~":                               "None",
		"yes":                             "True",
		"Off":                             "False",
		"y":                               "'y'",
		"'yes'":                           "'yes'",
		"017":                             "15",
		"0o17":                            "'0o17'",
		"018":                             "'018'",
		"0x1f":                            "31",
		"0b101":                           "5",
		"1_000":                           "1000",
		"+1":                              "1",
		"12:30:45":                        "45045",
		"1:30.5":                          "90.5",
		"1e3":                             "'1e3'",
		"1.0e+3":                          "1000.0",
		"1.":                              "1.0",
		".5":                              "0.5",
		"-0.0":                            "-0.0",
		".inf":                            "inf",
		"99999999999999999999":            "99999999999999999999",
		"!!str 1":                         "'1'",
		"! 1":                             "1",
		"!!int 3":                         "3",
		"!!int '0x10'":                    "16",
		"!!float 1":                       "1.0",
		"!!float '2'":                     "2.0",
		"!!bool 'on'":                     "True",
		"!!null ''":                       "None",
		"!unsafe '{{ x }}'":               "'{{ x }}'",
		"[1, {a: b}]":                     "[1, {'a': 'b'}]",
		"!!seq [1]":                       "[1]",
		"{1: a, true: b, null: c}":        "{1: 'b', None: 'c'}",
		"a: &x {b: 1}\nc: {<<: *x, d: 2}": "{'a': {'b': 1}, 'c': {'d': 2, 'b': 1}}",
	} {
		v, err := Load("f.yml", []byte(src), Untrusted)
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got := value.Repr(v); got != want {
			t.Errorf("%q is %s, not %s", src, got, want)
		}
	}
}

func TestMistakesHaveAPlace(t *testing.T) {
	for src, want := range map[string]string{
		"a: !foo x":             "2:4: could not determine a constructor for the tag '!foo'",
		"a: !foo [1]":           "2:4: could not determine a constructor for the tag '!foo'",
		"a: !!python/tuple [1]": "2:4: could not determine a constructor for the tag '!!python/tuple'",
		"a: !!int x":            `2:4: "x" is not what its tag !!int says`,
		"a: !!bool 1":           `2:4: "1" is not what its tag !!bool says`,
		"a: &x [*x]":            "2:8: the alias *x stands within what it names",
		"{{ a }}: 1":            "2:2: a mapping's key must be plain text",
		"a:\n\t- b":             "3:2: the YAML cannot be read",
	} {
		_, err := Load("f.yml", []byte("# first\n"+src), Untrusted)
		var d *diag.Diagnostic
		if !errors.As(err, &d) {
			t.Errorf("%q: %v", src, err)
		} else if !strings.HasPrefix(err.Error(), "f.yml:"+want) {
			t.Errorf("%q: %v\nwanted %s", src, err, want)
		}
	}
}

// Each list holds the one before it ten times.
func TestAliasesMultiplyWithinLimits(t *testing.T) {
	src := "a0: &a0 [x]\n"
	for i := range 9 {
		src += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	if _, err := Load("f.yml", []byte(src), Untrusted); err == nil || !strings.Contains(err.Error(), "aliases expand too far") {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, src := range []string{"a: [1, {b: ~}]", "!!float 1", "&a [*a]", "<<: {a: 1}", "a: !vault |\n  x", "? [a]\n: b", "1:30: x", "---\n---\n"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		v, err := Load("f.yml", src, Trusted)
		var d *diag.Diagnostic
		switch {
		case err == nil:
			_ = value.Repr(v)
		case !errors.As(err, &d):
			t.Errorf("%q: an error without a place: %v", src, err)
		case d.Pos.Line < 1 || d.Pos.Col < 1:
			t.Errorf("%q: the place is %v", src, d.Pos)
		}
	})
}
