package facts

import (
	"net/netip"
	"testing"
)

// wire is a kernel with interfaces of our own.
type wire struct {
	kernel
	list []link
	v4   route
}

func (w wire) links() ([]link, error) { return w.list, nil }

func (w wire) route(to netip.Addr) (route, error) {
	if to.Is6() {
		return route{}, errUnknown
	}
	return w.v4, nil
}

func TestNetwork(t *testing.T) {
	ip := netip.MustParseAddr
	g := gatherOf(t, tree(t, map[string]string{"/sys/class/net/eth-0/address": "aa:bb:cc:dd:ee:ff\n", "/sys/class/net/eth-0/mtu": "1500\n",
		"/sys/class/net/eth-0/operstate": "up\n", "/sys/class/net/eth-0/type": "1\n", "/sys/class/net/eth-0/flags": "0x1103\n", "/sys/class/net/eth-0/speed": "1000\n"}))
	g.k = wire{v4: route{index: 2, source: ip("10.0.0.5"), gateway: ip("10.0.0.1")}, list: []link{{index: 2, name: "eth-0", addrs: []address{
		{ip: ip("10.0.0.5"), prefix: 24, broadcast: ip("10.0.0.255"), label: "eth-0"},
		{ip: ip("10.0.0.6"), prefix: 24, label: "eth-0", secondary: true},
		{ip: ip("10.0.0.7"), prefix: 32, label: "eth-0:a", secondary: true},
		{ip: ip("10.9.0.1"), prefix: 32, peer: true, label: "eth-0:b"},
		{ip: ip("fe80::1"), prefix: 64, scope: 253},
	}}, {index: 1, name: "lo", addrs: []address{{ip: ip("127.0.0.1"), prefix: 8, scope: 254, label: "lo"}, {ip: ip("::1"), prefix: 128, scope: 254}}}}}
	facts := g.network()
	v4 := func(ip, broadcast, netmask, network, prefix string) map[string]any {
		return map[string]any{"address": ip, "broadcast": broadcast, "netmask": netmask, "network": network, "prefix": prefix}
	}
	six := v4("10.0.0.6", "", "255.255.255.0", "10.0.0.0", "24")
	seven := v4("10.0.0.7", "", "255.255.255.255", "10.0.0.7", "32")
	same(t, "interfaces", facts["interfaces"], []string{"lo", "eth-0", "eth-0_b", "eth-0_a"})
	same(t, "eth-0", facts["eth-0"], map[string]any{"device": "eth-0", "macaddress": "aa:bb:cc:dd:ee:ff", "mtu": 1500, "active": true, "type": "ether", "promisc": true, "speed": 1000,
		"ipv4": v4("10.0.0.5", "10.0.0.255", "255.255.255.0", "10.0.0.0", "24"), "ipv4_secondaries": []any{six, seven},
		"ipv6": []any{map[string]any{"address": "fe80::1", "prefix": "64", "scope": "link"}}})
	same(t, "alias", facts["eth-0_a"], map[string]any{"ipv4_secondaries": []any{seven}})
	same(t, "peer", facts["eth-0_b"], map[string]any{"ipv4": v4("10.9.0.1", "", "255.255.255.255", "10.9.0.1", "32")})
	same(t, "default", facts["default_ipv4"], map[string]any{"interface": "eth-0", "address": "10.0.0.5", "gateway": "10.0.0.1", "alias": "eth-0", "broadcast": "10.0.0.255",
		"netmask": "255.255.255.0", "network": "10.0.0.0", "prefix": "24", "macaddress": "aa:bb:cc:dd:ee:ff", "mtu": 1500, "type": "ether"})
	same(t, "default6", facts["default_ipv6"], map[string]any{})
	same(t, "all4", facts["all_ipv4_addresses"], []string{"10.0.0.5", "10.9.0.1", "10.0.0.6", "10.0.0.7"})
	same(t, "all6", facts["all_ipv6_addresses"], []string{"fe80::1"})
}
