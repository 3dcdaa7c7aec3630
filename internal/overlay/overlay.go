// Package overlay reads what a lab's host has changed on its disk, from the upper folder of its overlay, and compares
// two such readings: type, mode, owner and content of every path.
package overlay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// textLimit bounds the contents that are kept to show a difference, in bytes.
const textLimit = 256 << 10

// Entry is one path of an upper folder.
type Entry struct {
	Kind string // mode as ls(1) writes it, owner and group, and a link's target or a device's number
	Sum  string // of a file's content
	Text string // a small file's content
	Dir  bool
}

// Changes are the entries of an upper folder by path, without a slash in front.
type Changes map[string]Entry

// Read lists an upper folder without what the rules leave out, and without what is as it was in the lower folder. Lines
// that Unstamped takes away are no content.
func Read(upper, lower string, leave Rules) (Changes, error) {
	found := Changes{}
	err := filepath.WalkDir(upper, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(upper, path)
		if err != nil || rel == "." {
			return err
		}
		if leave.Match(rel) {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		entry, err := read(path, rel, e, leave)
		if err == nil && !same(entry, filepath.Join(lower, rel), rel, leave) {
			found[rel] = entry
		}
		return err
	})
	return found, err
}

// same says whether the lower folder has the same at a path.
func same(entry Entry, below, rel string, leave Rules) bool {
	info, err := os.Lstat(below)
	if err != nil {
		return false
	}
	was, err := read(below, rel, fs.FileInfoToDirEntry(info), leave)
	return err == nil && was == entry
}

func read(path, rel string, e fs.DirEntry, leave Rules) (Entry, error) {
	info, err := e.Info()
	if err != nil {
		return Entry{}, err
	}
	st := info.Sys().(*syscall.Stat_t)
	entry := Entry{Kind: fmt.Sprintf("%s %d:%d", info.Mode(), st.Uid, st.Gid), Dir: info.IsDir()}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return entry, err
		}
		entry.Kind += " -> " + target
	case info.Mode()&fs.ModeDevice != 0 && st.Rdev == 0:
		entry.Kind = "deleted"
	case info.Mode().IsRegular():
		data, err := os.ReadFile(path)
		if err != nil {
			return entry, err
		}
		data = leave.Unstamped(rel, data)
		sum := sha256.Sum256(data)
		entry.Sum = hex.EncodeToString(sum[:8])
		if len(data) <= textLimit {
			entry.Text = string(data)
		}
	}
	return entry, nil
}

// Compare names every path that differs between two readings, sorted: what each of them has there, and for small
// texts the first line that differs. A folder that only one of them has counts; what is in it is named as well.
func Compare(a, b Changes, nameA, nameB string) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	var out []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		x, inA := a[path]
		y, inB := b[path]
		if x == y {
			continue
		}
		out = append(out, fmt.Sprintf("/%s: %s: %s; %s: %s%s", path, nameA, describe(x, inA), nameB, describe(y, inB), firstDifference(x, y)))
	}
	return out
}

func describe(e Entry, there bool) string {
	if !there {
		return "unchanged"
	}
	return strings.TrimSpace(e.Kind + " " + e.Sum)
}

// firstDifference quotes the first lines that differ.
func firstDifference(a, b Entry) string {
	if a.Text == b.Text || a.Text == "" || b.Text == "" || strings.Contains(a.Text+b.Text, "\x00") {
		return ""
	}
	x, y := strings.Split(a.Text, "\n"), strings.Split(b.Text, "\n")
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("; line %d: %s and %s", i+1, line(x, i), line(y, i))
		}
	}
	return ""
}

func line(lines []string, i int) string {
	if i >= len(lines) {
		return "no such line"
	}
	return fmt.Sprintf("%.200q", lines[i])
}
