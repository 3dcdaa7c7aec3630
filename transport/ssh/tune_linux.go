package ssh

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// tune makes the kernel give up on a peer that acknowledges nothing for a while, and binds to an interface.
func tune(fd uintptr, patience time.Duration, device string) error {
	if patience > 0 {
		// A kernel without the option still has the keepalives above it.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(patience.Milliseconds()))
	}
	if device == "" {
		return nil
	}
	if err := unix.BindToDevice(int(fd), device); err != nil {
		return fmt.Errorf("bindinterface %s: %w", device, err)
	}
	return nil
}
