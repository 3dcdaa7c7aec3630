package hostkeys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

func newKey(t testing.TB) ssh.PublicKey {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func text(key ssh.PublicKey) string {
	return key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	a, b, ca, bad := newKey(t), newKey(t), newKey(t), newKey(t)
	path := write(t,
		"# comment",
		"web,10.0.0.1 "+text(a),
		"[web]:2222 "+text(b),
		"*.example.org,!bad.example.org "+text(a),
		"@cert-authority *.example.org "+text(ca)+" the authority",
		"@revoked * "+text(bad),
		"web "+text(b),
		"",
		"broken line",
		"web ssh-rsa "+base64.StdEncoding.EncodeToString(a.Marshal()),
		"web ssh-ed25519 ????",
		"@odd web "+text(a),
		hashName("hidden")+" "+text(a),
		hashName("[hidden]:99")+" "+text(b),
		"Upper.Example "+text(a),
	)
	cases := []struct{ name, want string }{
		{"web", "2 6@revoked 7"},
		{"10.0.0.1", "2 6@revoked"},
		{"[web]:2222", "3 6@revoked"},
		{"x.example.org", "4 5@cert-authority 6@revoked"},
		{"bad.example.org", "5@cert-authority 6@revoked"},
		{"hidden", "6@revoked 13"},
		{"[hidden]:99", "6@revoked 14"},
		{"upper.example", "6@revoked 15"},
		{"none", "6@revoked"},
	}
	var s Store
	for _, c := range cases {
		entries, err := s.Find([]string{path, path + ".missing", os.DevNull}, c.name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%d%s", e.Line, e.Marker))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: lines %v, want %s", c.name, got, c.want)
		}
	}
}

// TestKeygenAgrees lets ssh-keygen hash a file and find what this package added.
func TestKeygenAgrees(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("this machine has no ssh-keygen to compare with")
	}
	key, added := newKey(t), newKey(t)
	path := write(t, "web,[web]:2222 "+text(key), "10.0.0.9 "+text(key), "")
	if out, err := exec.Command(keygen, "-H", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var s Store
	for _, name := range []string{"web", "[web]:2222", "10.0.0.9"} {
		entries, err := s.Find([]string{path}, name)
		if err != nil || len(entries) != 1 || !bytes.Equal(entries[0].Key.Marshal(), key.Marshal()) {
			t.Errorf("%s: %v %v", name, entries, err)
		}
	}
	if err := s.Add(path, Name("New", 2200), added, false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "[new]") {
		t.Error("a name was added in clear to a hashed file")
	}
	if out, err := exec.Command(keygen, "-F", "[new]:2200", "-f", path).CombinedOutput(); err != nil || !strings.Contains(string(out), text(added)) {
		t.Errorf("ssh-keygen does not find the added key: %v %s", err, out)
	}
}

func TestAdd(t *testing.T) {
	key := newKey(t)
	path := filepath.Join(t.TempDir(), "new", "known_hosts")
	var s Store
	for range 2 { // the second time changes nothing
		if err := s.Add(path, "web", key, false); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "web "+text(key)+"\n" {
		t.Fatalf("%q %v", content, err)
	}
	checkMode(t, path, 0o600)
	checkMode(t, filepath.Dir(path), 0o700)
	if entries, err := s.Find([]string{path}, "web"); err != nil || len(entries) != 1 {
		t.Fatalf("%v %v", entries, err)
	}
}

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: mode %v, want %v (%v)", path, info.Mode().Perm(), want, err)
	}
}

func TestAddHashedAndWithoutNewline(t *testing.T) {
	old, key := newKey(t), newKey(t)
	path := write(t, "old "+text(old)) // the last line is not ended
	var s Store
	if err := s.Add(path, "web", key, true); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(content), "old "+text(old)+"\n|1|") {
		t.Fatalf("%q %v", content, err)
	}
	for _, name := range []string{"old", "web"} {
		if entries, err := s.Find([]string{path}, name); err != nil || len(entries) != 1 {
			t.Errorf("%s: %v %v", name, entries, err)
		}
	}
}

func TestAddConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	var s Store
	var wg sync.WaitGroup
	for i := range 20 {
		key := newKey(t)
		wg.Go(func() {
			if err := s.Add(path, fmt.Sprintf("h%d", i), key, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 20 {
		if entries, err := s.Find([]string{path}, fmt.Sprintf("h%d", i)); err != nil || len(entries) != 1 {
			t.Errorf("h%d: %v %v", i, entries, err)
		}
	}
}

// TestAddKeepsLineNumbers compares the extended index with a fresh one, also after another program has written.
func TestAddKeepsLineNumbers(t *testing.T) {
	path := write(t, "# comment", "", "a "+text(newKey(t)), "")
	var s Store
	check := func(names ...string) {
		t.Helper()
		for _, name := range names {
			got, err := s.Find([]string{path}, name)
			want, freshErr := new(Store).Find([]string{path}, name)
			if err != nil || freshErr != nil || len(got) != 1 || len(want) != 1 || got[0].Line != want[0].Line {
				t.Errorf("%s: %v, a fresh reader finds %v", name, got, want)
			}
		}
	}
	check("a")
	for _, name := range []string{"b", "c"} {
		if err := s.Add(path, name, newKey(t), name == "c"); err != nil {
			t.Fatal(err)
		}
		check("a", name)
	}
	if err := os.WriteFile(path, []byte("x "+text(newKey(t))+"\ny "+text(newKey(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(path, "z", newKey(t), false); err != nil {
		t.Fatal(err)
	}
	check("x", "y", "z")
}

func FuzzParseFile(f *testing.F) {
	key := newKey(f)
	f.Add([]byte("web "+text(key)+"\n@revoked * "+text(key)), "web")
	f.Add([]byte(hashName("web")+" "+text(key)), "web")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		for _, e := range parseFile("f", content).find(name) {
			if e.Key == nil || e.Line < 1 {
				t.Fatalf("entry %+v", e)
			}
		}
	})
}
