package facts

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

func TestParseINI(t *testing.T) {
	got, err := parseINI("# note\n[DEFAULT]\nbase = /opt\n\n[one]\nKey = value\npath: %(base)s/x\nlong = a\n  b\n\n  c\n; note\npercent = 50%%\n[two]\nempty =\n")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "ini", got, map[string]any{
		"one": map[string]any{"base": "/opt", "key": "value", "path": "/opt/x", "long": "a\nb\n\nc", "percent": "50%"},
		"two": map[string]any{"base": "/opt", "empty": ""}})
	for _, bad := range []string{"a = b\n", "[s]\nword\n", "[s]\na=1\na=2\n", "[s]\n[s]\n", "[s]\na=%(b)s\n", "[s]\na=50%\n", "[s]\na=%(a)s\n", "[s]\n=x\n"} {
		if got, err := parseINI(bad); err == nil {
			t.Errorf("%q was taken: %v", bad, got)
		}
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add("[a]\nb=c\n d\n[DEFAULT]\nx=%(b)s\n")
	f.Add("[a]\nb=%(b)s")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseINI(text) })
}

func TestLocalFacts(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no executable files there")
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"a.fact": `{"n": 1, "f": 1.5, "l": [true, null]}`, "b.fact": "[s]\nk=v\n", "bad.fact": "{", "bytes.fact": "\xff\xfe{",
		"run.fact": "#!/bin/sh\necho '{\"ran\": true}'\n", "fails.fact": "#!/bin/sh\necho oops >&2\nexit 3\n", "other.txt": "{}"} {
		perm := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			perm = 0o755
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), perm); err != nil {
			t.Fatal(err)
		}
	}
	facts, warnings, err := Gather(t.Context(), sys.Real(), Options{Subsets: []string{"!all", "!min", "local"}, FactPath: dir})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := facts["ansible_local"].(map[string]any)
	same(t, "json", got["a"], map[string]any{"n": 1, "f": 1.5, "l": []any{true, nil}})
	same(t, "ini", got["b"], map[string]any{"s": map[string]any{"k": "v"}})
	same(t, "run", got["run"], map[string]any{"ran": true})
	for name, want := range map[string]string{"bad": "error loading facts as JSON or ini - please check content: " + dir + "/bad.fact",
		"fails": "Failure executing fact script (" + dir + "/fails.fact), rc: 3, err: oops\n"} {
		if got[name] != want {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	if len(warnings) != 2+1 && len(warnings) != 2 || len(got) != 6 {
		t.Errorf("warnings %q of %v", warnings, got)
	}
	if n, ok := got["a"].(map[string]any)["n"].(int64); !ok || n != 1 {
		t.Errorf("a whole number is %T", got["a"].(map[string]any)["n"])
	}
}
