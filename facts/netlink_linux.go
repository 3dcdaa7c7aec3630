package facts

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// links lists the network interfaces and their addresses in the kernel's order.
func (linux) links() ([]link, error) {
	found, err := netlinkDump(unix.RTM_GETLINK)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	var list []link
	place := map[int]int{}
	for _, m := range found {
		if m.Header.Type != unix.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg {
			continue
		}
		l := link{index: int(int32(binary.NativeEndian.Uint32(m.Data[4:])))}
		for _, a := range attributes(m.Data[unix.SizeofIfInfomsg:]) {
			if a.kind == unix.IFLA_IFNAME {
				l.name = cString(a.value)
			}
		}
		place[l.index] = len(list)
		list = append(list, l)
	}
	found, err = netlinkDump(unix.RTM_GETADDR)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, m := range found {
		index, a, ok := parseAddress(m)
		if i, known := place[index]; ok && known {
			list[i].addrs = append(list[i].addrs, a)
		}
	}
	return list, nil
}

func netlinkDump(request int) ([]syscall.NetlinkMessage, error) {
	data, err := syscall.NetlinkRIB(request, unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	return syscall.ParseNetlinkMessage(data)
}

func parseAddress(m syscall.NetlinkMessage) (index int, a address, ok bool) {
	if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg {
		return 0, a, false
	}
	a.prefix, a.scope = int(m.Data[1]), m.Data[3]
	a.secondary = m.Data[2]&unix.IFA_F_SECONDARY != 0
	index = int(binary.NativeEndian.Uint32(m.Data[4:]))
	var local, remote netip.Addr
	for _, at := range attributes(m.Data[unix.SizeofIfAddrmsg:]) {
		switch at.kind {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(at.value)
		case unix.IFA_ADDRESS:
			remote, _ = netip.AddrFromSlice(at.value)
		case unix.IFA_BROADCAST:
			a.broadcast, _ = netip.AddrFromSlice(at.value)
		case unix.IFA_LABEL:
			a.label = cString(at.value)
		case unix.IFA_FLAGS:
			if len(at.value) >= 4 {
				a.secondary = binary.NativeEndian.Uint32(at.value)&unix.IFA_F_SECONDARY != 0
			}
		}
	}
	a.ip = remote
	if local.IsValid() {
		a.ip, a.peer = local, remote.IsValid() && remote != local
	}
	return index, a, a.ip.IsValid()
}

// attributeType masks the flags out of an attribute's type.
const attributeType = 0x3fff

type attribute struct {
	kind  uint16
	value []byte
}

// attributes splits a netlink message's attributes; what is cut off is left out.
func attributes(data []byte) []attribute {
	var list []attribute
	for len(data) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(data))
		if size < unix.SizeofRtAttr || size > len(data) {
			break
		}
		list = append(list, attribute{kind: binary.NativeEndian.Uint16(data[2:]) & attributeType, value: data[unix.SizeofRtAttr:size]})
		data = data[min((size+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1), len(data)):]
	}
	return list
}

func cString(b []byte) string { return unix.ByteSliceToString(b) }
