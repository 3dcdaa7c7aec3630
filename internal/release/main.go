// Command release builds what is published: archives for every platform with the program, its manual pages and
// completions, packages for Debian and Red Hat, and checksums. The same source, version and SOURCE_DATE_EPOCH make the same
// bytes.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is one build of everything.
type release struct {
	version string
	out     string
	when    time.Time
	nfpm    string // its module and version; "" makes no packages
	shared  []entry
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &release{}
	flag.StringVar(&r.version, "version", "", "version, as v1.2.3")
	flag.StringVar(&r.out, "out", "dist", "folder for the results")
	flag.StringVar(&r.nfpm, "nfpm", "", "module@version of nfpm, for packages; empty makes none")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64", "what to build for")
	flag.Parse()
	if err := r.build(ctx, strings.Split(*platforms, ",")); err != nil {
		fmt.Fprintf(os.Stderr, "release: %v\n", err)
		os.Exit(1)
	}
}

func (r *release) build(ctx context.Context, platforms []string) error {
	if r.version == "" {
		return errors.New("-version is missing")
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH must be the time of the release in seconds: %w", err)
	}
	r.when = time.Unix(seconds, 0).UTC()
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	if err := r.collect(ctx); err != nil {
		return err
	}
	for _, p := range platforms {
		if err := r.platform(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return r.checksums()
}

// collect makes the files that every archive has.
func (r *release) collect(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "muster-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	err = run(ctx, nil, "go", "run", "./cmd/muster", "reference", "--man", filepath.Join(dir, "man"), "--completions", filepath.Join(dir, "completions"))
	if err != nil {
		return err
	}
	if err := r.addTree(dir); err != nil {
		return err
	}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "docs/schema/playbook.json", "docs/schema/tasks.json", "docs/schema/inventory.json", "docs/schema/config.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r.shared = append(r.shared, entry{strings.TrimPrefix(name, "docs/"), data, 0o644})
	}
	return nil
}

func (r *release) addTree(dir string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		r.shared = append(r.shared, entry{filepath.ToSlash(rel), data, 0o644})
		return err
	})
}

// platform builds the program for GOOS/GOARCH, its archive and its packages.
func (r *release) platform(ctx context.Context, platform string) error {
	system, arch, ok := strings.Cut(platform, "/")
	if !ok {
		return errors.New("a platform is GOOS/GOARCH")
	}
	name := "muster"
	if system == "windows" {
		name = "muster.exe"
	}
	dir, err := os.MkdirTemp("", "muster-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	binary := filepath.Join(dir, name)
	env := []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch, "GOFLAGS="}
	err = run(ctx, env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version="+r.version, "-o", binary, "./cmd/muster")
	if err != nil {
		return err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	if err := r.archive(system, arch, entry{name, program, 0o755}); err != nil {
		return err
	}
	if system != "linux" || r.nfpm == "" {
		return nil
	}
	return r.packages(ctx, dir, arch)
}

// archive writes a zip for Windows, and a tar.gz for everybody else.
func (r *release) archive(system, arch string, program entry) error {
	base := fmt.Sprintf("muster_%s_%s_%s", strings.TrimPrefix(r.version, "v"), system, arch)
	entries := []entry{}
	for _, e := range append([]entry{program}, r.shared...) {
		e.name = path.Join(base, e.name)
		entries = append(entries, e)
	}
	var out bytes.Buffer
	write, ext := writeTar, ".tar.gz"
	if system == "windows" {
		write, ext = writeZip, ".zip"
	}
	if err := write(&out, entries, r.when); err != nil {
		return err
	}
	fmt.Println(base + ext)
	return os.WriteFile(filepath.Join(r.out, base+ext), out.Bytes(), 0o644)
}

// checksums writes SHA256SUMS of everything in the folder.
func (r *release) checksums() error {
	files, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var lines []string
	for _, f := range files {
		if f.IsDir() || f.Name() == "SHA256SUMS" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(r.out, f.Name()))
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), f.Name()))
	}
	slices.Sort(lines)
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(strings.Join(lines, "")), 0o644)
}

// run runs a program in the project's folder with a few variables more.
func run(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return nil
}
