package runnerbin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/musterhq/muster/transport"
)

// program writes a file that stands for a program.
func program(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, open func() (io.ReadCloser, error)) string {
	t.Helper()
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// source makes a folder that looks like muster's source; go is a program that builds "built FOR ARCH".
func source(t *testing.T, goTool string) (dir, cache string) {
	t.Helper()
	dir, cache = t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"go.mod": "module " + modulePath + "\n", "a.go": "package a\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(goTool), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return dir, cache
}

const fakeGo = `#!/bin/sh
[ "$CGO_ENABLED" = 0 ] || exit 9
while [ "$1" != -o ]; do shift; done
printf 'built for %s/%s' "$GOOS" "$GOARCH" >"$2"; echo >>"$COUNT"
`

func TestBuildsOnceForEachSource(t *testing.T) {
	dir, cache := source(t, fakeGo)
	count := filepath.Join(t.TempDir(), "count")
	t.Setenv("COUNT", count)
	said := 0
	store := func() *Store { // each stands for a run of muster
		return newStore(Options{SourceDir: dir, CacheDir: cache, Self: program(t, "self"), Log: func(string) { said++ }}, nil)
	}
	if known := store().Known(); len(known) != 0 {
		t.Errorf("known before anything was built: %v", known)
	}
	s := store()
	for range 2 {
		b, err := s.For(t.Context(), "linux", "arm64")
		if err != nil {
			t.Fatal(err)
		}
		if want := "built for linux/arm64"; content(t, b.Open) != want || b.SHA256 != digest(want) || b.Size != int64(len(want)) {
			t.Errorf("%+v", b)
		}
		if content(t, b.OpenGzip)[:2] != "\x1f\x8b" {
			t.Error("not packed")
		}
	}
	s = store()
	if known := s.Known(); len(known) != 1 || known[0].GOARCH != "arm64" {
		t.Errorf("known after a build: %v", known)
	}
	if _, err := s.For(t.Context(), "linux", "arm64"); err != nil || said != 1 {
		t.Errorf("%v, said %d times", err, said)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = store()
	if _, err := s.For(t.Context(), "linux", "arm64"); err != nil {
		t.Fatal(err)
	}
	if built, err := os.ReadFile(count); err != nil || len(built) != 2 || said != 2 {
		t.Errorf("built %d times, %v", len(built), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a_test.go"), []byte("package b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if known := store().Known(); len(known) != 1 {
		t.Error("a test file made the runner stale")
	}
}

func TestOrder(t *testing.T) {
	ofSource := func(digest string) []packed {
		return []packed{{GOOS: "linux", GOARCH: "arm", SHA256: "e", Source: digest, open: func() (io.ReadCloser, error) { return nil, nil }}}
	}
	dir, _ := source(t, fakeGo)
	now, err := sourceDigest(dir)
	if err != nil {
		t.Fatal(err)
	}
	embedded := ofSource(now)
	self := program(t, "self")
	failing := "#!/bin/sh\necho 'a.go:1: broken' >&2; exit 1\n"
	for _, c := range []struct {
		name     string
		embedded []packed
		goTool   string
		self     string
		arch     string
		want     string // digest
		err      string
	}{
		{"embedded first", embedded, fakeGo, self, "arm", "e", ""},
		{"embedded without source", ofSource("any"), "", self, "arm", "e", ""},
		{"built where what is embedded is of another source", ofSource("older"), fakeGo, self, "arm", digest("built for linux/arm"), ""},
		{"built where not embedded", embedded, fakeGo, self, "386", digest("built for linux/386"), ""},
		{"oneself where the build fails", nil, failing, self, runtime.GOARCH, digest("self"), ""},
		{"oneself without source", nil, "", self, runtime.GOARCH, digest("self"), ""},
		{"no build for another machine", nil, failing, self, "riscv64", "", "a.go:1: broken"},
		{"nothing", nil, "", "", runtime.GOARCH, "", "use a released muster"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS != "linux" {
				t.Skip("one's own program is a runner on Linux only")
			}
			t.Setenv("COUNT", os.DevNull)
			o := Options{Self: c.self, CacheDir: t.TempDir(), SourceDir: t.TempDir()}
			if c.goTool != "" {
				o.SourceDir, o.CacheDir = source(t, c.goTool)
			}
			b, err := newStore(o, c.embedded).For(t.Context(), "linux", c.arch)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || b.SHA256 != c.want {
				t.Errorf("%s, %v", b.SHA256, err)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	embedded := []packed{{GOARCH: "amd64", SHA256: "a"}, {GOARCH: "arm", SHA256: "b"}}
	if known := newStore(Options{SourceDir: t.TempDir()}, embedded).Known(); len(known) != 2 || known[0].SHA256 != "a" {
		t.Errorf("embedded: %v", known)
	}
	if runtime.GOOS == "linux" {
		s := newStore(Options{Self: program(t, "self"), CacheDir: t.TempDir(), SourceDir: t.TempDir()}, nil)
		if known := s.Known(); len(known) != 1 || content(t, known[0].Open) != "self" {
			t.Errorf("oneself: %v", known)
		}
	}
	if known := newStore(Options{SourceDir: t.TempDir(), CacheDir: t.TempDir()}, nil).Known(); len(known) != 0 {
		t.Errorf("nothing: %v", known)
	}
}

func TestFull(t *testing.T) {
	embedded := []packed{{GOOS: "linux", GOARCH: "arm", SHA256: "slim"}, {GOOS: "linux", GOARCH: "arm", SHA256: "full", Full: true}}
	s := newStore(Options{SourceDir: t.TempDir()}, embedded)
	full := s.Full()
	if full == nil {
		t.Fatal("no full runners")
	}
	for want, from := range map[string]transport.Binaries{"slim": s, "full": full} {
		b, err := from.For(t.Context(), "linux", "arm")
		if known := from.Known(); err != nil || b.SHA256 != want || len(known) != 1 || known[0].SHA256 != want {
			t.Errorf("%s: %v, %v, %v", want, b, known, err)
		}
	}
	if newStore(Options{}, nil).Full() != nil {
		t.Error("a store without slim runners has others that are full")
	}
}

func TestReadIndex(t *testing.T) {
	files := fstest.MapFS{
		"embedded/index.json": {Data: []byte(`[{"goos":"linux","goarch":"arm","sha256":"ab","size":4,"file":"ab.gz"}]`)},
		"embedded/ab.gz":      {Data: []byte("packed")},
	}
	all, err := readIndex(files)
	if err != nil || len(all) != 1 || all[0].GOARCH != "arm" || content(t, all[0].open) != "packed" {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := readIndex(fstest.MapFS{}); err != nil || all != nil {
		t.Errorf("without an index: %v, %v", all, err)
	}
	if _, err := readIndex(fstest.MapFS{"embedded/index.json": {Data: []byte("{")}}); err == nil {
		t.Error("a damaged index was read")
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"old": 31 * 24 * time.Hour, "new": time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now().Add(-age), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	(&builder{cache: dir}).prune(time.Now())
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) != 1 || filepath.Base(left[0]) != "new" {
		t.Errorf("%v, %v", left, err)
	}
}

func TestCancelledBuild(t *testing.T) {
	dir, cache := source(t, "#!/bin/sh\nexec sleep 600\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newStore(Options{SourceDir: dir, CacheDir: cache, Self: program(t, "self")}, nil)
	if _, err := s.For(ctx, "linux", runtime.GOARCH); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestThisSourceIsFound(t *testing.T) {
	if dir := sourceDir(); dir != "" && !isSource(dir) { // "" where the test was built with -trimpath
		t.Errorf("%s is not muster's source", dir)
	}
	if isSource(t.TempDir()) {
		t.Error("an empty folder is source")
	}
}

// FuzzIndex reads what a release embeds.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`[{"goos":"linux"}]`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = readIndex(fstest.MapFS{"embedded/index.json": {Data: data}})
	})
}
