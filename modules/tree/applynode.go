package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"time"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// applyNode turns what stands at one path into what is wanted there.
func (c Change) applyNode(ctx context.Context, s sys.System, from, to Node) error {
	if !to.Exists() || EqualNode(from, to) && from.Exists() {
		return nil
	}
	if from.Exists() && !(from.Kind != to.Kind) {
		if err := unlockForChange(s, from, to); err != nil {
			return err
		}
	}
	switch to.Kind {
	case File:
		return c.applyFile(ctx, s, from, to)
	case Directory:
		if from.Kind != Directory {
			if err := s.Mkdir(to.Path, to.Perm); err != nil {
				return modules.Fail(modules.Result{"path": to.Path}, "There was an issue creating %s as requested: %s", to.Path, reason(err))
			}
			from = created(to)
		}
	case Link:
		if from.Kind != Link || from.Target != to.Target {
			if err := replaceLink(s, from, to); err != nil {
				return err
			}
			from = created(to)
		}
	case Fifo, Block, Char:
		if from.Kind != to.Kind {
			if err := s.Mknod(to.Path, deviceBits(to.Kind)|to.Perm, to.Rdev); err != nil {
				return err
			}
			from = created(to)
		}
	}
	return setAttributes(s, from, to)
}

// created is a node as it stands right after it was made: the owner is whatever the process gave.
func created(to Node) Node {
	return Node{Path: to.Path, Kind: to.Kind, Perm: to.Perm, UID: -1, GID: -1}
}

func deviceBits(k Kind) uint32 {
	switch k {
	case Fifo:
		return 0o010000
	case Char:
		return 0o020000
	default:
		return 0o060000
	}
}

// unlockForChange clears the immutable and append-only flags of a file that is to change in anything but these.
func unlockForChange(s sys.System, from, to Node) error {
	if to.Flags != nil {
		bare := to
		bare.Flags = nil
		if EqualNode(from, bare) {
			return nil
		}
	}
	return unlock(s, from)
}

func replaceLink(s sys.System, from, to Node) error {
	if !from.Exists() || from.Kind == Directory {
		if err := s.Symlink(to.Target, to.Path); err != nil {
			return modules.Fail(modules.Result{"path": to.Path}, "Error while linking: %v", err)
		}
		return nil
	}
	temp := beside(to.Path)
	if err := s.Symlink(to.Target, temp); err != nil {
		return modules.Fail(modules.Result{"path": to.Path}, "Error while replacing: %v", err)
	}
	if err := s.Rename(temp, to.Path); err != nil {
		return modules.Fail(modules.Result{"path": to.Path}, "Error while replacing: %v", errors.Join(err, s.Remove(temp)))
	}
	return nil
}

// beside names a temporary node in the folder of a path.
func beside(p string) string {
	return path.Join(path.Dir(p), sys.TemporaryName(time.Now()))
}

func (c Change) applyFile(ctx context.Context, s sys.System, from, to Node) error {
	switch {
	case to.HardOf != "" && from.HardOf != to.HardOf:
		if err := replaceByHardLink(s, from, to); err != nil {
			return err
		}
	case from.Kind == File && SameContent(from, to) && from.HardOf == to.HardOf:
		return setAttributes(s, from, to)
	default:
		if err := c.write(ctx, s, from, to); err != nil {
			return err
		}
		now := created(to)
		if from.Kind == File {
			now.Label = from.Label // replacing a file keeps its context
		}
		if to.UID >= 0 && !to.AnyOwner {
			now.UID = to.UID
		}
		if to.GID >= 0 && !to.AnyGroup {
			now.GID = to.GID
		}
		if to.AnyOwner || to.AnyGroup {
			to.UID, to.GID = -1, -1
		}
		from = now
	}
	if err := restoreXattrs(s, to); err != nil {
		return err
	}
	return setAttributes(s, from, to)
}

func replaceByHardLink(s sys.System, from, to Node) error {
	target := to.Path
	if from.Exists() && from.Kind != Directory {
		target = beside(to.Path)
	}
	if err := s.Link(to.HardOf, target); err != nil {
		return modules.Fail(modules.Result{"path": to.Path}, "Error while linking: %v", err)
	}
	if target == to.Path {
		return nil
	}
	err := s.Rename(target, to.Path)
	_ = s.Remove(target) // renaming one name of a file over another of it does nothing and leaves both
	return err
}

