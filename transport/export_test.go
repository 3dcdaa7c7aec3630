package transport

import "context"

// OpenAt is Open with other folders for root's cache and for temporary files, so that tests leave the machine alone.
func OpenAt(ctx context.Context, conn Conn, t Target, b Binaries, root string, temporary ...string) (*Session, error) {
	return opener{conn: conn, t: t, binaries: b, version: "1.2.3", places: places{root: root, temporary: temporary}}.open(ctx)
}

// Scripts are the scripts that must suit every login shell.
func Scripts() map[string]string {
	return map[string]string{"start": startScript, "install": installScript}
}

// Expand gives a session a full runner.
func Expand(s *Session, open func(ctx context.Context) (*Session, error)) { s.expand(newFull(open)) }
