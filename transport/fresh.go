package transport

import (
	"context"
	"errors"
	"fmt"
)

// Fresh opens a connection and a runner beside those that the pool holds, to see whether the target can be reached now. The
// caller closes it.
func (p *Pool) Fresh(ctx context.Context, t Target) (s *Session, closing func() error, err error) {
	kind := t.Connection
	if kind == "" {
		kind = "ssh"
	}
	d, ok := p.dialers[kind]
	if !ok {
		return nil, nil, &Error{Host: t.Name, Kind: KindConfig, What: fmt.Sprintf("connection %q is not known", kind), Hint: "ansible_connection may be ssh or local"}
	}
	conn, err := d.Dial(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	if s, err = Open(ctx, conn, t, p.binaries, p.version); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return s, func() error { return errors.Join(s.Close(), conn.Close()) }, nil
}
