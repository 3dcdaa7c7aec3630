package journal

import (
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/sys"
)

// sweep removes the temporary files that a dead process left beside what it was writing. They have names of their own, no
// other process of this user works on the host while its lock is held, and only those that are younger than the entry go.
func (s *Store) sweep(e *entry) {
	for dir := range foldersOf(e) {
		list, err := s.machine.Sys.ReadDir(dir)
		if err != nil {
			continue // gone with the rest, perhaps
		}
		for _, item := range list {
			if !sys.IsTemporary(item.Name()) || !item.Type().IsRegular() {
				continue
			}
			p := path.Join(dir, item.Name())
			if st, err := s.machine.Sys.Lstat(p); err == nil && st.Mtime.After(e.Time.Add(-time.Second)) {
				_ = s.machine.Sys.Remove(p) // a file too many is no reason to stop
			}
		}
	}
}

// foldersOf are the folders around every path that an entry names.
func foldersOf(e *entry) map[string]bool {
	found := map[string]bool{}
	for _, src := range [][]byte{e.Params, e.From, e.To} {
		var v any
		if json.Unmarshal(src, &v) == nil {
			collectFolders(v, found)
		}
	}
	return found
}

func collectFolders(v any, found map[string]bool) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "/") && len(v) < 4096 && !strings.ContainsAny(v, "\n\x00") {
			found[path.Dir(path.Clean(v))] = true
			found[path.Clean(v)] = true // where it names a folder
		}
	case []any:
		for _, item := range v {
			collectFolders(item, found)
		}
	case map[string]any:
		for k, item := range v {
			collectFolders(k, found)
			collectFolders(item, found)
		}
	}
}
