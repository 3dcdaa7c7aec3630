// Package netaddr computes with addresses and networks of IPv4 and IPv6, as the filters of ansible.utils need it.
package netaddr

import (
	"errors"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// ErrFormat is text that is no address or network.
var ErrFormat = errors.New("not an IP address or network")

// Network is an address with the length of its network's prefix. The address may be any of the network.
type Network struct {
	Version int // 4 or 6
	IP      *big.Int
	Prefix  int
}

// Width is the number of bits of an address.
func (n Network) Width() int {
	if n.Version == 4 {
		return 32
	}
	return 128
}

// FromInt makes a network of an address given as a number.
func FromInt(version int, ip *big.Int, prefix int) (Network, error) {
	n := Network{version, ip, prefix}
	if ip.Sign() < 0 || ip.BitLen() > n.Width() || prefix < 0 || prefix > n.Width() {
		return n, ErrFormat
	}
	return n, nil
}

// Parse reads an address, or one with a prefix, a netmask or a wildcard mask after a slash. The last parts of an IPv4
// address may be left out.
func Parse(s string) (Network, error) {
	address, suffix, hasSuffix := strings.Cut(s, "/")
	ip, err := parseAddress(address)
	if err != nil {
		return Network{}, err
	}
	n := Network{Version: 6, IP: new(big.Int).SetBytes(ip.AsSlice())}
	if ip.Is4() {
		n.Version = 4
	}
	n.Prefix = n.Width()
	if !hasSuffix {
		return n, nil
	}
	if prefix, err := strconv.Atoi(suffix); err == nil && strings.Trim(suffix, "0123456789") == "" {
		if prefix > n.Width() {
			return n, ErrFormat
		}
		n.Prefix = prefix
		return n, nil
	}
	mask, err := netip.ParseAddr(suffix)
	if err != nil || mask.Is4() != ip.Is4() {
		return n, ErrFormat
	}
	return n.withMask(new(big.Int).SetBytes(mask.AsSlice()))
}

func parseAddress(s string) (netip.Addr, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip.Zone() != "" {
			return ip, ErrFormat
		}
		return ip, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) > 3 || s == "" {
		return netip.Addr{}, ErrFormat
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	ip, err := netip.ParseAddr(strings.Join(parts, "."))
	if err != nil {
		return ip, ErrFormat
	}
	return ip, nil
}

func (n Network) withMask(mask *big.Int) (Network, error) {
	inverted := new(big.Int).Xor(mask, n.all())
	for _, wild := range []*big.Int{inverted, mask} {
		above := new(big.Int).Add(wild, big.NewInt(1))
		if new(big.Int).And(above, wild).Sign() == 0 {
			n.Prefix = n.Width() - wild.BitLen()
			return n, nil
		}
	}
	return n, ErrFormat
}

// all has every bit of an address set.
func (n Network) all() *big.Int {
	one := big.NewInt(1)
	return one.Sub(new(big.Int).Lsh(one, uint(n.Width())), big.NewInt(1))
}

// Size is the number of addresses of the network.
func (n Network) Size() *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n.Width()-n.Prefix)) }

// Hostmask has the bits set that the prefix leaves free.
func (n Network) Hostmask() *big.Int { return new(big.Int).Sub(n.Size(), big.NewInt(1)) }

// First is the network's own address.
func (n Network) First() *big.Int { return new(big.Int).AndNot(n.IP, n.Hostmask()) }

// Last is the network's last address.
func (n Network) Last() *big.Int { return new(big.Int).Or(n.IP, n.Hostmask()) }

// Netmask has the bits of the prefix set.
func (n Network) Netmask() *big.Int { return new(big.Int).Xor(n.all(), n.Hostmask()) }

// Network is the same network, written with its first address.
func (n Network) Network() Network { return Network{n.Version, n.First(), n.Prefix} }

// IsFirst reports that the address is the network's first.
func (n Network) IsFirst() bool { return n.IP.Cmp(n.First()) == 0 }

// HasBroadcast reports that the network has an address for all: not so in IPv4 networks of one or two addresses.
func (n Network) HasBroadcast() bool { return n.Version == 6 || n.Prefix < 31 }

// Address writes a number as an address of this network's version.
func (n Network) Address(ip *big.Int) string {
	if ip.Sign() < 0 || ip.BitLen() > n.Width() {
		return ""
	}
	b := ip.FillBytes(make([]byte, n.Width()/8))
	a, _ := netip.AddrFromSlice(b)
	if n.Version == 6 && ip.BitLen() > 16 && ip.BitLen() <= 32 {
		four, _ := netip.AddrFromSlice(b[12:])
		return "::" + four.String()
	}
	return a.String()
}

// String writes the address with the prefix.
func (n Network) String() string { return n.Address(n.IP) + "/" + strconv.Itoa(n.Prefix) }

// Host is the address alone, as a network of one.
func (n Network) Host() Network { return Network{n.Version, n.IP, n.Width()} }

// Within reports that all addresses of n are addresses of other.
func (n Network) Within(other Network) bool {
	return n.Version == other.Version && other.First().Cmp(n.First()) <= 0 && n.Last().Cmp(other.Last()) <= 0
}

// In reports that n lies within one of the networks, which are written as text.
func (n Network) In(networks ...string) bool {
	for _, s := range networks {
		if other, err := Parse(s); err == nil && n.Within(other) {
			return true
		}
	}
	return false
}

// IsPrivate reports the private ranges and those for links.
func (n Network) IsPrivate() bool {
	return n.In("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "239.0.0.0/8",
		"fc00::/7", "fec0::/10", "169.254.0.0/16", "fe80::/10")
}

// IsLoopback reports the machine's own addresses.
func (n Network) IsLoopback() bool { return n.In("127.0.0.0/8", "::1/128") }

// IsMulticast reports the addresses of groups.
func (n Network) IsMulticast() bool { return n.In("224.0.0.0/4", "ff00::/8") }

// IsMask reports that the address could be a netmask or a wildcard mask.
func (n Network) IsMask() bool {
	_, err := n.withMask(n.IP)
	return err == nil
}

// ReverseName is the name of the address in the reverse tree of the DNS.
func (n Network) ReverseName() string {
	b := n.IP.FillBytes(make([]byte, n.Width()/8))
	var labels []string
	for i := len(b) - 1; i >= 0; i-- {
		if n.Version == 4 {
			labels = append(labels, strconv.Itoa(int(b[i])))
			continue
		}
		labels = append(labels, strconv.FormatUint(uint64(b[i]&15), 16), strconv.FormatUint(uint64(b[i]>>4), 16))
	}
	if n.Version == 4 {
		return strings.Join(labels, ".") + ".in-addr.arpa."
	}
	return strings.Join(labels, ".") + ".ip6.arpa."
}

// mapped is what stands before an IPv4 address that is written as one of IPv6.
func mapped() *big.Int { return new(big.Int).Lsh(big.NewInt(0xffff), 32) }

// ToIPv4 converts an address of IPv6 that stands for one of IPv4.
func (n Network) ToIPv4() (Network, error) {
	ip := n.IP
	if ip.BitLen() > 32 {
		ip = new(big.Int).Sub(ip, mapped())
	}
	return FromInt(4, ip, n.Prefix-96)
}

// ToIPv6 writes an address of IPv4 as one of IPv6.
func (n Network) ToIPv6() Network { return Network{6, new(big.Int).Or(n.IP, mapped()), n.Prefix + 96} }
