package facts

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// route asks the kernel which way a packet to an address would take; no packet is sent.
func (linux) route(to netip.Addr) (route, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return route{}, fmt.Errorf("route to %s: %w", to, err)
	}
	defer func() { _ = unix.Close(fd) }()
	kernelAddr := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.Sendto(fd, routeRequest(to), 0, kernelAddr); err != nil {
		return route{}, fmt.Errorf("route to %s: %w", to, err)
	}
	buf := make([]byte, 8192)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return route{}, fmt.Errorf("route to %s: %w", to, err)
	}
	answer, err := parseRoute(buf[:n])
	if err != nil {
		return route{}, fmt.Errorf("route to %s: %w", to, err)
	}
	return answer, nil
}

func routeRequest(to netip.Addr) []byte {
	family := byte(unix.AF_INET)
	if to.Is6() {
		family = unix.AF_INET6
	}
	raw := to.AsSlice()
	size := unix.SizeofNlMsghdr + unix.SizeofRtMsg + unix.SizeofRtAttr + len(raw)
	msg := make([]byte, size)
	binary.NativeEndian.PutUint32(msg[0:], uint32(size))
	binary.NativeEndian.PutUint16(msg[4:], unix.RTM_GETROUTE)
	binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(msg[8:], 1)
	rt := msg[unix.SizeofNlMsghdr:]
	rt[0], rt[1] = family, byte(len(raw)*8)
	at := rt[unix.SizeofRtMsg:]
	binary.NativeEndian.PutUint16(at[0:], uint16(unix.SizeofRtAttr+len(raw)))
	binary.NativeEndian.PutUint16(at[2:], unix.RTA_DST)
	copy(at[unix.SizeofRtAttr:], raw)
	return msg
}

func parseRoute(answer []byte) (route, error) {
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return route{}, err
	}
	for _, m := range messages {
		switch {
		case m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= 4:
			return route{}, syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
		case m.Header.Type == unix.RTM_NEWROUTE && len(m.Data) >= unix.SizeofRtMsg:
			if kind := m.Data[7]; kind != unix.RTN_UNICAST && kind != unix.RTN_LOCAL {
				return route{}, unix.ENETUNREACH
			}
			return routeFrom(attributes(m.Data[unix.SizeofRtMsg:])), nil
		}
	}
	return route{}, unix.ENETUNREACH
}

func routeFrom(list []attribute) route {
	var r route
	for _, a := range list {
		switch a.kind {
		case unix.RTA_OIF:
			if len(a.value) >= 4 {
				r.index = int(binary.NativeEndian.Uint32(a.value))
			}
		case unix.RTA_PREFSRC:
			r.source, _ = netip.AddrFromSlice(a.value)
		case unix.RTA_GATEWAY:
			r.gateway, _ = netip.AddrFromSlice(a.value)
		case unix.RTA_VIA: // a gateway of the other family, behind two bytes that name it
			if len(a.value) > 2 {
				r.gateway, _ = netip.AddrFromSlice(a.value[2:])
			}
		}
	}
	return r
}
