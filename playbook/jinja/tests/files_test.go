package tests_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/playbook/jinja/tests"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	file, link, dangling := filepath.Join(dir, "f"), filepath.Join(dir, "l"), filepath.Join(dir, "d")
	if err := os.WriteFile(file, []byte("$ANSIBLE_VAULT;1.1;AES256\n6162\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err != nil {
		t.Fatal(err)
	}
	all := tests.All()
	for _, c := range []struct {
		name string
		args []any
		want bool
	}{
		{"file", []any{file}, true}, {"file", []any{dir}, false}, {"file", []any{link}, true},
		{"directory", []any{dir}, true}, {"directory", []any{file}, false},
		{"link", []any{link}, true}, {"link", []any{file}, false},
		{"exists", []any{file}, true}, {"exists", []any{dangling}, false}, {"link_exists", []any{dangling}, true},
		{"same_file", []any{file, link}, true}, {"same_file", []any{file, dir}, false},
		{"abs", []any{dir}, true}, {"abs", []any{"x/y"}, false},
		{"mount", []any{"/"}, true}, {"mount", []any{dir}, false},
		{"vaulted_file", []any{file}, true},
	} {
		got, err := all["ansible.builtin."+c.name](nil, c.args, nil)
		if err != nil || got != c.want {
			t.Errorf("%v is %s: got %v, %v", c.args, c.name, got, err)
		}
	}
}
