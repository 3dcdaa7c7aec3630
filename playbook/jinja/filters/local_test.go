package filters_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

// clock is an environment that knows only the time.
type clock struct{ filters.Env }

func (clock) Now() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }

func call(t *testing.T, name string, kw *value.Dict, args ...any) any {
	t.Helper()
	v, err := filters.All()[name](clock{}, args, kw)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// TestPaths covers the filters that look at the controller's files.
func TestPaths(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.conf", "a.conf", ".hidden.conf"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.conf", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("PLACE", "here")
	for _, c := range []struct {
		filter string
		args   []any
		want   any
	}{
		{"realpath", []any{dir + "/x/../link"}, dir + "/a.conf"},
		{"realpath", []any{dir + "/missing/y"}, dir + "/missing/y"},
		{"expanduser", []any{"~/f"}, dir + "/f"},
		{"expandvars", []any{"$PLACE/${PLACE}x/$NOWHERE_TO_BE"}, "here/herex/$NOWHERE_TO_BE"},
		{"relpath", []any{"/a/b", "/a/c"}, "../b"},
		{"normpath", []any{"/a/./b//../c"}, "/a/c"},
		{"commonpath", []any{value.NewList("/a/b/c", "/a/b/d")}, "/a/b"},
		{"strftime", []any{"%Y-%m-%d", nil, true}, "2024-01-02"},
	} {
		if got := call(t, c.filter, nil, c.args...); got != c.want {
			t.Errorf("%s %v: got %v, want %v", c.filter, c.args, got, c.want)
		}
	}
	want := "['" + dir + "/a.conf', '" + dir + "/b.conf']"
	if got := value.Repr(call(t, "fileglob", nil, dir+"/*.conf")); got != want {
		t.Errorf("fileglob: got %s, want %s", got, want)
	}
}

// TestRandomSalts hashes twice and expects different hashes that have the usual form.
func TestRandomSalts(t *testing.T) {
	for scheme, prefix := range map[string]string{"sha512": "$6$", "sha256": "$5$", "md5": "$1$"} {
		kw := value.DictOf("rounds", 1000)
		if scheme == "md5" {
			kw = nil
		}
		a, b := call(t, "password_hash", kw, "x", scheme), call(t, "password_hash", kw, "x", scheme)
		if a == b || !strings.HasPrefix(a.(string), prefix) {
			t.Errorf("%s: got %v and %v", scheme, a, b)
		}
	}
}

func TestUnseededRandom(t *testing.T) {
	list := value.NewList("a", "b", "c")
	if v := call(t, "random", nil, list); v != "a" && v != "b" && v != "c" {
		t.Errorf("random gives %v", v)
	}
	if v := call(t, "shuffle", nil, list).(*value.List); len(v.Items) != 3 || list.Items[0] != "a" {
		t.Errorf("shuffle gives %v and leaves %v", v.Items, list.Items)
	}
	if v := call(t, "random_mac", nil, "52:54:00").(string); len(v) != 17 || !strings.HasPrefix(v, "52:54:00:") {
		t.Errorf("random_mac gives %q", v)
	}
}

func TestArgumentErrors(t *testing.T) {
	for _, c := range []struct {
		filter string
		kw     *value.Dict
		args   []any
		want   string
	}{
		{"replace", nil, []any{"a", "b"}, "do_replace() missing 1 required positional argument: 'new'"},
		{"upper", nil, []any{"a", "b"}, "do_upper() takes 1 positional argument but 2 were given"},
		{"flatten", value.DictOf("depth", 1), []any{value.NewList()}, "flatten() got an unexpected keyword argument 'depth'"},
		{"replace", value.DictOf("old", "x"), []any{"a", "b", "c"}, "do_replace() got multiple values for argument 'old'"},
		{"upper", nil, []any{&value.Undefined{Name: "x"}}, "'x' is undefined"},
	} {
		_, err := filters.All()[c.filter](clock{}, c.args, c.kw)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.filter, err, c.want)
		}
	}
}
