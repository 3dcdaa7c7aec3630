package access

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules/sys"
)

// The files of the account database.
const (
	passwdFile  = "/etc/passwd"
	shadowFile  = "/etc/shadow"
	groupFile   = "/etc/group"
	gshadowFile = "/etc/gshadow"
	subuidFile  = "/etc/subuid"
	subgidFile  = "/etc/subgid"
)

// table is a file of lines that begin with a key and a colon.
type table struct {
	path  string
	lines []string
	found bool
	dirty bool
}

// database is the account files that a change touches, read once and written together.
type database struct{ tables map[string]*table }

// openDatabase reads account files. One that may not be read is taken as absent.
func openDatabase(r sys.Reader, paths ...string) (*database, error) {
	d := &database{tables: map[string]*table{}}
	for _, path := range paths {
		t := &table{path: path}
		data, err := r.ReadFile(path)
		switch {
		case err == nil:
			t.found = true
			if text := strings.TrimSuffix(string(data), "\n"); text != "" {
				t.lines = strings.Split(text, "\n")
			}
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return nil, fmt.Errorf("read account file: %w", err)
		}
		d.tables[path] = t
	}
	return d, nil
}

func allAccountFiles() []string {
	return []string{passwdFile, shadowFile, groupFile, gshadowFile, subuidFile, subgidFile}
}

func (d *database) in(path string) *table { return d.tables[path] }

// save writes what changed, each file with the mode and owner it had.
func (d *database) save(s sys.System) error {
	for _, path := range allAccountFiles() {
		t := d.tables[path]
		if t == nil || !t.dirty {
			continue
		}
		o := sys.WriteOptions{Perm: 0o644, UID: 0, GID: 0}
		if path == shadowFile || path == gshadowFile {
			o.Perm = 0o600
		}
		if st, err := s.Stat(path); err == nil {
			o = sys.WriteOptions{Perm: st.Perm, UID: st.UID, GID: st.GID}
		}
		text := strings.Join(t.lines, "\n")
		if text != "" {
			text += "\n"
		}
		if err := s.WriteFile(path, strings.NewReader(text), o); err != nil {
			return fmt.Errorf("write account file: %w", err)
		}
		t.dirty = false
	}
	return nil
}

func keyOf(line string) string { key, _, _ := strings.Cut(line, ":"); return key }

// find returns the place of a key's last line, which is the one that tools show; -1 if there is none.
func (t *table) find(key string) int {
	for i := len(t.lines) - 1; i >= 0; i-- {
		if keyOf(t.lines[i]) == key {
			return i
		}
	}
	return -1
}

// fields returns a key's line, split; nil if there is none.
func (t *table) fields(key string) []string {
	if i := t.find(key); i >= 0 {
		return strings.Split(t.lines[i], ":")
	}
	return nil
}

// set replaces a key's line or adds it at the end.
func (t *table) set(line string) {
	i := t.find(keyOf(line))
	switch {
	case i < 0:
		t.lines = append(t.lines, line)
	case t.lines[i] == line:
		return
	default:
		t.lines[i] = line
	}
	t.dirty = true
}

func (t *table) remove(key string) {
	kept := slices.DeleteFunc(slices.Clone(t.lines), func(l string) bool { return keyOf(l) == key })
	if len(kept) != len(t.lines) {
		t.lines, t.dirty = kept, true
	}
}

// insertAfter adds a line behind another key's, or at the start for the key "", or at the end if that key is gone.
func (t *table) insertAfter(key, line string) {
	at := t.find(key) + 1
	if at == 0 && key != "" {
		at = len(t.lines)
	}
	t.lines, t.dirty = slices.Insert(t.lines, at, line), true
}

// members lists the last field of a line of group or gshadow.
func members(line string) []string {
	i := strings.LastIndexByte(line, ':')
	if i < 0 || line[i+1:] == "" {
		return nil
	}
	return strings.Split(line[i+1:], ",")
}

// setMember makes a user a member of a group or not; at is the place among the members, -1 the end.
func (t *table) setMember(group, user string, member bool, at int) {
	i := t.find(group)
	if i < 0 {
		return
	}
	line := t.lines[i]
	list := members(line)
	switch has := slices.Index(list, user); {
	case member == (has >= 0):
		return
	case !member:
		list = slices.DeleteFunc(slices.Clone(list), func(m string) bool { return m == user })
	case at < 0 || at > len(list):
		list = append(slices.Clone(list), user)
	default:
		list = slices.Insert(slices.Clone(list), at, user)
	}
	t.lines[i] = line[:strings.LastIndexByte(line, ':')+1] + strings.Join(list, ",")
	t.dirty = true
}
