// Package runnerbin knows which program muster pushes to a host. In this order:
//
//  1. A slim runner embedded when muster was released, from the same source: the usual case. It is a fraction of the controller's size, starts
//     faster, and goes over the line packed as it is stored. It makes no web requests, which are a third of a program: the
//     full runner for get_url and uri is embedded too, and follows on first need.
//  2. A full runner built from muster's own source, where muster was built on this machine (go run, go build, go install)
//     and the Go toolchain is still there. It is built once for each change of the source and platform and kept in the
//     user's cache folder: the first contact takes some seconds more, every later one is as fast as a release.
//  3. The controller's own program, which is a runner under its hidden runner command, where the host's system and
//     architecture are its own. It is larger by some ten times, and always works.
//  4. Nothing; the error says what to do.
package runnerbin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/musterhq/muster/transport"
)

// Platforms are what runners exist for, the likeliest first.
func Platforms() [][2]string {
	return [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "arm"}, {"linux", "386"}, {"linux", "riscv64"}}
}

// Options say where runners come from.
type Options struct {
	// Self is the running program, if its runner command makes it a runner; "" if it has none.
	Self string
	// CacheDir keeps what was built; "" is muster's folder among the user's caches.
	CacheDir string
	// SourceDir is muster's source; "" looks where this program was built.
	SourceDir string
	// Log is told when something takes a while; nil is fine.
	Log func(line string)
}

// Store finds runners. Its methods may be called concurrently.
type Store struct {
	o        Options
	embedded []packed
	// fullStore finds full runners; nil where there are no slim ones.
	fullStore *Store
	builder   func() *builder // nil where there is no source or no toolchain
	self      func() (transport.Binary, error)

	mu    sync.Mutex
	known map[[2]string]*once
}

// once makes one platform's binary for all who wait for it; errors are not kept.
type once struct {
	mu   sync.Mutex
	done bool
	b    transport.Binary
}

var _ transport.FullBinaries = (*Store)(nil)

// New makes a store. It reads nothing yet but the index of what is embedded.
func New(o Options) (*Store, error) {
	e, err := readIndex(embeddedFiles)
	if err != nil {
		return nil, fmt.Errorf("embedded runners: %w", err)
	}
	return newStore(o, e), nil
}

// Full gives the full runners; nil where all runners are full.
func (s *Store) Full() transport.Binaries {
	if s.fullStore == nil {
		return nil
	}
	return s.fullStore
}

// fullOnly makes a list of full runners look like any other.
func fullOnly(all []packed) []packed {
	out := append([]packed{}, all...)
	for i := range out {
		out[i].Full = false
	}
	return out
}

func newStore(o Options, embedded []packed) *Store {
	if o.Log == nil {
		o.Log = func(string) {}
	}
	s := &Store{o: o, known: map[[2]string]*once{}}
	var full []packed
	for _, p := range embedded {
		if p.Full {
			full = append(full, p)
		} else {
			s.embedded = append(s.embedded, p)
		}
	}
	if len(full) > 0 && len(s.embedded) > 0 {
		s.fullStore = newStore(o, fullOnly(full))
	}
	s.builder = sync.OnceValue(func() *builder { return newBuilder(o) })
	s.self = sync.OnceValues(s.packSelf)
	return s
}

// Known lists the runners that are at hand without building.
func (s *Store) Known() []transport.Binary {
	var all []transport.Binary
	for _, p := range s.embedded {
		if s.current(p) {
			all = append(all, p.binary())
		}
	}
	if len(all) > 0 {
		return all
	}
	if b := s.builder(); b != nil {
		for _, p := range Platforms() {
			if bin, ok := b.cached(p[0], p[1]); ok {
				all = append(all, bin)
			}
		}
		return all
	}
	if s.o.Self != "" && runtime.GOOS == "linux" {
		if bin, err := s.self(); err == nil {
			all = append(all, bin)
		}
	}
	return all
}

// For returns the runner of a platform.
func (s *Store) For(ctx context.Context, goos, goarch string) (transport.Binary, error) {
	key := [2]string{goos, goarch}
	s.mu.Lock()
	o, ok := s.known[key]
	if !ok {
		o = &once{}
		s.known[key] = o
	}
	s.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return o.b, nil
	}
	b, err := s.find(ctx, goos, goarch)
	if err != nil {
		return transport.Binary{}, err
	}
	o.b, o.done = b, true
	return b, nil
}

func (s *Store) find(ctx context.Context, goos, goarch string) (transport.Binary, error) {
	for _, p := range s.embedded {
		if p.GOOS == goos && p.GOARCH == goarch && s.current(p) {
			return p.binary(), nil
		}
	}
	var buildErr error
	if b := s.builder(); b != nil {
		bin, err := b.build(ctx, goos, goarch)
		if err == nil {
			return bin, nil
		}
		if ctx.Err() != nil {
			return transport.Binary{}, context.Cause(ctx)
		}
		buildErr = err
	}
	if s.o.Self != "" && goos == runtime.GOOS && goarch == runtime.GOARCH {
		return s.self()
	}
	if buildErr != nil {
		return transport.Binary{}, fmt.Errorf("build it: %w", buildErr)
	}
	return transport.Binary{}, errors.New("this muster carries none; use a released muster, or build muster on this machine and keep the Go toolchain in PATH")
}

// current reports whether an embedded runner speaks for this program. Where muster's source is at hand, runners that an
// earlier state of it made are passed over: they may speak another language than the program that was built since.
func (s *Store) current(p packed) bool {
	b := s.builder()
	return b == nil || p.Source == b.digest
}

// packSelf makes a runner of the controller's own program.
func (s *Store) packSelf() (transport.Binary, error) {
	dir, err := s.cacheDir()
	if err != nil {
		return transport.Binary{}, err
	}
	p, err := pack(s.o.Self, dir, fastest)
	if err != nil {
		return transport.Binary{}, fmt.Errorf("%s: %w", s.o.Self, err)
	}
	p.GOOS, p.GOARCH = runtime.GOOS, runtime.GOARCH
	return p.binary(), nil
}

func (s *Store) cacheDir() (string, error) { return cacheDir(s.o) }

func cacheDir(o Options) (string, error) {
	if o.CacheDir != "" {
		return o.CacheDir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "muster", "runners"), nil
}
