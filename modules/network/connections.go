package network

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"strconv"
	"strings"
)

// connection is a line of /proc/net/tcp or tcp6.
type connection struct {
	local, remote net.IP
	localPort     int
	state         int
}

// connectionState is the kernel's number of a state that counts as active, or 0.
func connectionState(name string) int {
	switch name {
	case "ESTABLISHED":
		return 1
	case "SYN_SENT":
		return 2
	case "SYN_RECV":
		return 3
	case "FIN_WAIT1":
		return 4
	case "FIN_WAIT2":
		return 5
	case "TIME_WAIT":
		return 6
	default:
		return 0
	}
}

// parseConnections reads /proc/net/tcp or tcp6; lines that it does not understand are left out.
func parseConnections(text string) []connection {
	var out []connection
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasSuffix(f[0], ":") {
			continue
		}
		state, err := strconv.ParseInt(f[3], 16, 32)
		local, port, ok := parseEndpoint(f[1])
		remote, _, ok2 := parseEndpoint(f[2])
		if err != nil || !ok || !ok2 {
			continue
		}
		out = append(out, connection{local: local, remote: remote, localPort: port, state: int(state)})
	}
	return out
}

// parseEndpoint reads an address as the kernel writes it: words in the byte order of the machine, taken as little endian.
func parseEndpoint(s string) (net.IP, int, bool) {
	addr, portText, ok := strings.Cut(s, ":")
	port, err := strconv.ParseUint(portText, 16, 16)
	raw, err2 := hex.DecodeString(addr)
	if !ok || err != nil || err2 != nil || len(raw) != 4 && len(raw) != 16 {
		return nil, 0, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(raw[i:], binary.LittleEndian.Uint32(raw[i:]))
	}
	return net.IP(raw), int(port), true
}
