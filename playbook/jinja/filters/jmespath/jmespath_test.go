package jmespath

import (
	"testing"

	"github.com/musterhq/muster/internal/value"
)

func search(t *testing.T, data, query string) (any, error) {
	t.Helper()
	v, err := value.ParseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Compile(query)
	if err != nil {
		return nil, err
	}
	return q.Search(v)
}

// The expected answers are those of the examples in JMESPath's specification.
func TestSearch(t *testing.T) {
	const people = `{"people": [{"name": "b", "age": 30}, {"name": "a", "age": 50}, {"name": "c", "age": 40}]}`
	for _, c := range []struct{ data, query, want string }{
		{`{"a": {"b": {"c": {"d": "value"}}}}`, "a.b.c.d", "'value'"},
		{`["a", "b", "c"]`, "[1]", "'b'"},
		{`{"a": "foo", "b": "bar"}`, "[a, b]", "['foo', 'bar']"},
		{`[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`, "[0:5]", "[0, 1, 2, 3, 4]"},
		{`[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`, "[::2]", "[0, 2, 4, 6, 8]"},
		{`{"reservations": [{"instances": [{"state": "running"}, {"state": "stopped"}]}]}`, "reservations[*].instances[*].state", "[['running', 'stopped']]"},
		{`[[0, 1], 2, [3], 4, [5, [6, 7]]]`, "[]", "[0, 1, 2, 3, 4, 5, [6, 7]]"},
		{people, "people[?age > `35`].name", "['a', 'c']"},
		{people, "people[?age > `35`].name | [0]", "'a'"},
		{people, "people[].{N: name, A: age} | [0]", "{'N': 'b', 'A': 30}"},
		{people, "sort_by(people, &age)[*].name", "['b', 'c', 'a']"},
		{people, "max_by(people, &age).name", "'a'"},
		{people, "length(people)", "3"},
		{people, "people[?contains(name, 'c')] | [0].age", "40"},
		{`{"a": {"x": {"n": 1}, "y": {"n": 2}}}`, "a.*.n", "[1, 2]"},
		{`{"foo": null, "bar": 2}`, "foo || bar", "2"},
		{`{"with space": 1}`, `"with space"`, "1"},
		{`{}`, "`{\"a\": [1, true]}`", "{'a': [1, True]}"},
		{`{}`, "'it\\'s'", `"it's"`},
		{`{"a": [1, 2]}`, "to_string(a)", "'[1,2]'"},
		{`{"a": "12"}`, "to_number(a)", "12"},
		{`{"a": {"b": 1}, "c": {"d": 2}}`, "merge(a, c)", "{'b': 1, 'd': 2}"},
		{`{"a": "b"}`, "a.b.c", "None"},
	} {
		got, err := search(t, c.data, c.query)
		if err != nil || value.Repr(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.query, value.Repr(got), err, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, query := range []string{"", "a.", "a[", "[?a", "foo(@)", "length()", "length(`1`)", "a b", "'open", "{a}", "&", "[1:2:3:4]", "\"f\"(@)", "a == "} {
		if got, err := search(t, `{"a": 1}`, query); err == nil {
			t.Errorf("%q: got %v and no error", query, got)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"a[?b > `1`].{c: d, e: f}[]", "sort_by(@, &x)[::-1] | [0]", "*.[a, 'b', \"c\"]", "!(a || b) && c"} {
		f.Add(s)
	}
	data := value.DictOf("a", value.NewList(1, "x", value.DictOf("b", nil)), "c", 2.5)
	f.Fuzz(func(t *testing.T, query string) {
		q, err := Compile(query)
		if err != nil {
			return
		}
		if v, err := q.Search(data); err == nil && value.Repr(v) == "" {
			t.Fatalf("%q gives nothing that can be written", query)
		}
	})
}
