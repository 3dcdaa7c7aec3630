package modules

import (
	"context"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

func TestCoerce(t *testing.T) {
	for _, c := range []struct {
		kind string
		in   any
		want string // as Python writes it; "" an error
	}{
		{"str", true, "'True'"}, {"str", 1.0, "'1.0'"}, {"str", nil, "'None'"}, {"str", []any{"a", 1}, `"['a', 1]"`}, {"str", map[string]any{"k": nil}, `"{'k': None}"`},
		{"int", " 42 ", "42"}, {"int", "1_000", "1000"}, {"int", "_1", ""}, {"int", 1.5, ""}, {"int", true, "1"}, {"int", "0x1f", ""}, {"int", uint64(7), "7"},
		{"float", "1.5", "1.5"}, {"float", 2, "2.0"}, {"float", "x", ""},
		{"bool", "Yes", "True"}, {"bool", " off ", "False"}, {"bool", 1, "True"}, {"bool", 2, ""}, {"bool", "maybe", ""}, {"bool", []any{}, ""},
		{"list", "a,b", "['a', 'b']"}, {"list", 1, "['1']"}, {"list", map[string]any{}, ""},
		{"dict", "a=1, b='x y'", "{'a': '1', 'b': 'x y'}"}, {"dict", `{"a": [1, null]}`, "{'a': [1, None]}"}, {"dict", "{'a': True}", "{'a': True}"}, {"dict", "x", ""}, {"dict", "{", ""},
		{"bytes", "10M", "10485760"}, {"bytes", "1.5 KB", "1536"}, {"bytes", 12, "12"}, {"bytes", "1Mb", ""}, {"bytes", "x", ""},
		{"jsonarg", map[string]any{"a": 1}, `'{"a":1}'`}, {"jsonarg", " [] ", "'[]'"},
		{"raw", map[any]any{"a": uint8(1)}, "{'a': 1}"},
	} {
		got, err := Coerce(c.kind, c.in)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s %v: accepted as %v", c.kind, c.in, got)
		case c.want != "" && (err != nil || PyRepr(got) != c.want):
			t.Errorf("%s %v: %s (%v), want %s", c.kind, c.in, PyRepr(got), err, c.want)
		}
	}
}

type everything struct {
	S    string            `param:"s" type:"path" alias:"text" doc:"X."`
	I    *int              `param:"i" default:"3" doc:"X."`
	B    bool              `param:"b" default:"yes" doc:"X."`
	F    float64           `param:"f" doc:"X."`
	L    []string          `param:"l" choices:"a,b" doc:"X."`
	N    []int             `param:"n" doc:"X."`
	D    map[string]string `param:"d" doc:"X."`
	R    any               `param:"r" doc:"X."`
	Sub  *inner            `param:"sub" doc:"X."`
	Subs []inner           `param:"subs" doc:"X."`
	Word string            `param:"word" choices:"on,auto" default:"auto" doc:"X."`
}

type inner struct {
	Name string `param:"name,required" doc:"X."`
	Key  string `param:"key,secret" doc:"X."`
}

func decodeEverything(t *testing.T, rules Rules, args map[string]any) (everything, Decoded, error) {
	t.Helper()
	spec, err := SpecOf[everything](rules)
	if err != nil {
		t.Fatal(err)
	}
	return Decode[everything](context.Background(), spec, "m", sys.Rooted(t.TempDir(), sys.WithEnviron([]string{"HOME=/home/me", "V=x"})), args)
}

func TestDecodeEverything(t *testing.T) {
	p, d, err := decodeEverything(t, Rules{}, map[string]any{
		"text": "~/$V/${V}$W", "b": "no", "f": "2", "l": "a,b", "n": []any{"1", 2}, "d": map[string]any{"k": 1}, "r": []any{1},
		"sub": map[string]any{"name": "n", "key": "hush"}, "subs": []any{map[string]any{"name": "m"}}, "word": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.S != "/home/me/x/x$W" || *p.I != 3 || p.B || p.F != 2 || len(p.L) != 2 || p.N[0] != 1 || p.D["k"] != "1" || p.Sub.Key != "hush" || p.Subs[0].Name != "m" || p.Word != "on" {
		t.Errorf("%+v %+v", p, p.Sub)
	}
	if sub := d.Args["sub"].(map[string]any); sub["key"] != Hidden || len(d.Secrets) != 1 || d.Secrets[0] != "hush" {
		t.Errorf("%v %v", d.Args, d.Secrets)
	}
}

func TestDecodeRefuses(t *testing.T) {
	rules := Rules{
		Exclusive: [][]string{{"s", "r"}}, Together: [][]string{{"f", "n"}}, OneOf: [][]string{{"s", "r"}},
		If: []RequiredIf{{Param: "word", Value: "on", Needs: []string{"d", "l"}, Any: true}}, By: map[string][]string{"sub": {"f"}},
	}
	for _, c := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"s": "a", "r": 1}, "parameters are mutually exclusive: s|r"},
		{map[string]any{}, "one of the following is required: s, r"},
		{map[string]any{"s": "a", "f": 1}, "parameters are required together: f, n"},
		{map[string]any{"s": "a", "word": "on"}, "word is on but any of the following are missing: d, l"},
		{map[string]any{"s": "a", "sub": map[string]any{"name": "n"}}, "missing parameter(s) required by 'sub': f"},
		{map[string]any{"s": "a", "l": "a,c"}, "value of l must be one or more of: a, b. Got no match for: c"},
		{map[string]any{"s": "a", "n": "1,x"}, "Elements value for option 'n' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int"},
		{map[string]any{"s": "a", "subs": []any{map[string]any{}}}, "missing required arguments: name found in subs"},
		{map[string]any{"s": "a", "subs": []any{map[string]any{"name": "x", "kex": 1}}}, "Unsupported parameters: kex found in subs. Supported parameters include: key, name."},
		{map[string]any{"s": "a", "subs": "x"}, "argument"},
	} {
		_, _, err := decodeEverything(t, rules, c.args)
		if err == nil || c.want != "argument" && err.Error() != c.want {
			t.Errorf("%v:\n got %v\nwant %s", c.args, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("sub", `{"name": "x"}`, 3)
	f.Add("subs", "a=1,b=2", 0)
	f.Add("s", "~root/$X", 1)
	f.Add("r", "{'a': [1, (2, None)]}", 2)
	spec, err := SpecOf[everything](Rules{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, key, text string, n int) {
		for _, v := range []any{text, n, []any{text, n, nil}, map[string]any{key: text, "name": n}, []any{map[string]any{"name": text, "key": n}}} {
			_, _, _ = Decode[everything](context.Background(), spec, "m", nil, map[string]any{key: v})
		}
		_, _ = HumanToBytes(text)
		_, _ = dictFromText(text)
		_ = SplitLines(text)
	})
}
