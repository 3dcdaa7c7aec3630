package modulestest

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/musterhq/muster/modules/sys"
)

// Snapshot writes down every file, folder and link of a machine: kind, mode, owner, content or target.
func Snapshot(t *testing.T, s sys.Reader) string {
	t.Helper()
	var b strings.Builder
	snapshot(t, s, "/", &b)
	return b.String()
}

func snapshot(t *testing.T, s sys.Reader, dir string, b *strings.Builder) {
	t.Helper()
	list, err := s.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		p := path.Join(dir, entry.Name())
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
		b.WriteByte('\n')
		if st.IsDir() {
			snapshot(t, s, p, b)
		}
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
