package modulestest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

// Snapshot writes down every file, folder and link of a machine: kind, mode, owner, content or target, extended attributes.
// What lies in the folders except is left out.
func Snapshot(t *testing.T, s sys.Reader, except ...string) string {
	t.Helper()
	var b strings.Builder
	snapshot(t, s, "/", &b, except)
	return b.String()
}

func snapshot(t *testing.T, s sys.Reader, dir string, b *strings.Builder, except []string) {
	t.Helper()
	list, err := s.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		p := path.Join(dir, entry.Name())
		if slices.Contains(except, p) {
			continue
		}
		st, err := s.Lstat(p)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "%s %s %04o %d:%d", p, st.Mode.Type(), st.Perm, st.UID, st.GID)
		switch {
		case st.IsLink():
			target, err := s.Readlink(p)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(b, " -> %s", target)
		case st.IsRegular():
			content, err := s.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(b, " %q", content)
		}
		attributes(t, s, p, b)
		b.WriteByte('\n')
		if st.IsDir() {
			snapshot(t, s, p, b, except)
		}
	}
}

func attributes(t *testing.T, s sys.Reader, p string, b *strings.Builder) {
	t.Helper()
	names, err := s.ListXattr(p)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		v, err := s.Xattr(p, name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, " %s=%x", name, v)
	}
}

// difference shows the lines that only one of two snapshots has.
func difference(before, after string) string {
	has := map[string]bool{}
	for _, l := range strings.Split(before, "\n") {
		has[l] = true
	}
	var b strings.Builder
	for _, l := range strings.Split(after, "\n") {
		if !has[l] {
			b.WriteString("+ " + l + "\n")
		}
		delete(has, l)
	}
	for _, l := range strings.Split(before, "\n") {
		if has[l] {
			b.WriteString("- " + l + "\n")
		}
	}
	return b.String()
}

// Difference lists the lines that only one of two snapshots has: + of the later, in its order, then - of the earlier.
func Difference(earlier, later string) string {
	var added, gone strings.Builder
	before, after := lines(earlier), lines(later)
	for l := range strings.SplitSeq(later, "\n") {
		if !before[l] {
			added.WriteString("+ " + l + "\n")
		}
	}
	for l := range strings.SplitSeq(earlier, "\n") {
		if !after[l] {
			gone.WriteString("- " + l + "\n")
		}
	}
	return added.String() + gone.String()
}

func lines(text string) map[string]bool {
	set := map[string]bool{}
	for l := range strings.SplitSeq(text, "\n") {
		set[l] = true
	}
	return set
}
