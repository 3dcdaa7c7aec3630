//go:build !linux

package ssh

import (
	"fmt"
	"time"
)

// tune refuses what only Linux can do.
func tune(_ uintptr, _ time.Duration, device string) error {
	if device != "" {
		return fmt.Errorf("bindinterface %s: not possible on this system", device)
	}
	return nil
}
