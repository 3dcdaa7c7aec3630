//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// screen is a terminal that a test types into and reads from.
type screen struct {
	t      *testing.T
	socket string
}

// patience is how long a screen may take to show what is waited for, on a slow machine.
const patience = 180 * time.Second

// newScreen opens a terminal of a size with a shell in dir.
func newScreen(t *testing.T, dir string, width, height int, env ...string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("this test needs tmux")
	}
	s := &screen{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	args := []string{"-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "-c", dir}
	for _, e := range append(env, "PS1=ready> ", "HISTFILE=") {
		args = append(args, "-e", e)
	}
	s.tmux(append(args, "bash", "--norc", "--noprofile")...)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	s.waits("ready>")
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// keys presses keys, by tmux's names.
func (s *screen) keys(names ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, names...)...)
}

// types a command line.
func (s *screen) types(line string) {
	s.t.Helper()
	s.tmux("send-keys", "-l", line)
	s.keys("Enter")
}

func (s *screen) text() string { return s.tmux("capture-pane", "-p") }

// until waits until the screen is as ok wants it, and returns it.
func (s *screen) until(what string, ok func(text string) bool) string {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	text := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if text = s.text(); ok(text) {
			return text
		}
	}
	s.t.Fatalf("waited in vain for %s; the screen shows:\n%s", what, text)
	return ""
}

// waits until all texts are on the screen.
func (s *screen) waits(texts ...string) string {
	s.t.Helper()
	return s.until(fmt.Sprintf("%q", texts), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// loses waits until none of the texts is on the screen.
func (s *screen) loses(texts ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q to go", texts), func(screen string) bool {
		for _, text := range texts {
			if strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// scrollback is everything that the shell's screen showed.
func (s *screen) scrollback() string { return s.tmux("capture-pane", "-p", "-S", "-3000", "-J") }

// sane waits for the shell and checks that the terminal is as a shell wants it.
func (s *screen) sane() {
	s.t.Helper()
	s.waits("ready>")
	s.types("clear; stty -a | tr ';' '\\n' | grep -cE '(^| )(icanon|echo|opost|isig)( |$)'; echo alternate $(tput colors >/dev/null; echo no); echo end-of-check")
	s.waits("end-of-check\n")
	if on := strings.TrimSpace(s.tmux("display-message", "-p", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}")); on != "001" {
		s.t.Errorf("alternate screen, mouse, cursor: %s, want 001", on)
	}
	out := s.text()
	if first, _, _ := strings.Cut(out, "\n"); strings.TrimSpace(first) == "0" {
		s.t.Errorf("the terminal is not as a shell wants it:\n%s", out)
	}
}
