package serve

import (
	"net"
	"os"
	"strconv"
	"time"
)

// Tell tells systemd how the daemon is, when it runs under it: READY=1, RELOADING=1, STOPPING=1, WATCHDOG=1. socket is
// NOTIFY_SOCKET; without one it does nothing.
func Tell(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // a datagram is sent or not
	_, err = conn.Write([]byte(state))
	return err
}

// WatchdogInterval is how often systemd wants a sign of life, halved; 0 when it does not. usec and pid are WATCHDOG_USEC
// and WATCHDOG_PID.
func WatchdogInterval(usec, pid string) time.Duration {
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0
	}
	return time.Duration(n) * time.Microsecond / 2
}
