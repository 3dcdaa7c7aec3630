package modules

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDocumentation(t *testing.T) {
	m := noteModule()
	for name, text := range map[string]string{"markdown": Markdown(m), "text": Text(m)} {
		for _, want := range []string{"note", "path", "Where the note is.", "present", "hello", "token"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
	}
	if !strings.Contains(Markdown(m), "| `path` **required**<br>also `dest`, `name` | path |  | Where the note is. |") {
		t.Errorf("the row of path is not as expected:\n%s", Markdown(m))
	}
}

func TestSchema(t *testing.T) {
	b, err := json.Marshal(JSONSchema(noteModule()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"dest":{`, `"additionalProperties":false`, `"default":"hello"`, `"examples":["present","absent"]`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the schema lacks %s:\n%s", want, b)
		}
	}
}
