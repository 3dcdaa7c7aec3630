package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	saltFile   = "salt"
	lockFile   = "lock"
	folderSalt = 32
	keptIdle   = 90 * 24 * time.Hour // files of keys that no run used for so long are removed
	keptTouch  = 24 * time.Hour      // how exactly the last use is known
)

// keptFolder is an open folder of kept keys. It and everything read from it belong to this user and are closed to others.
type keptFolder struct{ root *os.Root }

// openKeptFolder opens a folder, which is made when make is set. A folder of somebody else, or open to others, is an error.
func openKeptFolder(path string, make bool) (*keptFolder, error) {
	if make {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && !private(info) {
		err = fmt.Errorf("%s: it belongs to somebody else, or others can look into it", path)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &keptFolder{root}, nil
}

func (f *keptFolder) close() { _ = f.root.Close() } // nothing was written through it that could be lost

// read returns a file's content.
func (f *keptFolder) read(name string) ([]byte, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !private(info) || info.Size() > keptMaxSize {
		return nil, errKept
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(file, keptMaxSize))
	return b, errors.Join(err, file.Close())
}

// replace writes a file as a whole. The caller has the lock.
func (f *keptFolder) replace(name string, content []byte) error {
	fresh := name + ".new"
	if err := f.root.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := f.root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return f.root.Rename(fresh, name)
}

// salt returns the folder's salt; os.ErrNotExist when it has none yet.
func (f *keptFolder) salt() ([]byte, error) {
	b, err := f.read(saltFile)
	if err == nil && len(b) != folderSalt {
		err = errKept
	}
	return b, err
}

// ensureSalt returns the folder's salt and makes one where there is none that is good. The caller has the lock.
func (f *keptFolder) ensureSalt() ([]byte, error) {
	if b, err := f.salt(); err == nil {
		return b, nil
	}
	b := make([]byte, folderSalt)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	return b, f.replace(saltFile, b)
}

// used notes that a file of keys is in use.
func (f *keptFolder) used(name string, now time.Time) {
	if info, err := f.root.Lstat(name); err == nil && now.Sub(info.ModTime()) > keptTouch {
		_ = f.root.Chtimes(name, now, now) // at worst its keys are derived again in three months
	}
}

// prune removes what no run used for long: files of passwords that were changed, and what a folder's former salt has left.
func (f *keptFolder) prune(now time.Time) error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	entries, err := dir.ReadDir(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == saltFile || e.Name() == lockFile {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keptIdle {
			if err := f.root.Remove(e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
