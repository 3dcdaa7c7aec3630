package fetch

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// site is a small web site.
func site() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%s", r.Method, body, r.Header.Get("User-Agent"), r.Header.Get("X-Kept"), r.Header.Get("X-Dropped"), r.Header.Get("Content-Type"))
	})
	m.HandleFunc("/to/", func(w http.ResponseWriter, r *http.Request) {
		var code int
		_, _ = fmt.Sscanf(r.URL.Path, "/to/%d", &code)
		http.SetCookie(w, &http.Cookie{Name: "hop", Value: "1", Path: "/"})
		w.Header().Set("Location", "/echo")
		w.WriteHeader(code)
	})
	m.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	m.HandleFunc("/basic", func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != "u" || p != "p" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	m.HandleFunc("/digest", func(w http.ResponseWriter, r *http.Request) {
		p := parameters(strings.TrimPrefix(r.Header.Get("Authorization"), "Digest "))
		sum := summer(md5.New)
		if p["response"] == "" || p["response"] != sum(strings.Join([]string{sum("u:a realm:p"), "n", p["nc"], p["cnonce"], "auth", sum("GET:/digest?q=1")}, ":")) {
			w.Header().Set("WWW-Authenticate", `Digest realm="a realm", nonce="n", qop="auth,auth-int", opaque="o"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	m.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte("plain"))
		z.Close()
	})
	m.HandleFunc("/cached", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Modified-Since") != "" && r.Header.Get("Cache-Control") == "" {
			w.WriteHeader(http.StatusNotModified)
		}
	})
	m.HandleFunc("/cookies", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	})
	return m
}

func get(t *testing.T, r sys.Reader, req Request) (*Response, string) {
	t.Helper()
	if req.Timeout == 0 {
		req.Timeout = 5 * time.Second
	}
	resp, err := Do(t.Context(), r, req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func machine(t *testing.T, env ...string) sys.System {
	t.Helper()
	return sys.Rooted(t.TempDir(), sys.WithEnviron(env))
}

func TestRedirects(t *testing.T) {
	s := httptest.NewServer(site())
	defer s.Close()
	for _, c := range []struct {
		code   int
		method string
		follow Follow
		want   string // "" where the redirect is the answer
	}{
		{302, "GET", FollowSafe, "GET |me|k||"}, {302, "POST", FollowSafe, ""}, {302, "POST", FollowAll, "GET |me|k||"}, {301, "POST", FollowAll, "GET |me|k||"},
		{301, "PUT", FollowAll, "PUT |me|k||"}, {303, "PUT", FollowAll, "GET |me|k||"}, {307, "POST", FollowAll, "POST body|me|k||text/x"}, {308, "PUT", FollowAll, "PUT body|me|k||text/x"},
		{302, "GET", FollowNone, ""}, {302, "POST", FollowCompatible, "GET |me|k||"}, {307, "POST", FollowCompatible, ""}, {302, "PUT", FollowCompatible, ""},
	} {
		resp, body := get(t, machine(t), Request{Method: c.method, URL: fmt.Sprint(s.URL, "/to/", c.code), Body: []byte("body"), Follow: c.follow, Agent: "me",
			Headers: map[string]string{"X-Kept": "k", "X-Dropped": "d", "Content-Type": "text/x"}, Unredirected: []string{"x-dropped"}})
		if c.want == "" && (resp.Status != c.code || resp.URL != fmt.Sprint(s.URL, "/to/", c.code) || !resp.Refused) || c.want != "" && body != c.want {
			t.Errorf("%d %s %s: %d %q at %s", c.code, c.method, c.follow, resp.Status, body, resp.URL)
		}
		if c.want != "" && (resp.URL != s.URL+"/echo" || len(resp.Cookies) != 1) {
			t.Errorf("%d: from %s with %v", c.code, resp.URL, resp.Cookies)
		}
	}
	if _, err := Do(t.Context(), machine(t), Request{URL: s.URL + "/round", Follow: FollowAll, Timeout: time.Second}); err == nil || !strings.Contains(err.Error(), "without end") {
		t.Errorf("round and round: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	s := httptest.NewServer(site())
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	name, _, _ := net.SplitHostPort(host)
	m := machine(t, "HOME=/root")
	if err := os.MkdirAll(m.Root()+"/root", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Root()+"/root/.netrc", []byte("# mine\nmachine other login x password y\nmachine "+name+" login u password p\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, reqs := range map[string][]Request{
		"/basic": {{User: "u", Password: "p"}, {User: "u", Password: "p", ForceBasic: true}, {URL: "http://u:p@" + host + "/basic"}, {UseNetrc: true},
			{Headers: map[string]string{"Authorization": basic("u", "p")}}},
		"/digest?q=1": {{User: "u", Password: "p"}},
	} {
		for i, req := range reqs {
			if req.URL == "" {
				req.URL = s.URL + path
			}
			if resp, _ := get(t, m, req); resp.Status != 200 || strings.Contains(resp.URL, "u:p@") {
				t.Errorf("%s, %d: %d from %s", path, i, resp.Status, resp.URL)
			}
		}
		if resp, _ := get(t, m, Request{URL: s.URL + path, User: "u", Password: "wrong"}); resp.Status != 401 || resp.Message != "HTTP Error 401: Unauthorized" {
			t.Errorf("%s, wrong: %d %s", path, resp.Status, resp.Message)
		}
	}
}

func TestAnswers(t *testing.T) {
	s := httptest.NewServer(site())
	defer s.Close()
	m := machine(t)
	if _, body := get(t, m, Request{URL: s.URL + "/gzip", Decompress: true}); body != "plain" {
		t.Errorf("gzip: %q", body)
	}
	if _, body := get(t, m, Request{URL: s.URL + "/gzip"}); body == "plain" || !strings.HasPrefix(body, "\x1f\x8b") {
		t.Errorf("gzip kept: %q", body)
	}
	since := time.Now()
	if resp, _ := get(t, m, Request{URL: s.URL + "/cached", ModifiedSince: since}); resp.Status != 304 {
		t.Errorf("cached: %d", resp.Status)
	}
	if resp, _ := get(t, m, Request{URL: s.URL + "/cached", ModifiedSince: since, NoCache: true}); resp.Status != 200 || resp.Message != "OK (0 bytes)" {
		t.Errorf("forced: %d %s", resp.Status, resp.Message)
	}
	if resp, _ := get(t, m, Request{URL: s.URL + "/cookies"}); fmt.Sprint(resp.Cookies) != "[{a 1} {b 2}]" || resp.Headers["set-cookie"] != "a=1, b=2" {
		t.Errorf("cookies: %v, %q", resp.Cookies, resp.Headers["set-cookie"])
	}
	if err := os.WriteFile(m.Root()+"/f", []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if resp, body := get(t, m, Request{URL: "file:///f"}); body != "text" || resp.Status != 0 || resp.Message != "OK (4 bytes)" {
		t.Errorf("file: %q %+v", body, resp)
	}
}

func TestUnixSocketsAndProxies(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(site())
	s.Listener = l
	s.Start()
	defer s.Close()
	if _, body := get(t, machine(t), Request{URL: "http://any/echo", UnixSocket: socket}); !strings.HasPrefix(body, "GET") {
		t.Errorf("unix socket: %q", body)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "by proxy to ", r.URL) }))
	defer proxy.Close()
	m := machine(t, "http_proxy="+proxy.URL, "no_proxy=.local,127.0.0.0/8")
	if _, body := get(t, m, Request{URL: "http://example.test/x", UseProxy: true}); body != "by proxy to http://example.test/x" {
		t.Errorf("proxy: %q", body)
	}
	direct := httptest.NewServer(site())
	defer direct.Close()
	if _, body := get(t, m, Request{URL: direct.URL + "/echo", UseProxy: true}); !strings.HasPrefix(body, "GET") {
		t.Errorf("no_proxy: %q", body)
	}
}

func TestCertificates(t *testing.T) {
	s := httptest.NewTLSServer(site())
	defer s.Close()
	m := machine(t)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(m.Root()+"/ca.pem", ca, 0o600); err != nil {
		t.Fatal(err)
	}
	get(t, m, Request{URL: s.URL + "/echo", InsecureTLS: true})
	get(t, m, Request{URL: s.URL + "/echo", CAPath: "/ca.pem", Ciphers: []string{"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"}})
	for name, c := range map[string]struct {
		req  Request
		want string
	}{
		"unknown authority": {Request{URL: s.URL}, "CERTIFICATE_VERIFY_FAILED"},
		"no such ca":        {Request{URL: s.URL, CAPath: "/nothing"}, "ca_path"},
		"no certificate":    {Request{URL: s.URL, ClientCert: "/nothing"}, "client_cert"},
		"no cipher":         {Request{URL: s.URL, Ciphers: []string{"NOTHING"}}, "No cipher can be selected"},
	} {
		c.req.Timeout = 5 * time.Second
		if _, err := Do(t.Context(), m, c.req); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailures(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for address, want := range map[string]string{
		"http://" + closed.Addr().String(): "Request failed: <urlopen error [Errno 111] Connection refused>",
		"http://" + silent.Addr().String(): "Connection failure: timed out",
		"file:///nothing":                  "Request failed: <urlopen error [Errno 2] No such file or directory: '/nothing'>",
		"gopher://x":                       "Request failed: <urlopen error unknown url type: gopher>",
		"x":                                "unknown url type: 'x'",
		"http://[::1":                      "http://[::1 is no URL: missing ']' in host",
	} {
		_, err := Do(t.Context(), machine(t), Request{URL: address, Timeout: 300 * time.Millisecond})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", address, err)
		}
		var unusable *UnusableError
		if errors.As(err, &unusable) != (address == "x" || strings.HasPrefix(address, "http://[")) {
			t.Errorf("%s: %T", address, err)
		}
	}
}

func TestProxyExceptions(t *testing.T) {
	for _, c := range []struct {
		list, host string
		want       bool
	}{{"", "a", false}, {"*", "a", true}, {"a.com", "a.com", true}, {"a.com", "b.a.com", true}, {".a.com", "b.a.com", true}, {"a.com", "ba.com", false}, {"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "11.1.2.3", false}, {"x, A.com:80", "a.com:80", true}, {"a.com:80", "a.com:81", false}} {
		if got := bypassed(c.list, &url.URL{Host: c.host}); got != c.want {
			t.Errorf("%q, %s: %v", c.list, c.host, got)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add(`Digest realm="a \"b", nonce=c, qop="auth"`, "machine a login b password \"c\"\nmacdef x\ny\n\ndefault login d password e", "a")
	f.Fuzz(func(t *testing.T, challenge, netrc, host string) {
		c := client{req: Request{User: "u", Password: "p"}}
		c.challenged([]string{challenge}, hop{method: "GET", url: &url.URL{Path: "/"}})
		if l := parseNetrc(netrc, host); l != nil && (l.user == "" || l.password == "") {
			t.Fatal("half a login")
		}
		bypassed(challenge, &url.URL{Host: host})
	})
}

func TestNetrcFiles(t *testing.T) {
	text := "machine a login b password c account d\nmacdef x\nmachine a login no password no\n\ndefault login e password f # g\n"
	if l := parseNetrc(text, "a"); l == nil || *l != (login{"b", "c"}) {
		t.Errorf("a: %v", l)
	}
	if l := parseNetrc(text, "z"); l == nil || *l != (login{"e", "f"}) {
		t.Errorf("default: %v", l)
	}
	if l := parseNetrc("machine a login b", "a"); l != nil {
		t.Errorf("half: %v", l)
	}
	if !bytes.Contains([]byte(basic("a", "b")), []byte("Basic ")) {
		t.Error("basic")
	}
}
