package tui

import (
	"io"
	"os"
	"sync"
)

// terminalInput reads the keys, and tells when there can be none any more: the terminal hung up, or its window was closed.
type terminalInput struct {
	*os.File
	once sync.Once
	lost func()
}

// Read reads what was typed. A terminal that draws full screens has no key for the end of input, so an end is a loss.
func (t *terminalInput) Read(p []byte) (int, error) {
	n, err := t.File.Read(p)
	if n > 0 || err == nil {
		return n, nil
	}
	t.once.Do(t.lost)
	return 0, io.EOF
}
