package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

const defaultSkeleton = "/etc/skel"

// skeleton is the folder whose content a new home gets.
func (p UserParams) skeleton() string {
	if p.Skeleton != nil {
		return *p.Skeleton
	}
	return defaultSkeleton
}

// newHome is the home folder that the change has to fill; "" where the folder is there, is moved, or is not known.
func (p UserParams) newHome(r sys.Reader, from UserState) string {
	home := path.Join("/home", p.Name)
	switch {
	case from.Exists && p.MoveHome:
		return ""
	case p.Home != nil:
		home = *p.Home
	case from.Exists:
		home = from.Home
	}
	if _, err := r.Lstat(home); err == nil {
		return ""
	}
	return home
}

// makeHome makes a home folder with the skeleton's content, all of it the user's own.
func makeHome(s sys.System, p UserParams, account UserState) error {
	home := account.Home
	if p.Home != nil {
		home = *p.Home
	}
	if err := mkdirAll(s, path.Dir(home)); err != nil {
		return err
	}
	if err := copyTree(s, p.skeleton(), home, homeMode(s, p), account.UID, account.GID); err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	return nil
}

// homeMode is login.defs' HOME_MODE, else what the umask leaves.
func homeMode(r sys.Reader, p UserParams) uint32 {
	defs := loginDefs(r)
	if mode, err := strconv.ParseUint(defs["HOME_MODE"], 8, 32); err == nil && p.Umask == nil {
		return uint32(mode) & 0o7777
	}
	umask := or(defs["UMASK"], "022")
	if p.Umask != nil {
		umask = *p.Umask
	}
	mask, err := strconv.ParseUint(umask, 8, 32)
	if err != nil {
		mask = 0o022
	}
	return 0o777 &^ uint32(mask)
}

// template lists what a folder gives its copies: nothing where it is not there, or is /dev/null, as useradd has it.
func template(r sys.Reader, folder string) ([]fs.DirEntry, error) {
	if folder == os.DevNull {
		return nil, nil
	}
	entries, err := r.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// copyTree copies a folder, its files and links; a folder that is not there is copied as an empty one.
func copyTree(s sys.System, from, to string, perm uint32, uid, gid int) error {
	if err := s.Mkdir(to, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.Lchown(to, uid, gid); err != nil {
		return err
	}
	entries, err := template(s, from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyEntry(s, path.Join(from, e.Name()), path.Join(to, e.Name()), uid, gid); err != nil {
			return err
		}
	}
	return nil
}

func copyEntry(s sys.System, from, to string, uid, gid int) error {
	st, err := s.Lstat(from)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		return copyTree(s, from, to, st.Perm, uid, gid)
	case st.IsLink():
		target, err := s.Readlink(from)
		if err != nil {
			return err
		}
		if err := s.Symlink(target, to); err != nil {
			return err
		}
		return s.Lchown(to, uid, gid)
	case st.IsRegular():
		content, err := s.Open(from)
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }()
		return s.WriteFile(to, content, sys.WriteOptions{Perm: st.Perm, UID: uid, GID: gid})
	}
	return nil
}

func removeWithHome(s sys.System, name, home string) error {
	for _, file := range mailFiles(name) {
		if err := s.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove mail: %w", err)
		}
	}
	if home == "" || home == "/" {
		return nil
	}
	if err := s.RemoveAll(home); err != nil {
		return fmt.Errorf("remove home: %w", err)
	}
	return nil
}

func mailFiles(name string) []string { return []string{"/var/mail/" + name, "/var/spool/mail/" + name} }

func moveHome(s sys.System, from, to string) error {
	if _, err := s.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := s.Lstat(to); err == nil {
		return fmt.Errorf("move home: %s exists", to)
	}
	if err := mkdirAll(s, path.Dir(to)); err != nil {
		return err
	}
	if err := s.Rename(from, to); err != nil {
		return fmt.Errorf("move home: %w", err)
	}
	return nil
}

