package lookup_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/lookup"
)

// run calls a lookup with an environment that has no variables.
func run(t *testing.T, name string, kw *value.Dict, terms ...any) ([]any, error) {
	t.Helper()
	return lookup.All()[name](context.Background(), &environment{vars: value.NewDict(), base: t.TempDir()}, terms, kw)
}

func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/lines", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("one\ntwo\n" + r.Header.Get("X-Test") + "\n" + r.UserAgent()))
	})
	mux.HandleFunc("/secret", func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok || user != "bob" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte("welcome"))
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/lines", http.StatusFound) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestURL(t *testing.T) {
	t.Setenv("NETRC", filepath.Join(t.TempDir(), "none"))
	s := server(t)
	for _, c := range []struct {
		path string
		kw   *value.Dict
		want []any
		fail string
	}{
		{path: "/lines", kw: value.DictOf("headers", value.DictOf("X-Test", "yes")), want: []any{"one", "two", "yes", "ansible-httpget"}},
		{path: "/lines", kw: value.DictOf("split_lines", false, "http_agent", "me"), want: []any{"one\ntwo\n\nme"}},
		{path: "/moved", want: []any{"one", "two", "", "ansible-httpget"}},
		{path: "/moved", kw: value.DictOf("follow_redirects", "none"), fail: "HTTP Error 302"},
		{path: "/secret", kw: value.DictOf("username", "bob", "password", "s3cret"), want: []any{"welcome"}},
		{path: "/secret", kw: value.DictOf("username", "bob", "password", "s3cret", "force_basic_auth", true), want: []any{"welcome"}},
		{path: "/secret", kw: value.DictOf("username", "bob", "password", "other"), fail: "HTTP Error 401: Unauthorized"},
		{path: "/nope", fail: "HTTP Error 404: Not Found"},
		{path: "/lines", kw: value.DictOf("use_gssapi", true), fail: "not supported"},
		{path: "/lines", kw: value.DictOf("timeout", "soon"), fail: "timeout"},
	} {
		got, err := run(t, "url", c.kw, s.URL+c.path)
		switch {
		case c.fail == "" && (err != nil || !reflect.DeepEqual(got, c.want)):
			t.Errorf("%s %v: got %q, %v", c.path, value.Repr(c.kw), got, err)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%s %v: got %v, want an error with %q", c.path, value.Repr(c.kw), err, c.fail)
		}
	}
}

func TestURLHidesPasswords(t *testing.T) {
	t.Setenv("NETRC", filepath.Join(t.TempDir(), "none"))
	s := server(t)
	address := strings.Replace(s.URL, "http://", "http://bob:wrong@", 1) + "/secret"
	if _, err := run(t, "url", nil, address); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Fatalf("got %v", err)
	}
}

func TestURLChecksCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	if _, err := run(t, "url", nil, s.URL); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Fatalf("got %v", err)
	}
	if _, err := run(t, "url", value.DictOf("validate_certs", false), s.URL); err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatalf("got %v", err)
	}
}

func TestURLReadsNetrc(t *testing.T) {
	s := server(t)
	path := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(path, []byte("machine other login x password y\nmachine 127.0.0.1\n  login bob\n  password s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NETRC", path)
	got, err := run(t, "url", nil, s.URL+"/secret")
	if err != nil || !reflect.DeepEqual(got, []any{"welcome"}) {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := run(t, "url", value.DictOf("use_netrc", false), s.URL+"/secret"); err == nil {
		t.Fatal("the netrc is read though it was told not to be")
	}
}

func TestURLCiphers(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	env := &environment{vars: value.DictOf("ansible_lookup_url_ciphers", "NO-SUCH-CIPHER"), base: t.TempDir()}
	fn := lookup.All()["url"]
	if _, err := fn(context.Background(), env, []any{s.URL}, nil); err == nil || !strings.Contains(err.Error(), "NO-SUCH-CIPHER") {
		t.Fatalf("got %v", err)
	}
	kw := value.DictOf("ciphers", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256", "validate_certs", false)
	if _, err := fn(context.Background(), env, []any{s.URL}, kw); err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatalf("got %v", err)
	}
}
