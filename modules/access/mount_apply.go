package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

func applyMount(ctx context.Context, s sys.System, p MountParams, from, to MountState) error {
	if modules.Undoing(ctx) {
		return p.undo(ctx, s, from, to)
	}
	if err := p.writeFstab(s, from, to); err != nil {
		return err
	}
	switch {
	case from.Mounted && !to.Mounted:
		if err := mountProgram(ctx, s, "Error unmounting "+p.Path, "umount", p.Path); err != nil {
			return err
		}
	case !from.Mounted && to.Mounted:
		return p.mountOrTakeBack(ctx, s, from, to)
	case to.Remount > 0:
		err := p.remount(ctx, s)
		if err != nil && from.Fstab != to.Fstab {
			err = errors.Join(err, restoreFstab(s, p.fstab(), from.Fstab))
		}
		return err
	}
	if from.There && !to.There {
		if err := s.Remove(p.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("Error rmdir %s: %w", p.Path, err) //nolint:staticcheck // the words users know
		}
	}
	return nil
}

func (p MountParams) writeFstab(s sys.System, from, to MountState) error {
	if from.Fstab == to.Fstab {
		return nil
	}
	if p.Backup && from.Fstab.Exists {
		name, err := s.TempFile("/etc", "fstab.")
		if err == nil {
			err = s.WriteFile(name, strings.NewReader(from.Fstab.Content), sys.WriteOptions{Perm: from.Fstab.Perm, UID: from.Fstab.UID, GID: from.Fstab.GID})
		}
		if err != nil {
			return fmt.Errorf("back up %s: %w", p.fstab(), err)
		}
		*to.backup = name
	}
	if err := putFile(s, p.fstab(), to.Fstab); err != nil {
		return fmt.Errorf("write %s: %w", p.fstab(), err)
	}
	return nil
}

// mountOrTakeBack mounts. A line that cannot be mounted would keep the host from starting: it is taken back.
func (p MountParams) mountOrTakeBack(ctx context.Context, s sys.System, from, to MountState) error {
	made := missing(s, p.Path)
	err := mkdirAll(s, p.Path)
	if err == nil {
		err = p.mount(ctx, s)
	}
	if err == nil {
		return nil
	}
	if from.Fstab != to.Fstab {
		err = errors.Join(err, restoreFstab(s, p.fstab(), from.Fstab))
	}
	return errors.Join(err, removeEmpty(s, made))
}

func restoreFstab(s sys.System, file string, was fileState) error {
	if !was.Exists {
		if err := s.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return putFile(s, file, was)
}

func (p MountParams) mount(ctx context.Context, s sys.System) error {
	return mountProgram(ctx, s, "Error mounting "+p.Path, append(p.command(""), p.Path)...)
}

// command is mount with what it has to be told: an fstab of its own, or all of it where there is no line.
func (p MountParams) command(option string) []string {
	argv := []string{"mount"}
	opts, _, _ := p.options()
	switch {
	case p.State == "ephemeral":
		if option != "" {
			opts = option + "," + opts
		}
		return append(argv, "-t", *p.FSType, "-o", opts, *p.Src)
	case p.Fstab != nil:
		argv = append(argv, "-T", *p.Fstab)
	}
	if option != "" {
		argv = append(argv, "-o", option)
	}
	return argv
}

// remount changes the options in place, or mounts anew where the file system cannot do that.
func (p MountParams) remount(ctx context.Context, s sys.System) error {
	err := mountProgram(ctx, s, "Error remounting "+p.Path, append(p.command("remount"), p.Path)...)
	if err == nil {
		return nil
	}
	if unmountErr := mountProgram(ctx, s, "Error unmounting "+p.Path, "umount", p.Path); unmountErr != nil {
		return errors.Join(err, unmountErr)
	}
	return p.mount(ctx, s)
}

func mountProgram(ctx context.Context, s sys.System, failure string, argv ...string) error {
	out, err := s.Run(ctx, sys.Command{Argv: argv})
	if err != nil {
		return fmt.Errorf("%s: %w", failure, err)
	}
	if out.Code != 0 {
		return fmt.Errorf("%s: %s%s", failure, out.Stdout, out.Stderr)
	}
	return nil
}

// undo unmounts what the task mounted, restores fstab, and mounts what the task unmounted.
func (p MountParams) undo(ctx context.Context, s sys.System, from, to MountState) error {
	if from.Mounted && !to.Mounted {
		if err := mountProgram(ctx, s, "Error unmounting "+p.Path, "umount", p.Path); err != nil {
			return err
		}
	}
	if from.Fstab != to.Fstab {
		if err := restoreFstab(s, p.fstab(), to.Fstab); err != nil {
			return fmt.Errorf("restore %s: %w", p.fstab(), err)
		}
	}
	if from.Backup != "" {
		if err := s.Remove(from.Backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove backup: %w", err)
		}
	}
	if err := removeEmpty(s, to.Made); err != nil {
		return err
	}
	if to.There && !from.There {
		if err := mkdirAll(s, p.Path); err != nil {
			return err
		}
	}
	if to.Mounted && !from.Mounted {
		return mountProgram(ctx, s, "Error mounting "+p.Path, "mount", p.Path)
	}
	return nil
}
