package docs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// patience is how long a command may take to write what is waited for.
const patience = 2 * time.Minute

// background is a command that goes on.
type background struct {
	cmd    *exec.Cmd
	output *waitingBuffer
	gone   chan struct{}
}

// startBackground starts a command and waits until it has written a text. One that ends before that is an error.
func startBackground(cmd *exec.Cmd, text string) (*background, error) {
	b := &background{cmd: cmd, output: &waitingBuffer{text: []byte(text), seen: make(chan struct{})}, gone: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = b.output, b.output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // what it wrote tells more
		close(b.gone)
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-b.output.seen:
		return b, nil
	case <-b.gone:
		return nil, fmt.Errorf("it ended before it wrote %q:\n%s", text, b.output.String())
	case <-limit.C:
		b.end()
		return nil, fmt.Errorf("it did not write %q:\n%s", text, b.output.String())
	}
}

// end interrupts the command, as its user would, and waits for it.
func (b *background) end() {
	_ = b.cmd.Process.Signal(os.Interrupt)
	select {
	case <-b.gone:
	case <-time.After(patience):
		_ = b.cmd.Process.Kill()
		<-b.gone
	}
}

// waitingBuffer keeps what is written and tells when a text was among it.
type waitingBuffer struct {
	text []byte
	seen chan struct{}

	mu    sync.Mutex
	buf   bytes.Buffer
	found bool
}

func (w *waitingBuffer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(p)
	if !w.found && bytes.Contains(w.buf.Bytes(), w.text) {
		w.found = true
		close(w.seen)
	}
	return len(p), nil
}

// String is everything that was written so far.
func (w *waitingBuffer) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}