// write replaces a file's content atomically, after validation. The owner of a file that is replaced is kept where
// the process may.
func (c Change) write(ctx context.Context, s sys.System, from, to Node) error {
	content, err := to.Open(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: content: %w", to.Path, err)
	}
	defer content.Close()
	o := sys.WriteOptions{Perm: to.Perm, UID: to.UID, GID: to.GID, Unsafe: c.Unsafe, OwnerIfPermitted: to.AnyOwner || to.AnyGroup}
	if c.Validate != "" {
		return c.writeChecked(ctx, s, to, content, o)
	}
	return writeError(to.Path, s.WriteFile(to.Path, content, o))
}

func writeError(p string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return modules.Fail(nil, "Destination directory %s does not exist", path.Dir(p))
	case errors.Is(err, fs.ErrPermission):
		return modules.Fail(nil, "Destination %s not writable: %v", p, reason(err))
	default:
		return fmt.Errorf("%s: %w", p, reason(err))
	}
}

func restoreXattrs(s sys.System, to Node) error {
	names := make([]string, 0, len(to.Xattrs))
	for name := range to.Xattrs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := s.SetXattr(to.Path, name, to.Xattrs[name]); err != nil && !errors.Is(err, sys.ErrNotSupported) {
			return err
		}
	}
	return nil
}

// setAttributes changes owner, mode, label, times and flags, in the order in which they do not undo each other.
func setAttributes(s sys.System, from, to Node) error {
	chowned := false
	uid, gid := -1, -1
	if !sameID(from.UID, to.UID) || from.UID < 0 && to.UID >= 0 {
		uid = to.UID
	}
	if !sameID(from.GID, to.GID) || from.GID < 0 && to.GID >= 0 {
		gid = to.GID
	}
	if uid >= 0 || gid >= 0 {
		if err := s.Lchown(to.Path, uid, gid); err != nil {
			return chownError(to.Path, uid, err)
		}
		chowned = true
	}
	if to.Kind != Link && (from.Perm != to.Perm || chowned && to.Perm&0o6000 != 0) {
		if err := s.Chmod(to.Path, to.Perm); err != nil {
			return modules.Fail(modules.Result{"path": to.Path, "details": err.Error()}, "chmod failed")
		}
	}
	if to.Label != "" && to.Label != from.Label {
		if err := s.SetXattr(to.Path, labelAttribute, []byte(to.Label+"\x00")); err != nil {
			return modules.Fail(modules.Result{"path": to.Path, "new_context": to.Label}, "set selinux context failed: %v", reason(err))
		}
	}
	if err := setTimes(s, from, to); err != nil {
		return err
	}
	return setFlags(s, from, to)
}

func chownError(p string, uid int, err error) error {
	if uid >= 0 {
		return modules.Fail(modules.Result{"path": p}, "chown failed: %v", err)
	}
	return modules.Fail(modules.Result{"path": p}, "chgrp failed: %v", err)
}

func setTimes(s sys.System, from, to Node) error {
	var atime, mtime time.Time
	if to.Atime != 0 && to.Atime != from.Atime {
		atime = time.Unix(0, to.Atime)
	}
	if to.Mtime != 0 && to.Mtime != from.Mtime {
		mtime = time.Unix(0, to.Mtime)
	}
	if atime.IsZero() && mtime.IsZero() {
		return nil
	}
	if err := s.Chtimes(to.Path, atime, mtime); err != nil {
		return modules.Fail(modules.Result{"path": to.Path}, "Error while updating modification or access time: %v", err)
	}
	return nil
}

func setFlags(s sys.System, from, to Node) error {
	if to.Flags == nil {
		return nil
	}
	const locked = 0x10 | 0x20
	if from.Flags != nil && *from.Flags == *to.Flags && *to.Flags&locked == 0 {
		return nil
	}
	if err := s.SetFileFlags(to.Path, *to.Flags); err != nil {
		return modules.Fail(modules.Result{"path": to.Path, "details": err.Error()}, "chattr failed")
	}
	return nil
}
