package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// tcp connects over the network, as the options on addresses and liveness say.
func (d *Dialer) tcp(ctx context.Context, s *settings) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: 30 * time.Second}
	if !s.tcpKeepAlive {
		dialer.KeepAlive = -1
	}
	if s.bindAddress != "" {
		local, err := net.ResolveTCPAddr(s.network, net.JoinHostPort(s.bindAddress, "0"))
		if err != nil {
			return nil, fmt.Errorf("bindaddress %s: %w", s.bindAddress, err)
		}
		dialer.LocalAddr = local
	}
	dialer.Control = func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = tune(fd, time.Duration(s.aliveMax)*s.aliveInterval, s.bindInterface)
		})
		return errors.Join(err, failed)
	}
	return dialer.DialContext(ctx, s.network, s.address())
}
