package network

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/modulestest"
	"github.com/musterhq/muster/modules/sys"
)

type args = map[string]any

func site(t *testing.T) string {
	t.Helper()
	m := http.NewServeMux()
	text := func(path, body string) {
		m.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	}
	text("/file", "content\n")
	text("/dir/name.txt", "content\n")
	text("/large", strings.Repeat("0123456789abcdef", maxInMemory/16+1))
	text("/sums", sum("content\n")+"  ./file\n"+sum("x")+" *other\n")
	text("/sum", sum("content\n")+"\n")
	m.HandleFunc("/named", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="../../proposed.txt"`)
		_, _ = io.WriteString(w, "content\n")
	})
	m.HandleFunc("/same", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
		}
	})
	m.HandleFunc("/status/404", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Some-Header", "v")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "no such thing")
	})
	m.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusFound) })
	m.HandleFunc("/latin", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
		_, _ = w.Write([]byte{'g', 'r', 0xfc, 'n'})
	})
	m.HandleFunc("/cookie", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	})
	m.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/vnd.test+json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "body": string(body), "type": r.Header.Get("Content-Type"), "x": r.Header.Get("X-Num"), "n": 3, "f": 1.5})
	})
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return s.URL
}

func sum(s string) string {
	b := sha256.Sum256([]byte(s))
	return hex.EncodeToString(b[:])
}

func TestLawsOfGetURL(t *testing.T) {
	url := site(t)
	old := func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/tmp/f", "old\n", 0o640) }
	same := func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/tmp/f", "content\n", 0o640) }
	good := "sha256:" + sum("content\n")
	modulestest.Run(t, GetURL(), []modulestest.Case{
		{Name: "new", Args: args{"url": url + "/file", "dest": "/tmp/f", "mode": "0600"}, Files: map[string]string{"/tmp/f": "content\n"}, Result: args{"status_code": 200, "msg": "OK (8 bytes)", "dest": "/tmp/f"},
			Meddle: func(t *testing.T, s sys.System) { modulestest.Write(t, s, "/tmp/f", "mine\n", 0o600) }},
		{Name: "replaced", Setup: old, Args: args{"url": url + "/file", "dest": "/tmp/f"}, Files: map[string]string{"/tmp/f": "content\n"}},
		{Name: "the same", Setup: same, Args: args{"url": url + "/file", "dest": "/tmp/f"}, Unchanged: true},
		{Name: "the server says so", Setup: old, Args: args{"url": url + "/same", "dest": "/tmp/f"}, Unchanged: true, Result: args{"status_code": 304, "msg": "HTTP Error 304: Not Modified"}},
		{Name: "the checksum says so", Setup: same, Args: args{"url": "http://127.0.0.1:1/", "dest": "/tmp/f", "checksum": good}, Unchanged: true, Result: args{"msg": "file already exists"}},
		{Name: "only the mode", Setup: same, Args: args{"url": "http://127.0.0.1:1/", "dest": "/tmp/f", "checksum": good, "mode": "0600"}, Result: args{"msg": "file already exists but file attributes changed"}},
		{Name: "another checksum", Setup: old, Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": good}, Files: map[string]string{"/tmp/f": "content\n"}},
		{Name: "a list of checksums", Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "sha256:" + url + "/sums"}},
		{Name: "one checksum", Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "sha256:" + url + "/sum"}},
		{Name: "a backup", Setup: old, Args: args{"url": url + "/file", "dest": "/tmp/f", "backup": true}},
		{Name: "a folder", Args: args{"url": url + "/dir/name.txt?x=1", "dest": "/tmp"}, Files: map[string]string{"/tmp/name.txt": "content\n"}},
		{Name: "a proposed name", Args: args{"url": url + "/named", "dest": "/tmp/"}, Files: map[string]string{"/tmp/proposed.txt": "content\n"}},
		{Name: "a local file", Setup: old, Args: args{"url": "file:///tmp/f", "dest": "/tmp/g"}, Files: map[string]string{"/tmp/g": "old\n"}},
		{Name: "a wrong checksum", Setup: old, Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "sha256:" + sum("other")}, Failed: "The checksum for /tmp/f did not match"},
		{Name: "not listed", Args: args{"url": url + "/dir/name.txt", "dest": "/tmp/f", "checksum": "sha256:" + url + "/sums"}, Failed: "Unable to find a checksum for file 'name.txt'"},
		{Name: "no checksum", Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "abc"}, Failed: "in format <algorithm>:<checksum>"},
		{Name: "no hexadecimal", Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "md5:xyz"}, Failed: "The checksum format is invalid"},
		{Name: "no algorithm", Args: args{"url": url + "/file", "dest": "/tmp/f", "checksum": "crc:12"}, Failed: "algorithm 'crc'"},
		{Name: "not there", Args: args{"url": url + "/status/404", "dest": "/tmp/f"}, Failed: "Request failed", Result: args{"status_code": 404, "response": "HTTP Error 404: Not Found"}},
		{Name: "nobody listens", Args: args{"url": "http://127.0.0.1:1/", "dest": "/tmp/f"}, Failed: "Connection refused"},
		{Name: "no folder", Args: args{"url": url + "/file", "dest": "/no/f"}, Failed: "Destination /no does not exist"},
		{Name: "kerberos", Args: args{"url": url + "/file", "dest": "/tmp/f", "use_gssapi": true}, Failed: "use_gssapi is not supported"},
	})
}

func TestLargeDownloads(t *testing.T) {
	url := site(t)
	s := modulestest.NewMachine(t)
	for i, check := range []bool{true, false, false} {
		res := GetURL().Run(t.Context(), &modules.Call{Sys: s, Check: check, Args: args{"url": url + "/large", "dest": "/tmp/large"}})
		if res.Failed() || res.Changed() != (i < 2) {
			t.Errorf("%d: %v", i, res)
		}
		if st, err := s.Stat("/tmp/large"); (err == nil) == check || err == nil && st.Size <= maxInMemory {
			t.Errorf("%d: %v", i, err)
		}
	}
	left, err := s.ReadDir("/tmp")
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func uriOn(t *testing.T, s sys.System, a args) modules.Result {
	t.Helper()
	return URI().Run(t.Context(), &modules.Call{Sys: s, Args: a})
}

func TestURI(t *testing.T) {
	url := site(t)
	s := modulestest.NewMachine(t)
	modulestest.Write(t, s, "/tmp/src", "from a file", 0o600)
	echo := func(a args) map[string]any {
		t.Helper()
		a["url"] = url + "/echo"
		res := uriOn(t, s, a)
		if res.Failed() {
			t.Fatalf("%v: %v", a, res["msg"])
		}
		return res["json"].(map[string]any)
	}
	for want, a := range map[string]args{
		`GET||`: {}, `POST|x|application/x-www-form-urlencoded`: {"method": "post", "body": "x"},
		`POST|{"a": [1, "\u00fc", null, true], "b": {"c": 1.5}}|application/json`: {"method": "POST", "body_format": "json", "body": args{"b": args{"c": 1.5}, "a": []any{1, "ü", nil, true}}},
		`PUT|{"x":1}|text/x`: {"method": "PUT", "body_format": "json", "body": `{"x":1}`, "headers": args{"content-type": "text/x"}},
		`POST|a=1+2&b=x&b=y|application/x-www-form-urlencoded`: {"method": "POST", "body_format": "form-urlencoded", "body": args{"a": "1 2", "b": []any{"x", "y"}}},
		`POST|b=1&a=2&a=%26|application/x-www-form-urlencoded`: {"method": "POST", "body_format": "form-urlencoded", "body": []any{[]any{"b", 1}, []any{"a", []any{"2", "&"}}}},
		`PUT|from a file|application/x-www-form-urlencoded`:    {"method": "PUT", "src": "/tmp/src", "remote_src": true},
	} {
		got := echo(a)
		if text := fmt.Sprint(got["method"], "|", got["body"], "|", got["type"]); text != want {
			t.Errorf("%v: got %s, want %s", a, text, want)
		}
	}
	if got := echo(args{"headers": args{"X-Num": 5}}); got["x"] != "5" || got["n"] != 3 || got["f"] != 1.5 {
		t.Errorf("numbers: %v", got)
	}
	res := uriOn(t, s, args{"url": url + "/status/404"})
	if res["msg"] != "Status code was 404 and not [200]: HTTP Error 404: Not Found" || res["status"] != 404 || res["x_some_header"] != "v" || res["content"] != nil {
		t.Errorf("404: %v", res)
	}
	res = uriOn(t, s, args{"url": url + "/status/404", "status_code": []any{200, "404"}, "return_content": true})
	if res.Failed() || res["content"] != "no such thing" || res["redirected"] != false {
		t.Errorf("an expected 404: %v", res)
	}
	if res = uriOn(t, s, args{"url": url + "/away"}); res["redirected"] != true || res["url"] != url+"/echo" {
		t.Errorf("a redirect: %v", res)
	}
	if res = uriOn(t, s, args{"url": url + "/away", "follow_redirects": false, "status_code": 302}); res.Failed() || res["location"] != url+"/echo" {
		t.Errorf("no redirect: %v", res)
	}
	if res = uriOn(t, s, args{"url": url + "/latin", "return_content": true}); res["content"] != "grün" {
		t.Errorf("latin: %q", res["content"])
	}
	if res = uriOn(t, s, args{"url": url + "/cookie"}); res["cookies_string"] != "a=1; b=2" || fmt.Sprint(res["cookies"]) != "map[a:1 b:2]" {
		t.Errorf("cookies: %v", res)
	}
	for want, a := range map[string]args{
		"Status code was -1 and not [200, 201]: Request failed: <urlopen error [Errno 111] Connection refused>": {"url": "http://127.0.0.1:1/", "status_code": []any{200, 201}},
		"Parameter 'method' needs to be a single word in uppercase, like GET or POST.":                          {"url": url, "method": "A B"},
		"parameters are mutually exclusive: body|src":                                                           {"url": url, "body": "x", "src": "y"},
		"unknown url type: 'x'": {"url": "x"},
	} {
		if res := uriOn(t, s, a); !res.Failed() || res["msg"] != want {
			t.Errorf("%v: got %v", a, res["msg"])
		}
	}
}

func TestURIStoresAnswers(t *testing.T) {
	url := site(t)
	s := modulestest.NewMachine(t)
	res := uriOn(t, s, args{"url": url + "/file", "dest": "/tmp/f", "mode": "0600"})
	got, err := s.ReadFile("/tmp/f")
	if err != nil || string(got) != "content\n" || !res.Changed() || res["path"] != "/tmp/f" || res["mode"] != "0600" {
		t.Errorf("%q, %v: %v", got, err, res)
	}
	if res = uriOn(t, s, args{"url": url + "/dir/name.txt", "dest": "/tmp"}); res["path"] != "/tmp/name.txt" {
		t.Errorf("into a folder: %v", res)
	}
	if res = uriOn(t, s, args{"url": url + "/file", "creates": "/tmp/f"}); res.Changed() || res["stdout"] != "skipped, since '/tmp/f' exists" {
		t.Errorf("creates: %v", res)
	}
	if res = uriOn(t, s, args{"url": url + "/file", "removes": "/tmp/no"}); res["stdout"] != "skipped, since '/tmp/no' does not exist" {
		t.Errorf("removes: %v", res)
	}
	res = URI().Run(t.Context(), &modules.Call{Sys: s, Check: true, Args: args{"url": url + "/file", "dest": "/tmp/x"}})
	if _, err := s.Stat("/tmp/x"); res["skipped"] != true || err == nil {
		t.Errorf("check mode: %v", res)
	}
}

func TestMultipart(t *testing.T) {
	url := site(t)
	s := modulestest.NewMachine(t)
	modulestest.Write(t, s, "/tmp/up.bin", "file data", 0o600)
	content := []byte("from the controller")
	ref := modulestest.Ref(content)
	res := URI().Run(t.Context(), &modules.Call{Sys: s, Content: modulestest.Contents(content), Args: args{"url": url + "/echo", "method": "POST", "body_format": "form-multipart",
		"_files": args{"/c/x.txt": ref}, "body": args{"t": "text", "up": args{"filename": "/tmp/up.bin"}, "c": args{"filename": "/c/x.txt", "mime_type": "text/plain"}, "v": args{"filename": "v.txt", "content": "abc"}}}})
	if res.Failed() {
		t.Fatal(res["msg"])
	}
	body := res["json"].(map[string]any)["body"].(string)
	for _, want := range []string{`form-data; name="t"` + "\r\n\r\ntext\r\n", `name="up"; filename="up.bin"` + "\r\n\r\nZmlsZSBkYXRh", `name="c"; filename="x.txt"` + "\r\n\r\nZnJvbSB0aGUgY29udHJvbGxlcg==", `name="v"; filename="v.txt"` + "\r\n\r\nabc"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
	if res := uriOn(t, s, args{"url": url + "/echo", "body_format": "form-multipart", "body": args{"x": args{}}}); !strings.Contains(fmt.Sprint(res["msg"]), "at least one of filename or content") {
		t.Errorf("an empty field: %v", res["msg"])
	}
	src := URI().Run(t.Context(), &modules.Call{Sys: s, Content: modulestest.Contents(content), Args: args{"url": url + "/echo", "method": "PUT", "_content": ref}})
	if src.Failed() || src["json"].(map[string]any)["body"] != string(content) {
		t.Errorf("src of the controller: %v", src)
	}
}

func TestWaitFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-Test\r\n")
			c.Close()
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	s := modulestest.NewMachine(t)
	modulestest.Write(t, s, "/tmp/log", "one\nready: 42\n", 0o600)
	for _, c := range []struct {
		args args
		want string // the failure; "" for none
	}{
		{args{"port": port}, ""}, {args{"port": port, "search_regex": "SSH-2"}, ""}, {args{"port": 1, "state": "stopped"}, ""}, {args{"path": "/tmp/log"}, ""}, {args{"path": "/tmp/no", "state": "absent"}, ""},
		{args{"timeout": 0}, ""},
		{args{"port": port, "search_regex": "NOPE", "timeout": 1, "sleep": 0}, fmt.Sprintf("Timeout when waiting for search string NOPE in 127.0.0.1:%d", port)},
		{args{"port": port, "state": "stopped", "timeout": 0}, fmt.Sprintf("Timeout when waiting for 127.0.0.1:%d to stop.", port)},
		{args{"path": "/tmp/no", "timeout": 0}, "Timeout when waiting for file /tmp/no"}, {args{"path": "/tmp/log", "state": "absent", "timeout": 0, "msg": "mine"}, "mine"},
		{args{"path": "/tmp/log", "search_regex": "(", "timeout": 1}, "Invalid regular expression: "},
		{args{"path": "/x", "port": 1}, "port and path parameter can not both be passed"}, {args{"path": "/x", "state": "drained"}, "state=drained should only be used"},
		{args{"port": 1, "state": "drained", "active_connection_states": "NOPE"}, "unknown active_connection_state (NOPE) defined"},
		{args{"port": 1, "exclude_hosts": "x"}, "exclude_hosts should only be with state=drained"},
	} {
		res := WaitFor().Run(t.Context(), &modules.Call{Sys: s, Args: c.args})
		msg, _ := res["msg"].(string)
		if res.Failed() != (c.want != "") || !strings.Contains(msg, c.want) || res["elapsed"] == nil && !strings.HasPrefix(msg, "Invalid") {
			t.Errorf("%v: got %v", c.args, res)
		}
	}
	res := WaitFor().Run(t.Context(), &modules.Call{Sys: s, Args: args{"path": "/tmp/log", "search_regex": `^(?P<word>\w+): (\d+)$`}})
	if !reflect.DeepEqual(res["match_groups"], []any{"ready", "42"}) || !reflect.DeepEqual(res["match_groupdict"], map[string]any{"word": "ready"}) {
		t.Errorf("groups: %v", res)
	}
}

func TestDrainedConnections(t *testing.T) {
	s := modulestest.NewMachine(t)
	modulestest.Dir(t, s, "/proc")
	modulestest.Dir(t, s, "/proc/net")
	const head = "  sl  local_address rem_address   st\n"
	for table, want := range map[string]bool{
		head: true, head + "   0: 0100007F:1F90 0200000A:D431 01 0\n": false, head + "   0: 0100007F:1F90 00000000:0000 0A 0\n": true,
		head + "   0: 0100007F:1F91 0200000A:D431 01 0\n": true, head + "   0: 0100007F:1F90 0300000A:D431 01 0\n": true,
	} {
		modulestest.Write(t, s, "/proc/net/tcp", table, 0o600)
		res := WaitFor().Run(t.Context(), &modules.Call{Sys: s, Args: args{"port": 8080, "state": "drained", "timeout": 1, "sleep": 2, "exclude_hosts": "10.0.0.3"}})
		if res.Failed() == want {
			t.Errorf("%q: %v", table, res)
		}
	}
}

func TestConnectionsAreRead(t *testing.T) {
	got := parseConnections("x\n 1: 0100007F:0016 0200000A:D431 01 z\n 2: 00000000000000000000000001000000:0050 0000000000000000FFFF00000200000A:1234 06\n 3: bad:1 x 01\n")
	if len(got) != 2 || got[0].local.String() != "127.0.0.1" || got[0].localPort != 22 || got[0].remote.String() != "10.0.0.2" || got[1].local.String() != "::1" || got[1].remote.String() != "10.0.0.2" || got[1].state != 6 {
		t.Errorf("got %+v", got)
	}
}

func TestGetentAndPing(t *testing.T) {
	commands := sys.NewFakeCommands().On("getent passwd root", sys.Output{Stdout: []byte("root:x:0:0:root:/root:/bin/bash\n")}).
		On("getent services", sys.Output{Stdout: []byte("http   80/tcp\nhttp   80/udp\nhttp 81/udp\nssh 22/tcp alias\n")}).On("getent group no", sys.Output{Code: 2}).On("getent odd", sys.Output{Code: 1}).On("getent hosts", sys.Output{Code: 3})
	s := modulestest.NewMachine(t, commands.Option())
	for want, a := range map[string]args{
		"map[getent_passwd:map[root:[x 0 0 root /root /bin/bash]]] <nil>":                              {"database": "passwd", "key": "root"},
		"map[getent_services:map[http:[[80/tcp] [80/udp] [81/udp]] ssh:[22/tcp alias]]] <nil>":         {"database": "services"},
		"<nil> One or more supplied key could not be found in the database.":                           {"database": "group", "key": "no"},
		"map[getent_group:map[no:<nil>]] One or more supplied key could not be found in the database.": {"database": "group", "key": "no", "fail_key": false},
		"<nil> Missing arguments, or database unknown.":                                                {"database": "odd"},
		"<nil> Enumeration not supported on this database.":                                            {"database": "hosts"},
		`<nil> "-x" is no database`:                                                                    {"database": "-x"},
	} {
		res := Getent().Run(t.Context(), &modules.Call{Sys: s, Args: a})
		if got := fmt.Sprint(res["ansible_facts"], " ", res["msg"]); got != want {
			t.Errorf("%v: got %s", a, got)
		}
	}
	if res := Ping().Run(t.Context(), &modules.Call{Sys: s, Args: args{}}); res["ping"] != "pong" || res.Changed() {
		t.Errorf("ping: %v", res)
	}
	if res := Ping().Run(t.Context(), &modules.Call{Sys: s, Args: args{"data": "crash"}}); res["msg"] != "boom" {
		t.Errorf("crash: %v", res)
	}
}

func FuzzTexts(f *testing.F) {
	f.Add(" 1: 0100007F:0016 0200000A:D431 01 z\n", "sum  ./file\n", "md5:12", "root:x:0\nroot:y\n")
	f.Fuzz(func(t *testing.T, table, sums, checksum, getent string) {
		for _, c := range parseConnections(table) {
			if len(c.local) == 0 || c.localPort < 0 {
				t.Fatalf("%+v", c)
			}
		}
		findChecksum(sums, "file")
		if e, err := parseChecksum(checksum); err == nil && e.given() && e.sum == "" && e.from == "" {
			t.Fatalf("%+v", e)
		}
		parseGetent(getent, ":")
		parseGetent(getent, "")
	})
}
