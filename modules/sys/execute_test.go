package sys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestTalkativeCommand has a command print more than is kept: it runs to its end, and the caller is told.
func TestTalkativeCommand(t *testing.T) {
	after := filepath.Join(t.TempDir(), "after")
	script := fmt.Sprintf("head -c %d /dev/zero; echo end >&2; : > %s", outputMost+1, after)
	out, err := Real().Run(t.Context(), Command{Argv: []string{"sh", "-c", script}})
	if !errors.Is(err, ErrTooMuch) || len(out.Stdout) != outputMost || string(out.Stderr) != "end\n" || out.Code != 0 {
		t.Errorf("%d bytes, %q, code %d: %v", len(out.Stdout), out.Stderr, out.Code, err)
	}
	if _, err := os.Stat(after); err != nil {
		t.Errorf("the command was stopped: %v", err)
	}
	out, err = Real().Run(t.Context(), Command{Argv: []string{"head", "-c", fmt.Sprint(outputMost), "/dev/zero"}})
	if err != nil || len(out.Stdout) != outputMost {
		t.Errorf("%d bytes: %v", len(out.Stdout), err)
	}
}