// undoUser brings an account back to what it was: the exact lines of the files, the home folder where it was.
func undoUser(ctx context.Context, s sys.System, p UserParams, from, to UserState) error {
	if err := restoreRecord(ctx, s, p.Name, to.Kept, allAccountFiles()...); err != nil {
		return err
	}
	if from.Key != to.Key && to.Key == "" {
		if err := removeKey(s, p, from.Home); err != nil {
			return err
		}
	}
	if err := undoHome(ctx, s, p, from, to); err != nil {
		return err
	}
	return removeEmpty(s, to.Made)
}

func undoHome(ctx context.Context, s sys.System, p UserParams, from, to UserState) error {
	home := from.Home
	if p.Home != nil {
		home = *p.Home
	}
	_, homeErr := s.Lstat(to.Home)
	switch {
	case !to.Exists && from.Exists:
		if err := removeEmptyMail(s, p.Name); err != nil {
			return err
		}
		return removePristine(ctx, s, p, home, to.HomeThere)
	case to.Exists && from.Exists && p.MoveHome && from.Home != to.Home:
		return moveHome(s, from.Home, to.Home)
	case to.HomeThere && !from.HomeThere && homeErr != nil:
		modules.Warn(ctx, "the files of the home folder of %s were removed and cannot be restored; it has the skeleton's now", p.Name)
		return makeHome(s, UserParams{Home: &to.Home}, to)
	case from.HomeThere && !to.HomeThere:
		return removePristine(ctx, s, p, home, false)
	}
	return nil
}

func removeEmptyMail(s sys.System, name string) error {
	for _, file := range mailFiles(name) {
		if st, err := s.Lstat(file); err == nil && st.IsRegular() && st.Size == 0 {
			if err := s.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove mail: %w", err)
			}
		}
	}
	return nil
}

// removePristine removes a home folder that the task made, if it still holds only what the skeleton gave it.
func removePristine(ctx context.Context, s sys.System, p UserParams, home string, wasThere bool) error {
	st, err := s.Lstat(home)
	if wasThere || err != nil || !st.IsDir() || home == "/" {
		return nil
	}
	if !onlyFrom(s, p.skeleton(), home) {
		modules.Warn(ctx, "%s holds files that the task did not make; it is left where it is", home)
		return nil
	}
	if err := s.RemoveAll(home); err != nil {
		return fmt.Errorf("remove home: %w", err)
	}
	return nil
}

// copied returns an error unless a folder has all of another one's files and folders, of the same sizes: useradd copies the
// skeleton without a word about a full disk.
func copied(r sys.Reader, original, dir string) error {
	entries, err := template(r, original)
	if err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	for _, e := range entries {
		a, b := path.Join(original, e.Name()), path.Join(dir, e.Name())
		want, err := r.Lstat(a)
		if err != nil || !want.IsRegular() && !want.IsDir() {
			continue
		}
		got, err := r.Lstat(b)
		if err == nil && want.IsDir() {
			err = copied(r, a, b)
		}
		if errors.Is(err, fs.ErrNotExist) || err == nil && want.IsRegular() && want.Size != got.Size {
			err = fmt.Errorf("make home: %s is not a whole copy of %s; is the disk full?", b, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// onlyFrom reports that a folder holds nothing but copies of another folder's entries; files may be cut short, as an
// interrupted copy leaves them.
func onlyFrom(r sys.Reader, original, dir string) bool {
	entries, err := r.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		a, b := path.Join(original, e.Name()), path.Join(dir, e.Name())
		sa, errA := r.Lstat(a)
		sb, errB := r.Lstat(b)
		if errA != nil || errB != nil || sa.Mode.Type() != sb.Mode.Type() {
			return false
		}
		switch {
		case sa.IsDir():
			if !onlyFrom(r, a, b) {
				return false
			}
		case sa.IsRegular():
			x, errX := r.ReadFile(a)
			y, errY := r.ReadFile(b)
			if errX != nil || errY != nil || !bytes.HasPrefix(x, y) {
				return false
			}
		}
	}
	return true
}
