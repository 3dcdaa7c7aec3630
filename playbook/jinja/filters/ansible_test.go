package filters_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/evaljson"
)

// recorded is an expression that ansible-core's templar was asked, with its answer.
type recorded struct {
	Src   string
	Repr  *string
	Error string
}

// TestAnsible evaluates every expression of testdata as Ansible did.
func TestAnsible(t *testing.T) {
	for _, name := range []string{"testdata/ansible.jsonl", "testdata/collections.jsonl", "testdata/odd.jsonl"} {
		cases := readCases(t, name)
		var questions bytes.Buffer
		for i, c := range cases {
			line, err := json.Marshal(map[string]any{"id": i, "kind": "expr", "src": c.Src, "raw": true})
			if err != nil {
				t.Fatal(err)
			}
			questions.Write(append(line, '\n'))
		}
		var answers bytes.Buffer
		if err := evaljson.Run(jinja.New(jinja.Options{}), variables(t), &questions, &answers); err != nil {
			t.Fatal(err)
		}
		dec := json.NewDecoder(&answers)
		for _, c := range cases {
			var a evaljson.Answer
			if err := dec.Decode(&a); err != nil {
				t.Fatal(err)
			}
			compare(t, c, a)
		}
	}
}

func compare(t *testing.T, c recorded, a evaljson.Answer) {
	t.Helper()
	switch {
	case c.Repr == nil && a.OK:
		t.Errorf("%s\n got %s\nwant the error %s", c.Src, *a.Repr, c.Error)
	case c.Repr != nil && !a.OK:
		t.Errorf("%s\n got the error %s\nwant %s", c.Src, a.Msg, *c.Repr)
	case c.Repr != nil && *c.Repr != *a.Repr:
		t.Errorf("%s\n got %s\nwant %s", c.Src, *a.Repr, *c.Repr)
	}
}

func readCases(t *testing.T, name string) []recorded {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []recorded
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c recorded
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatal(name + " is empty")
	}
	return cases
}

func variables(t *testing.T) *value.Dict {
	t.Helper()
	b, err := os.ReadFile("testdata/variables.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := value.ParseJSON(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*value.Dict)
}
