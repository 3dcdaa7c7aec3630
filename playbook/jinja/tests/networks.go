package tests

import (
	"net/netip"
	"regexp"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters"
	"github.com/musterhq/muster/playbook/jinja/filters/netaddr"
)

// networks are the tests of ansible.utils.
func networks() map[string]filters.Func {
	m := map[string]filters.Func{
		"in_network": filters.Strict("in_network(ip, network)", func(_ filters.Env, a *value.Args) (any, error) { return inside(a.Str("ip"), a.Str("network")), nil }),
		"subnet_of": filters.Strict("subnet_of(network_a, network_b)", func(_ filters.Env, a *value.Args) (any, error) {
			return inside(a.Str("network_a"), a.Str("network_b")), nil
		}),
		"supernet_of": filters.Strict("supernet_of(network_a, network_b)", func(_ filters.Env, a *value.Args) (any, error) {
			return inside(a.Str("network_b"), a.Str("network_a")), nil
		}),
		"in_any_network": filters.Strict("in_any_network(ip, networks)", inNetworks(func(n int) bool { return n > 0 })),
		"in_one_network": filters.Strict("in_one_network(ip, networks)", inNetworks(func(n int) bool { return n == 1 })),
	}
	for name, holds := range map[string]func(n netaddr.Network) bool{
		"ip":   func(netaddr.Network) bool { return true },
		"ipv4": func(n netaddr.Network) bool { return n.Version == 4 },
		"ipv6": func(n netaddr.Network) bool { return n.Version == 6 },
	} {
		m[name] = onText(name+"(ip)", "ip", func(s string) bool {
			n, ok := network(s)
			return ok && holds(n)
		})
	}
	for name, holds := range addressKinds() {
		m[name] = onText(name+"(ip)", "ip", func(s string) bool {
			ip, err := netip.ParseAddr(s)
			return err == nil && ip.Zone() == "" && holds(ip)
		})
	}
	m["ipv4_netmask"] = onText("ipv4_netmask(mask)", "mask", func(s string) bool {
		n, ok := network("10.0.0.0/" + s)
		return ok && n.Address(n.Netmask()) == s
	})
	m["ipv4_hostmask"] = onText("ipv4_hostmask(ip)", "ip", func(s string) bool {
		n, ok := network("10.0.0.0/" + s)
		return ok && n.Address(n.Hostmask()) == s
	})
	m["mac"] = onText("mac(mac)", "mac", macPattern.MatchString)
	return m
}

var macPattern = regexp.MustCompile(`(?i)^(?:([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$|[0-9a-f]{12}$)`)

func onText(signature, parameter string, holds func(s string) bool) filters.Func {
	return filters.Strict(signature, func(_ filters.Env, a *value.Args) (any, error) { return holds(a.Str(parameter)), nil })
}

// network reads a network as Python's ipaddress does: no bits may be set behind its prefix.
func network(s string) (netaddr.Network, bool) {
	n, err := netaddr.Parse(s)
	return n, err == nil && n.IsFirst()
}

func inside(inner, outer string) bool {
	a, okA := network(inner)
	b, okB := network(outer)
	return okA && okB && a.Within(b)
}

func inNetworks(enough func(n int) bool) filters.Body {
	return func(_ filters.Env, a *value.Args) (any, error) {
		n := 0
		for _, other := range a.Items("networks") {
			if inside(a.Str("ip"), value.Str(other)) {
				n++
			}
		}
		return enough(n), nil
	}
}

// in reports an address of one of the networks.
func in(ip netip.Addr, networks ...string) bool {
	for _, s := range networks {
		if p, err := netip.ParsePrefix(s); err == nil && p.Contains(ip) {
			return true
		}
	}
	return false
}

func addressKinds() map[string]func(ip netip.Addr) bool {
	return map[string]func(ip netip.Addr) bool{
		"ip_address":       func(netip.Addr) bool { return true },
		"ipv4_address":     netip.Addr.Is4,
		"ipv6_address":     func(ip netip.Addr) bool { return !ip.Is4() },
		"ipv6_ipv4_mapped": netip.Addr.Is4In6,
		"ipv6_sixtofour":   func(ip netip.Addr) bool { return in(ip, "2002::/16") },
		"ipv6_teredo":      func(ip netip.Addr) bool { return in(ip, "2001::/32") },
		"loopback":         func(ip netip.Addr) bool { return in(ip, "127.0.0.0/8", "::1/128") },
		"multicast":        func(ip netip.Addr) bool { return in(ip, "224.0.0.0/4", "ff00::/8") },
		"unspecified":      func(ip netip.Addr) bool { return ip.IsUnspecified() && !ip.Is4In6() },
		"private":          isPrivate,
		"public":           func(ip netip.Addr) bool { return !isPrivate(ip) && !in(ip, "100.64.0.0/10") },
		"reserved": func(ip netip.Addr) bool {
			return in(ip, "240.0.0.0/4", "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3",
				"a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9") || ip.Is4In6()
		},
	}
}

func isPrivate(ip netip.Addr) bool {
	ip = ip.Unmap()
	return in(ip, "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29", "192.0.0.170/31",
		"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
		"::1/128", "::/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:2::/48", "2001:db8::/32", "2001:10::/28", "2002::/16", "fc00::/7", "fe80::/10")
}
