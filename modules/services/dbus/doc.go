// Package dbus is a small client of the D-Bus protocol: enough to ask systemd about its units. It speaks over a Unix
// socket with EXTERNAL authentication, one call at a time or several in one write, and ignores signals.
//
// It exists beside the general D-Bus libraries because a runner asks little and must be small and quick: it decodes
// straight into plain Go values without reflection.
package dbus

// Message is a method call.
type Message struct {
	Destination string // the service's bus name
	Path        string // the object
	Interface   string
	Member      string
	Args        []any // string, bool, uint32 or []string
}

// Variant is a value together with its type.
type Variant struct {
	Signature string
	Value     any
}

// Path is an object path.
type Path string

// Error is an error reply of the peer.
type Error struct {
	Name    string // such as org.freedesktop.systemd1.NoSuchUnit
	Message string
}

// Error returns the peer's text, or the error's name where there is none.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Name
	}
	return e.Message
}

// Limits of what is accepted from a peer.
const (
	maxMessage = 64 << 20
	maxDepth   = 32
)
