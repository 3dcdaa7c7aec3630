package filters

import (
	"math/big"
	"strconv"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters/netaddr"
)

// ask answers the queries that have a name; known is false for others.
func (a address) ask(query string) (answer any, known bool, err error) {
	if answer, known = a.askHost(query); known {
		return answer, true, nil
	}
	if answer, known = a.askNetwork(query); known {
		return answer, true, nil
	}
	if answer, known = a.askKind(query); known {
		return answer, true, nil
	}
	return a.askUsable(query)
}

func (a address) askHost(query string) (any, bool) {
	host := a.single() || !a.IsFirst() || !a.HasBroadcast()
	switch query {
	case "":
		if a.network {
			return a.String(), true
		}
		return a.Address(a.IP), true
	case "address", "ip":
		if host || a.Version == 6 {
			return a.Address(a.IP), true
		}
		return nil, true
	case "host":
		if host {
			return a.withPrefix(a.IP), true
		}
		return nil, true
	case "address/prefix", "gateway", "gw", "host/prefix", "hostnet", "router":
		if a.Width()-a.Prefix > 1 && (a.IsFirst() || a.IP.Cmp(a.Last()) == 0) {
			return false, true
		}
		return a.withPrefix(a.IP), true
	case "ip/prefix":
		if a.Width()-a.Prefix == 1 || !a.single() && !a.IsFirst() {
			return a.withPrefix(a.IP), true
		}
		return nil, true
	case "ip_netmask":
		if a.Width()-a.Prefix == 1 || !a.single() && !a.IsFirst() {
			return a.Address(a.IP) + " " + a.Address(a.Netmask()), true
		}
		return nil, true
	case "int":
		if a.network {
			return a.IP.String() + "/" + strconv.Itoa(a.Prefix), true
		}
		return value.FromBig(a.IP), true
	case "wrap":
		return a.wrapped(), true
	case "revdns":
		return a.ReverseName(), true
	}
	return nil, false
}

func (a address) wrapped() any {
	if a.Version == 4 {
		return a.text
	}
	out := "[" + a.Address(a.IP) + "]"
	if a.network {
		out += "/" + strconv.Itoa(a.Prefix)
	}
	return out
}

func (a address) askNetwork(query string) (any, bool) {
	switch query {
	case "bool":
		return true, true
	case "cidr":
		return a.String(), true
	case "broadcast":
		if a.Width()-a.Prefix > 1 {
			return a.Address(a.Last()), true
		}
		return nil, true
	case "net":
		if !a.single() && a.IsFirst() {
			return a.withPrefix(a.IP), true
		}
		return nil, true
	case "netmask":
		return a.Address(a.Netmask()), true
	case "hostmask", "wildcard":
		return a.Address(a.Hostmask()), true
	case "network", "network_id":
		return a.Address(a.First()), true
	case "network/prefix", "subnet":
		return a.Network.Network().String(), true
	case "network_netmask":
		return a.Address(a.First()) + " " + a.Address(a.Netmask()), true
	case "network_wildcard":
		return a.Address(a.First()) + " " + a.Address(a.Hostmask()), true
	case "prefix":
		return a.Prefix, true
	case "size":
		return value.FromBig(a.Size()), true
	case "size_usable":
		switch a.Width() - a.Prefix {
		case 0:
			return 0, true
		case 1:
			return 2, true
		}
		return value.FromBig(new(big.Int).Sub(a.Size(), big.NewInt(2))), true
	case "version":
		return a.Version, true
	case "type":
		if !a.single() && a.IsFirst() {
			return "network", true
		}
		return "address", true
	}
	return nil, false
}

// askKind answers with the value itself when it is of a kind.
func (a address) askKind(query string) (any, bool) {
	host := a.Host()
	holds := false
	switch query {
	case "link-local":
		holds = host.In("169.254.0.0/16", "fe80::/10")
	case "lo", "loopback":
		holds = host.IsLoopback()
	case "multicast":
		holds = a.IsMulticast()
	case "unicast":
		holds = !a.IsMulticast()
	case "private":
		holds = a.IsPrivate()
	case "public":
		holds = a.isPublic()
	case "ipv4", "v4":
		if a.Version == 4 {
			return a.text, true
		}
		n, err := a.ToIPv4()
		if err != nil {
			return false, true
		}
		return n.String(), true
	case "ipv6", "v6":
		if a.Version == 6 {
			return a.text, true
		}
		return a.ToIPv6().String(), true
	case "6to4":
		return a.sixToFour(), true
	default:
		return nil, false
	}
	if holds {
		return a.text, true
	}
	return nil, true
}

func (a address) isPublic() bool {
	host := a.Host()
	return !host.IsMulticast() && !host.IsPrivate() && !host.IsLoopback() && !host.IsMask()
}

func (a address) sixToFour() any {
	if a.Version == 6 {
		inside, _ := netaddr.Parse("2002::/16")
		if (!a.network || !a.IsFirst()) && a.Host().Within(inside) {
			return a.text
		}
		return false
	}
	host := address{Network: a.Host()}
	if !a.single() && a.IsFirst() || !host.isPublic() && !host.IsPrivate() {
		return false
	}
	hex := ipHex(a.IP, "")
	return "2002:" + hex[:4] + ":" + hex[4:] + "::1/48"
}

// askUsable answers about the addresses of a network that hosts can have.
func (a address) askUsable(query string) (any, bool, error) {
	switch query {
	case "first_usable", "last_usable", "next_usable", "previous_usable", "range_usable", "peer":
	default:
		return nil, false, nil
	}
	if !a.network {
		return nil, true, errorf("Not a network address")
	}
	if query == "peer" {
		answer, err := a.peer()
		return answer, true, err
	}
	first, last, ok := a.usable()
	if !ok {
		return nil, true, nil
	}
	switch query {
	case "first_usable":
		return a.Address(first), true, nil
	case "last_usable":
		return a.Address(last), true, nil
	case "range_usable":
		return a.Address(first) + "-" + a.Address(last), true, nil
	case "next_usable":
		return a.shifted(1), true, nil
	}
	return a.shifted(-1), true, nil
}

// shifted is the address that stands some places further, when a host can have it.
func (a address) shifted(by int64) any {
	first, last, ok := a.usable()
	ip := new(big.Int).Add(a.IP, big.NewInt(by))
	if !ok || ip.Cmp(first) < 0 || ip.Cmp(last) > 0 {
		return nil
	}
	return a.Address(ip)
}

// peer is the other end of a link with two hosts.
func (a address) peer() (any, error) {
	flip := func(bits int64) string { return a.Address(new(big.Int).Xor(a.IP, big.NewInt(bits))) }
	switch a.Width() - a.Prefix {
	case 1:
		return flip(1), nil
	case 2:
		switch new(big.Int).And(a.IP, big.NewInt(3)).Int64() {
		case 0:
			return nil, errorf("Network address of /30 has no peer")
		case 3:
			return nil, errorf("Broadcast address of /30 has no peer")
		}
		return flip(3), nil
	}
	return nil, errorf("Not a point-to-point network")
}
