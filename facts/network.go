package facts

import (
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// network describes the interfaces, their addresses and the ways out.
func (g *gathering) network() map[string]any {
	links := g.listLinks()
	n := networkFacts{interfaces: map[string]map[string]any{}, v4: []string{}, v6: []string{},
		default4: g.wayOut(links, "8.8.8.8"), default6: g.wayOut(links, "2404:6800:400a:800::1012")}
	features := g.ethtool(links)
	for i, l := range links {
		n.add(l, g.interfaceFacts(l.name), features[i])
	}
	facts := map[string]any{"default_ipv4": n.default4, "default_ipv6": n.default6,
		"all_ipv4_addresses": n.v4, "all_ipv6_addresses": n.v6}
	names := []string{}
	for _, name := range n.order {
		key := strings.ReplaceAll(name, ":", "_")
		names = append(names, key)
		facts[key] = n.interfaces[name]
	}
	facts["interfaces"] = names
	return facts
}

// listLinks lists interfaces by the kernel's numbers; a machine that is only files has those of its /sys.
func (g *gathering) listLinks() []link {
	if g.k != nil {
		if links, err := g.k.links(); err == nil {
			sort.SliceStable(links, func(i, k int) bool { return links[i].index < links[k].index })
			return links
		}
	}
	var links []link
	for _, name := range g.names("/sys/class/net") {
		if g.isDir("/sys/class/net/" + name) {
			links = append(links, link{name: name})
		}
	}
	return links
}

// wayOut is the interface, address and gateway that a packet to a far address would take.
func (g *gathering) wayOut(links []link, far string) map[string]any {
	facts := map[string]any{}
	if g.k == nil {
		return facts
	}
	r, err := g.k.route(netip.MustParseAddr(far))
	if err != nil {
		return facts
	}
	if i := slices.IndexFunc(links, func(l link) bool { return l.index == r.index }); i >= 0 {
		facts["interface"] = links[i].name
	}
	if r.source.IsValid() {
		facts["address"] = r.source.String()
	}
	if r.gateway.IsValid() {
		facts["gateway"] = r.gateway.String()
	}
	return facts
}

// networkFacts builds the facts of all interfaces.
type networkFacts struct {
	interfaces         map[string]map[string]any
	order              []string
	v4, v6             []string
	default4, default6 map[string]any
}

func (n *networkFacts) at(name string) map[string]any {
	if n.interfaces[name] == nil {
		n.interfaces[name] = map[string]any{}
		n.order = append(n.order, name)
	}
	return n.interfaces[name]
}

// add adds an interface: primary addresses first, then secondary and temporary ones.
func (n *networkFacts) add(l link, facts map[string]any, more map[string]any) {
	device := n.at(l.name)
	for k, v := range facts {
		device[k] = v
	}
	for _, secondary := range []bool{false, true} {
		for _, a := range l.addrs {
			switch {
			case a.secondary != secondary:
			case a.ip.Is4():
				n.addV4(l.name, a)
			default:
				n.addV6(l.name, a)
			}
		}
	}
	for k, v := range more {
		device[k] = v
	}
}

// addV4 puts an address under its label, which is the interface or an alias such as eth0:1, and a secondary one
// under its interface too.
func (n *networkFacts) addV4(device string, a address) {
	label := a.label
	if label == "" {
		label = device
	}
	facts := ipv4Facts(a)
	own := n.at(label)
	if _, taken := own["ipv4"]; !taken && !a.secondary {
		own["ipv4"] = facts
	} else {
		appendFacts(own, "ipv4_secondaries", facts)
	}
	if a.secondary && label != device {
		appendFacts(n.at(device), "ipv4_secondaries", facts)
	}
	ip := a.ip.String()
	if n.default4["address"] == ip {
		n.completeDefault(n.default4, device)
		for _, key := range []string{"broadcast", "netmask", "network", "prefix"} {
			n.default4[key] = facts[key]
		}
		n.default4["alias"] = label
	}
	if !strings.HasPrefix(ip, "127.") {
		n.v4 = append(n.v4, ip)
	}
}

func (n *networkFacts) addV6(device string, a address) {
	facts := map[string]any{"address": a.ip.String(), "prefix": strconv.Itoa(a.prefix), "scope": scopeName(a.scope)}
	appendFacts(n.at(device), "ipv6", facts)
	if n.default6["address"] == facts["address"] {
		n.completeDefault(n.default6, device)
		n.default6["prefix"], n.default6["scope"] = facts["prefix"], facts["scope"]
	}
	if a.ip != netip.IPv6Loopback() {
		n.v6 = append(n.v6, a.ip.String())
	}
}

func (n *networkFacts) completeDefault(facts map[string]any, device string) {
	own := n.at(device)
	facts["type"] = "unknown"
	for _, key := range []string{"macaddress", "mtu", "type"} {
		if v, ok := own[key]; ok {
			facts[key] = v
		}
	}
}

func appendFacts(facts map[string]any, key string, one map[string]any) {
	list, _ := facts[key].([]any)
	facts[key] = append(list, one)
}

func ipv4Facts(a address) map[string]any {
	bits := a.prefix
	if a.peer {
		bits = 32
	}
	facts := map[string]any{"address": a.ip.String(), "prefix": strconv.Itoa(bits), "broadcast": ""}
	if a.broadcast.IsValid() && !a.peer {
		facts["broadcast"] = a.broadcast.String()
	}
	mask := ^uint32(0) << (32 - bits)
	facts["netmask"] = netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)}).String()
	network, err := a.ip.Prefix(bits)
	if err == nil {
		facts["network"] = network.Addr().String()
	}
	return facts
}

func scopeName(scope uint8) string {
	names := map[uint8]string{0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
	if name, ok := names[scope]; ok {
		return name
	}
	return strconv.Itoa(int(scope))
}
