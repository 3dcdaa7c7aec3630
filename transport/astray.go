package transport

import (
	"bytes"
	"io"
	"strings"

	"github.com/musterhq/muster/transport/wire"
)

// misled passes standard error of a starting command on and calls found, once, when the runner's greeting is part of it.
type misled struct {
	to    io.Writer
	found func()
	last  []byte // the end of what came, in which a greeting may have begun
	over  bool
}

func (m *misled) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	if m.over {
		return n, err
	}
	m.last = append(m.last, p...)
	if bytes.Contains(m.last, []byte(wire.Magic)) {
		m.over = true
		m.found()
	}
	m.last = append(m.last[:0], m.last[max(0, len(m.last)-len(wire.Magic)):]...)
	return n, err
}

// astray says that what our commands print on standard output arrives elsewhere: their words are on standard error only.
func astray(stdout, stderr string) bool {
	if strings.Contains(stdout, markProbe) || strings.Contains(stdout, markStart) {
		return false
	}
	if strings.Contains(stderr, wire.Magic) {
		return true
	}
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line == markProbe || line == wire.Astray {
			return true
		}
	}
	return false
}

func astrayError(host string) *Error {
	return &Error{Host: host, Kind: KindNoShell, What: "a login file redirects the standard output of commands",
		Hint: "take redirections such as exec 1>&2 out of ~/.bashrc, ~/.zshenv and their like, or keep them for terminals: [ -t 1 ] && exec …"}
}
