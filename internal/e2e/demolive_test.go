//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
)

// TestDemoLive: the demo under the live view can be looked at and rolled back, and leaves nothing.
func TestDemoLive(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	link(t, muster(t), filepath.Join(dir, "muster"))
	s := newScreen(t, dir, 80, 24, append(newUser(t), "TERM=screen-256color", "TMPDIR="+temporary)...)
	s.types("./muster demo --tui; echo exit $?")
	s.waits("DONE in", "exit code 0", "changed (4)", "web4")
	s.keys("u")
	s.waits("Roll back what this run changed?")
	s.keys("y")
	s.waits("rolled back (4)", "rolled back on 4 hosts")
	s.keys("q")
	s.waits("PLAY RECAP", "rolledback=8", "exit 6")
	s.sane()
	if left, err := filepath.Glob(filepath.Join(temporary, "*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
