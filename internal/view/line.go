package view

import (
	"io"
	"os"
	"sync"
)

// Line is one line at the end of a terminal that is drawn again and again. Everything else that writes to the terminal does
// it through Over, so that the line is never part of what stays. Its methods may be called concurrently; nil draws nothing.
type Line struct {
	mu      sync.Mutex
	tty     *os.File
	shown   bool
	amid    bool // what was written last did not end its line
	waiting int  // questions that are being asked
}

// NewLine returns the line of a terminal.
func NewLine(tty *os.File) *Line { return &Line{tty: tty} }

// Over returns a writer to the same terminal.
func (l *Line) Over(w io.Writer) io.Writer { return overLine{l, w} }

type overLine struct {
	line *Line
	w    io.Writer
}

// Write takes the line away and writes.
func (o overLine) Write(p []byte) (int, error) {
	o.line.mu.Lock()
	defer o.line.mu.Unlock()
	o.line.clear()
	if len(p) > 0 {
		o.line.amid = p[len(p)-1] != '\n'
	}
	return o.w.Write(p)
}

// Show draws a text, cut to the width of the terminal; an empty one takes the line away. While somebody is asked, and after
// half a line, nothing is drawn.
func (l *Line) Show(text string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	width := TerminalWidth(l.tty)
	if text == "" || l.amid || l.waiting > 0 || width < 20 {
		return
	}
	_, _ = io.WriteString(l.tty, cutTo(inert(text), width-1)) // a terminal that is gone shows nothing
	l.shown = true
}

// Hold takes the line away until the returned function is called: somebody is asked, or something else has the terminal.
func (l *Line) Hold() func() {
	if l == nil {
		return func() {}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	l.waiting++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiting--
	}
}

func (l *Line) clear() {
	if l.shown {
		_, _ = io.WriteString(l.tty, "\r\x1b[K")
		l.shown = false
	}
}

// cutTo cuts a text of one line to a width in columns.
func cutTo(text string, width int) string {
	if displayWidth(text) <= width {
		return text
	}
	n := 0
	for i, r := range text {
		if n += displayWidth(string(r)); n > width-1 {
			return text[:i] + "…"
		}
	}
	return text
}
