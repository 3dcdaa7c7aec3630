package evaljson_test

import (
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/jinja/evaljson"
)

func TestRun(t *testing.T) {
	in := strings.Join([]string{
		`{"id": 0, "kind": "expr", "src": "n + 1", "raw": true}`,
		`{"id": "x", "kind": "expr", "src": "greeting ~ '\\n'", "raw": true}`,
		`{"id": 2, "kind": "expr", "src": "'\\n'", "raw": false}`,
		``,
		`{"id": 3, "kind": "tmpl", "src": "{{ n }}\n{% if n %}\nyes{% endif %}", "raw": false}`,
		`{"id": 4, "kind": "expr", "src": "nope"}`,
		`{"id": 5, "kind": "expr", "src": "1 +"}`,
		`{"id": 6, "kind": "expr", "src": "n ~ own.a[0]", "vars": {"n": 7, "own": {"a": ["{{ n }}<"]}}}`,
		`{"id": 7, "kind": "what", "src": "1"}`,
		`{"id": 8, "kind": "expr", "src": "1", "vars": [1]}`,
		`{"kind": "expr", "src": "none"}`,
	}, "\n")
	want := strings.Join([]string{
		`{"id":0,"ok":true,"repr":"43"}`,
		`{"id":"x","ok":true,"repr":"'Hi 42\\\\n'"}`,
		`{"id":2,"ok":true,"repr":"'\\n'"}`,
		`{"id":3,"ok":true,"repr":"'42\\nyes'"}`,
		`{"id":4,"ok":false,"err":"undefined","msg":"'nope' is undefined"}`,
		`{"id":5,"ok":false,"err":"error","msg":"expected an expression, found the end of the template"}`,
		`{"id":6,"ok":true,"repr":"'77<'"}`,
		`{"id":7,"ok":false,"err":"error","msg":"kind: \"what\" is neither expr nor tmpl"}`,
		`{"id":8,"ok":false,"err":"error","msg":"vars: not a mapping"}`,
		`{"id":null,"ok":true,"repr":"None"}`,
	}, "\n") + "\n"
	vars := value.DictOf("n", 42, "greeting", "Hi {{ n }}")
	var out strings.Builder
	if err := evaljson.Run(jinja.New(jinja.Options{}), vars, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestRunRefusesWhatIsNoCase(t *testing.T) {
	var out strings.Builder
	err := evaljson.Run(jinja.New(jinja.Options{}), nil, strings.NewReader("{\"id\": 1, \"kind\": \"expr\", \"src\": \"1\"}\nnonsense\n"), &out)
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: no case: ") {
		t.Errorf("got %v", err)
	}
	if out.String() != "{\"id\":1,\"ok\":true,\"repr\":\"1\"}\n" {
		t.Errorf("got %q", out.String())
	}
}
