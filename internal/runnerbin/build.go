package runnerbin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/musterhq/muster/transport"
)

// modulePath is muster's module; a folder is muster's source when its go.mod says so.
const modulePath = "github.com/musterhq/muster"

// builder builds runners from source and keeps them in a folder.
type builder struct {
	goTool string
	source string
	digest string // of the source
	cache  string
	log    func(string)
}

// newBuilder returns nil where there is no source, no toolchain or no folder to keep things in.
func newBuilder(o Options) *builder {
	source := o.SourceDir
	if source == "" {
		source = sourceDir()
	}
	if source == "" || !isSource(source) {
		return nil
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil
	}
	cache, err := cacheDir(o)
	if err != nil {
		return nil
	}
	digest, err := sourceDigest(source)
	if err != nil {
		return nil
	}
	return &builder{goTool: tool, source: source, digest: digest, cache: cache, log: o.Log}
}

// sourceDir is where this program was compiled; "" when that was not recorded.
func sourceDir() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

func isSource(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(first) == "module "+modulePath
}

// sourceDigest covers all code that could be part of the runner.
func sourceDigest(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != dir && (strings.HasPrefix(name, ".") || name == "testdata" || name == "embedded" || name == "docs" || name == "examples") {
				return filepath.SkipDir
			}
			return nil
		}
		if name != "go.mod" && name != "go.sum" && (!strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go")) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s\x00%d\x00%s", filepath.ToSlash(rel), len(data), data)
		return err
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (b *builder) record(goos, goarch string) string {
	return filepath.Join(b.cache, fmt.Sprintf("%s-%s-%s.json", b.digest[:24], goos, goarch))
}

// cached returns what was built before from this very source.
func (b *builder) cached(goos, goarch string) (transport.Binary, bool) {
	data, err := os.ReadFile(b.record(goos, goarch))
	if err != nil {
		return transport.Binary{}, false
	}
	var p packed
	if json.Unmarshal(data, &p) != nil || p.File != filepath.Base(p.File) {
		return transport.Binary{}, false
	}
	path := filepath.Join(b.cache, p.File)
	if _, err := os.Stat(path); err != nil {
		return transport.Binary{}, false
	}
	p.open = func() (io.ReadCloser, error) { return os.Open(path) }
	return p.binary(), true
}

// build compiles the runner of a platform, unless that was done before.
func (b *builder) build(ctx context.Context, goos, goarch string) (transport.Binary, error) {
	if bin, ok := b.cached(goos, goarch); ok {
		return bin, nil
	}
	b.log(fmt.Sprintf("building the runner for %s/%s; this happens once for each change of the source", goos, goarch))
	dir, err := os.MkdirTemp("", "muster-build-*")
	if err != nil {
		return transport.Binary{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "runner")
	if err := Compile(ctx, b.goTool, b.source, goos, goarch, program, Quick); err != nil {
		return transport.Binary{}, err
	}
	p, err := pack(program, b.cache, 6)
	if err != nil {
		return transport.Binary{}, err
	}
	p.GOOS, p.GOARCH = goos, goarch
	data, err := json.Marshal(p)
	if err != nil {
		return transport.Binary{}, err
	}
	err = replace(b.record(goos, goarch), func(w io.Writer) error { _, err := w.Write(data); return err })
	if err != nil {
		return transport.Binary{}, err
	}
	b.prune(time.Now())
	return p.binary(), nil
}

// Form says what a build is for.
type Form int

// Quick builds share compiled packages with other builds on the machine and can do everything. Slim and Full ones leave out
// what costs size: inlined copies of functions and the padding between them; Slim ones also leave out web requests.
const (
	Quick Form = iota
	Slim
	Full
)

// Compile builds the runner of a platform from muster's source.
func Compile(ctx context.Context, goTool, source, goos, goarch, output string, form Form) error {
	args := []string{"build", "-trimpath", "-buildvcs=false"}
	switch form {
	case Quick:
		args = append(args, "-tags=nethttpomithttp2", "-ldflags=-s -w")
	case Slim:
		args = append(args, "-tags=slim", "-gcflags=all=-l", "-ldflags=-s -w -funcalign=8")
	case Full:
		args = append(args, "-tags=nethttpomithttp2", "-gcflags=all=-l", "-ldflags=-s -w -funcalign=8")
	}
	cmd := exec.CommandContext(ctx, goTool, append(args, "-o", output, "./cmd/muster-runner")...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOARM=6", "GO386=sse2", "GOFLAGS=-mod=readonly", "GOWORK=off")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build: %w: %s", errors.Join(err, ctx.Err()), lastLines(said.String()))
	}
	return nil
}

func lastLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}

// prune removes what was built more than 30 days ago; what cannot be removed stays.
func (b *builder) prune(now time.Time) {
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() && now.Sub(i.ModTime()) > 30*24*time.Hour {
			_ = os.Remove(filepath.Join(b.cache, e.Name()))
		}
	}
}
