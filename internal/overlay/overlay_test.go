package overlay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func upper(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCompare(t *testing.T) {
	rules := append(Machine(), Rule{Path: "etc/stamped", Lines: "^# made", Why: "the time is in it"})
	if err := rules.Compile(); err != nil {
		t.Fatal(err)
	}
	dirs := []string{
		upper(t, map[string]string{"etc/same": "1", "etc/content": "a\nb\n", "etc/mode": "m", "etc/stamped": "# made at one\nx\n", "tmp/a/b": "1", "var/log/x": "1", "only/a": "", "base/x": "b", "base/y": "b"}),
		upper(t, map[string]string{"etc/same": "1", "etc/content": "a\nc\n", "etc/mode": "m", "etc/stamped": "# made at two\nx\n", "var/log/x": "2"}),
	}
	lower := upper(t, map[string]string{"base/x": "b", "base/y": "c", "var/log/x": "0"})
	if err := os.Chmod(filepath.Join(dirs[1], "etc/mode"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("to", filepath.Join(dirs[1], "etc/link")); err != nil {
		t.Fatal(err)
	}
	var read []Changes
	for _, d := range dirs {
		c, err := Read(d, lower, rules)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, c)
	}
	got := Compare(read[0], read[1], "one", "two")
	want := []string{`/base/y: one: -`, `/etc/content: one: `, `/etc/link: one: unchanged; two: L`, `/etc/mode: one: -rw-r--r--`, `/only: `, `/only/a: `}
	if len(got) != len(want) {
		t.Fatalf("differences:\n%s", strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("%s, want %s…", got[i], w)
		}
	}
	if !strings.HasSuffix(got[1], `; line 2: "b" and "c"`) {
		t.Errorf("the line is not quoted: %s", got[1])
	}
	if diff := Compare(read[0], read[0], "one", "two"); len(diff) != 0 {
		t.Errorf("equal readings differ: %v", diff)
	}
}

func TestBadRules(t *testing.T) {
	for _, r := range []Rule{{Path: "[", Why: "x"}, {Path: "a", Lines: "(", Why: "x"}} {
		if (Rules{r}).Compile() == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
}
