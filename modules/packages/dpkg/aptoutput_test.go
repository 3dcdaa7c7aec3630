package dpkg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func TestSimulationsAreRead(t *testing.T) {
	got := ParseSimulation("Reading package lists...\nInst a (1.0 Debian:12/stable [all])\nInst b [1.0] (2.0 D:1 [amd64]) []\nInst c:i386 [1] (2 D [i386])\nRemv d [3.0] [e ]\nPurg f [4]\nConf a (1.0 Debian [all])\n")
	want := []Step{{Name: "a", To: "1.0"}, {Name: "b", From: "1.0", To: "2.0"}, {Name: "c:i386", From: "1", To: "2"}, {Name: "d", From: "3.0"}, {Name: "f", From: "4", Purge: true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

const policy = `a:
  Installed: 1.0
  Candidate: 2.0
  Version table:
     2.0 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 1.0 100
        500 http://deb.example.org/x stable/main amd64 Packages
        100 /var/lib/dpkg/status
virtual:
  Installed: (none)
  Candidate: (none)
  Version table:
local:
  Installed: 3
  Candidate: 3
  Version table:
 *** 3 100
        100 /var/lib/dpkg/status
`

func TestPoliciesAreRead(t *testing.T) {
	got := ParsePolicy(policy)
	want := map[string]Policy{"a": {Installed: "1.0", Candidate: "2.0", Versions: []string{"2.0", "1.0"}}, "virtual": {}, "local": {Installed: "3", Candidate: "3", Versions: []string{"3"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	p := Policy{Candidate: "2.0", Versions: []string{"2.0", "1.10", "1.9"}}
	for _, c := range [][3]string{{"", "", "2.0"}, {"=", "1.*", "1.10"}, {"=", "1.9", "1.9"}, {"=", "3", ""}, {">=", "1", "2.0"}} {
		if got := p.Best(c[0], c[1]); got != c[2] {
			t.Errorf("%s%s: got %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestOriginsAreRead(t *testing.T) {
	sources := "Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n 500 http://deb.example.org/x stable/main amd64 Packages\n     release v=1,o=Example,a=stable\n     origin deb.example.org\n"
	got := ParseOrigins(sources, policy)
	if !reflect.DeepEqual(got, map[string]string{"a": "Example", "local": ""}) {
		t.Errorf("got %v", got)
	}
}

func TestPatternsMatchAsFnmatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{{"1.*", "1.2-3", true}, {"1.?", "1.22", false}, {"[!a]b", "cb", true}, {"[!a]b", "ab", false}, {"a/b*", "a/bc", true}, {"[", "[", false}} {
		if got := Match(c.pattern, c.s); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.s, got)
		}
	}
}

// deb builds a package file with the given compression of its control archive.
func deb(t testing.TB, suffix, control string) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, f := range [][2]string{{"./md5sums", "x"}, {"./control", control}} {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	packed := pack(t, suffix, plain.Bytes())
	var out bytes.Buffer
	out.WriteString("!<arch>\n")
	for _, m := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar" + suffix, packed}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, 0, 0, 0, "100644", len(m.data))
		out.Write(m.data)
		if len(m.data)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

func pack(t testing.TB, suffix string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	switch suffix {
	case ".gz":
		z := gzip.NewWriter(&out)
		z.Write(b)
		z.Close()
	case ".xz":
		z, err := xz.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		z.Write(b)
		z.Close()
	case ".zst":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		z.Write(b)
		z.Close()
	default:
		return b
	}
	return out.Bytes()
}

func TestControlFilesAreRead(t *testing.T) {
	const control = "Package: hello\nVersion: 1:2.0-1\nArchitecture: amd64\nDepends: libc6 (>= 2),\n libx\nDescription: x\n"
	for _, suffix := range []string{"", ".gz", ".xz", ".zst"} {
		got, err := ReadControl(bytes.NewReader(deb(t, suffix, control)))
		if err != nil || got != (Control{Package: "hello", Version: "1:2.0-1", Architecture: "amd64", Depends: "libc6 (>= 2), libx"}) {
			t.Errorf("control.tar%s: %+v, %v", suffix, got, err)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "text": []byte("hello, world, this is text"), "an empty archive": []byte("!<arch>\n"),
		"half a file": deb(t, ".gz", control)[:120], "no version": deb(t, ".gz", "Package: x\n"), "unknown compression": deb(t, ".lz", control)} {
		if c, err := ReadControl(bytes.NewReader(b)); err == nil {
			t.Errorf("%s was read as %+v", name, c)
		}
	}
}

func FuzzControl(f *testing.F) {
	f.Add(deb(f, ".gz", "Package: a\nVersion: 1\n"))
	f.Add(deb(f, "", "Package: a\nVersion: 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ReadControl(bytes.NewReader(b)); err == nil && (c.Package == "" || c.Version == "") {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzAptOutput(f *testing.F) {
	f.Add(policy, "Inst a [1] (2 D [all])\nRemv b [1]\n")
	f.Fuzz(func(t *testing.T, policies, steps string) {
		for _, s := range ParseSimulation(steps) {
			if s.Name == "" || strings.ContainsAny(s.Name, " \n") {
				t.Fatalf("%+v", s)
			}
		}
		for _, p := range ParsePolicy(policies) {
			p.Best("=", "*")
		}
		ParseOrigins(policies, policies)
	})
}
