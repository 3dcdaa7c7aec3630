package sys

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// swap is a content that puts a link to victim in the place of the file that it is written to, as the owner of the folder could.
type swap struct {
	dir, victim string
	done        bool
}

func (s *swap) Read(p []byte) (int, error) {
	if s.done {
		return 0, io.EOF
	}
	s.done = true
	names, err := filepath.Glob(filepath.Join(s.dir, temporaryPrefix+"*"))
	if err != nil || len(names) != 1 {
		return 0, os.ErrInvalid
	}
	if err := os.Remove(names[0]); err != nil {
		return 0, err
	}
	return copy(p, "content"), os.Symlink(s.victim, names[0])
}

func TestWriteFileFollowsNoLinkInThePlaceOfItsTemporaryFile(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "shadow")
	if err := os.WriteFile(victim, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	content := &swap{dir: dir, victim: victim}
	if err := Real().WriteFile(filepath.Join(dir, "f"), content, WriteOptions{Perm: 0o644, UID: os.Getuid(), GID: -1}); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Lstat(victim)
	if err != nil || fi.Mode().Perm() != 0o600 || !content.done {
		t.Errorf("the file that the link names: %v, %v", fi.Mode(), err)
	}
	if text, err := os.ReadFile(victim); err != nil || string(text) != "secret" {
		t.Errorf("the file that the link names: %q, %v", text, err)
	}
}
