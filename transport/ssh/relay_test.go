package ssh

import (
	"io"
	"net"
	"os"
	"testing"
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

// relay builds a command that connects its standard input and output to %h:%p, from this test binary.
func relay(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "MUSTER_RELAY=%h:%p '" + self + "'"
}

func TestMain(m *testing.M) {
	if to := os.Getenv("MUSTER_RELAY"); to != "" {
		relayMain(to)
		return
	}
	os.Exit(m.Run())
}
