package ssh

import (
	"io"
	"net"
	"os"
)

// relayMain is what this test binary does when a proxy command runs it: it connects its standard streams to an address.
func relayMain(to string) {
	conn, err := net.Dial("tcp", to)
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	go func() {
		io.Copy(conn, os.Stdin)
		conn.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(os.Stdout, conn)
}
