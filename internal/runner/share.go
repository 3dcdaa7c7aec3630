package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// shared returns the words that start this program as a runner for another user. Where that user cannot reach the
// program (in a private home, say) a copy is put where everybody may execute it and only we may write it; the program
// holds no secret.
func (s *server) shared(ctx context.Context, user string) ([]string, error) {
	self := append([]string{}, s.Self...)
	if len(self) == 0 {
		return nil, errors.New("this runner cannot start itself for another user")
	}
	if user == "" || user == "root" || open(self[0]) {
		return self, nil
	}
	var errs []error
	for _, base := range []string{"/var/tmp", "/tmp", "/dev/shm"} {
		path, err := s.copyTo(ctx, base)
		if err == nil {
			self[0] = path
			return self, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("no place from which %s can execute the runner: %w", user, errors.Join(errs...))
}

// open reports that everybody can execute a file: it and all folders above it allow that.
func open(path string) bool {
	if i, err := os.Stat(path); err != nil || i.Mode()&0o005 != 0o005 {
		return false
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if i, err := os.Stat(dir); err != nil || i.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// copyTo puts a copy of this program below base, under its digest; one that is there already is used if it is whole.
func (s *server) copyTo(ctx context.Context, base string) (string, error) {
	if err := executable(base); err != nil {
		return "", err
	}
	digest, err := s.digest()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "muster-"+strconv.Itoa(os.Getuid()))
	for _, d := range []string{dir, filepath.Join(dir, digest)} {
		if err := ownFolder(d); err != nil {
			return "", err
		}
	}
	path := filepath.Join(dir, digest, "runner")
	if i, err := os.Lstat(path); err == nil && i.Mode().IsRegular() && i.Mode().Perm() == 0o755 && mine(i) && undamaged(path, digest) {
		return path, nil
	}
	return path, install(ctx, path, digest)
}

// undamaged reports that a file has a digest: a copy that a full disk or a power cut has damaged is made anew.
func undamaged(path, digest string) bool {
	got, err := digestOfFile(path)
	return err == nil && got == digest
}

// ownFolder makes a folder that everybody may enter and only we may write, or demands that it is one.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	i, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !i.IsDir() || !mine(i):
		return fmt.Errorf("%s belongs to somebody else", dir)
	case i.Mode().Perm() != 0o755:
		return os.Chmod(dir, 0o755)
	}
	return nil
}

func mine(i os.FileInfo) bool {
	uid, known := ownedBy(i)
	return !known || uid == os.Getuid()
}

// digest is the SHA-256 of this program: the name of the folder that it was installed in, or else computed.
func (s *server) digest() (string, error) {
	if name := filepath.Base(filepath.Dir(s.Self[0])); isDigest(name) {
		return name, nil
	}
	return digestOfFile(s.Self[0])
}

func digestOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	return digestOf(f)
}

func digestOf(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func isDigest(name string) bool {
	return len(name) == 2*sha256.Size && strings.Trim(name, "0123456789abcdef") == ""
}

// install copies this running program to path, atomically, and verifies what it wrote.
func install(ctx context.Context, path, digest string) (err error) {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := os.CreateTemp(filepath.Dir(path), ".runner-*")
	if err != nil {
		return err
	}
	defer func() {
		_ = to.Close()
		if err != nil {
			_ = os.Remove(to.Name())
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, h), from); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return fmt.Errorf("%s: the running program has another digest", path)
	}
	if err := errors.Join(to.Chmod(0o755), to.Close()); err != nil {
		return err
	}
	return os.Rename(to.Name(), path)
}
