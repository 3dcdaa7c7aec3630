package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// Place is where a user's journal lies on a machine.
type Place struct {
	Folder  string // survives a reboot
	Runtime string // holds the lock; in memory where the machine has a place for that
	User    string
}

// PlaceOf returns the place for the process' user on a machine; name and home are that user's. Root's is the same for
// every run, whoever connected. A user without a home that can be written to has it in /var/tmp, which outlives a reboot.
func PlaceOf(s sys.System, name, home string) Place {
	root, uid := s.Root(), s.Getuid()
	if root != "/" {
		return Place{Folder: filepath.Join(root, "var/lib/muster/journal"), Runtime: filepath.Join(root, "run/muster"), User: "root"}
	}
	if uid == 0 {
		return Place{Folder: "/var/lib/muster/journal", Runtime: runtimeFolder("/run", 0, "/var/lib/muster/lock"), User: name}
	}
	state := environ(s, "XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		state = filepath.Join(home, ".local/state")
	}
	state = filepath.Join(state, "muster")
	if !reachable(state) {
		state = fmt.Sprintf("/var/tmp/muster-%d", uid)
	}
	return Place{Folder: filepath.Join(state, "journal"), User: name,
		Runtime: runtimeFolder("/run/user/"+strconv.Itoa(uid), uid, filepath.Join(state, "lock"))}
}

// reachable reports that a folder is there or can be made by this process: accounts such as nobody and www-data have a home
// that does not exist, or that is not theirs.
func reachable(dir string) bool {
	for {
		i, err := os.Stat(dir)
		switch {
		case err == nil:
			return i.IsDir() && writable(dir)
		case !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir):
			return false
		}
		dir = filepath.Dir(dir)
	}
}

// runtimeFolder is a folder below base where that belongs to the user, else the other one.
func runtimeFolder(base string, uid int, other string) string {
	i, err := os.Lstat(base)
	if err != nil || !i.IsDir() {
		return other
	}
	if owner, known := ownerOf(i); !known || owner != uid {
		return other
	}
	return filepath.Join(base, "muster")
}

func environ(s sys.System, name string) string {
	for _, e := range s.Environ() {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// private makes a folder that only its user can enter, or demands that it is one. made says that it was not there.
func private(dir string) (made bool, err error) {
	i, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return false, err
		}
		if err = os.Mkdir(dir, 0o700); err == nil {
			return true, nil
		}
		i, err = os.Lstat(dir) // somebody else was faster
	}
	switch {
	case err != nil:
		return false, err
	case !i.IsDir():
		return false, fmt.Errorf("%s is no folder", dir)
	}
	if owner, known := ownerOf(i); known && owner != os.Geteuid() {
		return false, fmt.Errorf("%s belongs to user %d, and the journal must be its user's own", dir, owner)
	}
	if i.Mode().Perm()&0o077 != 0 {
		return false, os.Chmod(dir, 0o700)
	}
	return false, nil
}

// durable makes private folders one below the other, each durable in the one above. The first is made as private does.
func durable(dirs ...string) error {
	for _, d := range dirs {
		made, err := private(d)
		if err == nil && made {
			err = syncFolder(filepath.Dir(d))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
