package lookup_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/lookup"
)

func TestPasswordIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "secret")
	first, err := run(t, "password", value.DictOf("length", 12, "chars", value.NewList("digits")), path)
	if err != nil {
		t.Fatal(err)
	}
	if s := first[0].(string); len(s) != 12 || strings.Trim(s, "0123456789") != "" {
		t.Fatalf("got %q", s)
	}
	second, err := run(t, "password", nil, path+" length=30")
	if err != nil || second[0] != first[0] {
		t.Fatalf("the second time: got %v, %v, want %v", second, err, first)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file has mode %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*lockfile"))
	if err != nil || len(left) > 0 {
		t.Fatalf("the lock is left: %v, %v", left, err)
	}
}

func TestPasswordKeepsItsSalt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, scheme := range []string{"md5_crypt", "apr_md5_crypt"} {
		first, err := run(t, "password", nil, path+" encrypt="+scheme)
		if err != nil {
			t.Fatal(err)
		}
		second, err := run(t, "password", nil, path+" encrypt="+scheme)
		if err != nil || first[0] != second[0] || !strings.HasPrefix(first[0].(string), "$") {
			t.Fatalf("%s: got %v and then %v, %v", scheme, first, second, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("known salt=abcdefgh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := run(t, "password", nil, path+" encrypt=md5_crypt")
	if err != nil || got[0] != "$1$abcdefgh$c5byCqvm29EB.ysS24ljV." {
		t.Fatalf("got %v, %v", got, err)
	}
}

// TestPasswordOnce makes the same password from many hosts at the same time.
func TestPasswordOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	env := &environment{vars: value.NewDict(), base: t.TempDir()}
	fn := lookup.All()["password"]
	results := make([]any, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if got, err := fn(context.Background(), env, []any{path}, nil); err == nil {
				results[i] = got[0]
			}
		}()
	}
	wg.Wait()
	for _, r := range results {
		if r == nil || r != results[0] {
			t.Fatalf("the hosts got %v", results)
		}
	}
}
