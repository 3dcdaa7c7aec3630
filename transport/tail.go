package transport

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// tail keeps the last bytes written to it. It may be used concurrently.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*tailSize {
		t.buf = bytes.Clone(t.buf[len(t.buf)-tailSize:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// words is what a host printed, made harmless and short enough for a line: its last lines without control characters.
func words(text string) string {
	var lines []string
	size := 0
	all := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(all) - 1; i >= 0 && len(lines) < 4; i-- {
		line := strings.TrimSpace(Neutral(all[i]))
		if line == "" || strings.HasPrefix(line, "MUSTER-") {
			continue
		}
		if size += len(line); size > 400 && len(lines) > 0 {
			break
		}
		if len(line) > 400 {
			line = line[:400] + "…"
		}
		lines = append([]string{line}, lines...)
	}
	return strings.Join(lines, "; ")
}

// Neutral replaces what could change a terminal's state in text that a host sent: control characters but tab and line
// feed, and bytes that are no UTF-8.
func Neutral(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || r == utf8.RuneError {
			return '�'
		}
		return r
	}, text)
}
