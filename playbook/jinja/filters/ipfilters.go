package filters

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook/jinja/filters/netaddr"
)

// addressFilters are those of ansible.utils; ansible.netcommon has them under the same names.
func addressFilters() map[string]Func {
	return map[string]Func{
		"ipaddr":              Strict("ipaddr(value, query='', version=None, alias='ipaddr')", ipaddr(0, "ipaddr")),
		"ipv4":                Strict("ipv4(value, query='', version=None, alias='ipv4')", ipaddr(4, "ipv4")),
		"ipv6":                Strict("ipv6(value, query='', version=None, alias='ipv6')", ipaddr(6, "ipv6")),
		"ipwrap":              Strict("ipwrap(value, query='')", ipwrap),
		"ipsubnet":            Strict("ipsubnet(value, query='', index=None)", ipsubnet),
		"ipmath":              Strict("ipmath(value, amount)", ipmath),
		"nthhost":             Strict("nthhost(value, query='')", nthhost),
		"next_nth_usable":     Strict("next_nth_usable(value, offset)", nthUsable(1)),
		"previous_nth_usable": Strict("previous_nth_usable(value, offset)", nthUsable(-1)),
		"network_in_network":  Strict("network_in_network(value, test)", networkIn(false)),
		"network_in_usable":   Strict("network_in_usable(value, test)", networkIn(true)),
		"reduce_on_network":   Strict("reduce_on_network(value, network)", reduceOnNetwork),
		"cidr_merge":          Strict("cidr_merge(value, action='merge')", cidrMerge),
		"hwaddr":              Strict("hwaddr(value, query='', alias='hwaddr')", hwaddr("hwaddr")),
		"macaddr":             Strict("macaddr(value, query='')", hwaddr("macaddr")),
		"slaac":               Strict("slaac(value, query='')", slaac),
		"ip4_hex": Strict("ip4_hex(arg, delimiter='')", func(_ Env, a *value.Args) (any, error) {
			n, err := netaddr.Parse(a.Text("arg"))
			if err != nil || n.Version != 4 {
				return nil, errorf("ip4_hex: %s is no IPv4 address", a.Text("arg"))
			}
			return ipHex(n.IP, a.Text("delimiter")), nil
		}),
		"usable_range": Strict("usable_range(ip)", usableRange),
	}
}

func ipHex(ip *big.Int, separator string) string {
	parts := make([]string, 4)
	for i, b := range ip.FillBytes(make([]byte, 4)) {
		parts[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(parts, separator)
}

func ipaddr(version int, alias string) Body {
	return func(_ Env, a *value.Args) (any, error) {
		switch v := a.Any("value").(type) {
		case string, *value.List, int, bool, *big.Int:
		default:
			return nil, errorf("Unrecognized type <%s> for %s filter <value>", pythonClass(v), alias)
		}
		wanted := version
		if value.Truth(a.Any("version")) && version == 0 {
			wanted = a.Int("version")
		}
		return ipQuery(a.Any("value"), a.Str("query"), wanted, alias)
	}
}

// ipwrap puts brackets around addresses of IPv6; what is no address stays as it is.
func ipwrap(_ Env, a *value.Args) (any, error) {
	wrap := func(v any) any {
		plain, err := ipQuery(v, "", 0, "ipwrap")
		if err != nil || !value.Truth(plain) {
			return v
		}
		wrapped, _ := ipQuery(plain, "wrap", 0, "ipwrap")
		return wrapped
	}
	items, ok := sequence(a.Any("value"))
	if !ok {
		return wrap(a.Any("value")), nil
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = wrap(item)
	}
	return list(out), nil
}

// subnetOf is a value as the network it names, or the address with its prefix; false when it is neither.
func subnetOf(v any) (address, bool) {
	a, ok := readAddress(v, 0)
	if !ok || !value.Truth(v) {
		return address{}, false
	}
	if !a.single() && a.IsFirst() {
		a.Network = a.Network.Network()
	}
	return a, true
}

func ipmath(_ Env, a *value.Args) (any, error) {
	text := a.Str("value")
	n, err := netaddr.Parse(text)
	if err != nil {
		return nil, errorf("You must pass a valid IP address; %s is invalid", text)
	}
	amount, ok := value.BigInt(a.Any("amount"))
	if !ok {
		return nil, errorf("You must pass an integer for arithmetic; %s is not a valid integer", a.Str("amount"))
	}
	ip := n.Address(new(big.Int).Add(n.IP, amount))
	if ip == "" {
		return nil, errorf("ipmath: the result is no address")
	}
	return ip, nil
}

func nthhost(_ Env, a *value.Args) (any, error) {
	n, ok := subnetOf(a.Any("value"))
	if !ok || !value.Truth(a.Any("query")) {
		return false, nil
	}
	index, ok := value.ParseInt(a.Str("query"), 10)
	if !ok {
		return false, nil
	}
	big, _ := value.BigInt(index)
	ip, ok := n.at(big)
	if !ok {
		return false, nil
	}
	return n.Address(ip), nil
}

func nthUsable(sign int64) Body {
	return func(_ Env, a *value.Args) (any, error) {
		n, ok := subnetOf(a.Any("value"))
		if !ok {
			return false, nil
		}
		if _, ok := a.Any("offset").(int); !ok {
			return nil, errorf("Must pass in an integer")
		}
		return n.shifted(sign * int64(a.Int("offset"))), nil
	}
}

func networkIn(usable bool) Body {
	return func(_ Env, a *value.Args) (any, error) {
		outer, ok := readAddress(a.Any("value"), 0)
		inner, okInner := readAddress(a.Any("test"), 0)
		if !ok || !okInner {
			return false, nil
		}
		first, last := outer.First(), outer.Last()
		if usable {
			if f, l, ok := outer.usable(); ok {
				first, last = f, l
			}
		}
		return outer.Version == inner.Version && first.Cmp(inner.First()) <= 0 && inner.Last().Cmp(last) <= 0, nil
	}
}

func reduceOnNetwork(_ Env, a *value.Args) (any, error) {
	outer, ok := readAddress(a.Any("network"), 0)
	if !ok {
		return nil, errorf("reduce_on_network: %s is no network", a.Str("network"))
	}
	out := []any{}
	for _, item := range a.Items("value") {
		if inner, ok := readAddress(item, 0); ok && inner.Within(outer.Network) {
			out = append(out, item)
		}
	}
	return list(out), nil
}

// maxHosts bounds the addresses that are listed one by one.
const maxHosts = 1 << 20

func usableRange(_ Env, a *value.Args) (any, error) {
	n, err := netaddr.Parse(a.Str("ip"))
	if err != nil || !n.IsFirst() {
		return nil, errorf("Error while using plugin 'usable_range': %s does not appear to be an IPv4 or IPv6 network", value.Repr(a.Any("ip")))
	}
	if n.Size().Cmp(big.NewInt(maxHosts)) > 0 {
		return nil, errorf("usable_range: the network has more than %d addresses", maxHosts)
	}
	out := []any{}
	for ip := n.First(); ip.Cmp(n.Last()) <= 0; ip = new(big.Int).Add(ip, big.NewInt(1)) {
		out = append(out, n.Address(ip))
	}
	return value.DictOf("usable_ips", list(out), "number_of_ips", len(out)), nil
}

func ipsubnet(_ Env, a *value.Args) (any, error) {
	n, ok := readAddress(a.Any("value"), 0)
	if !ok || !value.Truth(a.Any("value")) {
		return false, nil
	}
	host := n.single() || !n.IsFirst()
	n.Network = n.Network.Network()
	query := a.Str("query")
	switch {
	case query == "":
		return n.String(), nil
	case !digits(query):
		return subnetPosition(n, query)
	}
	bits, err := strconv.Atoi(query)
	if err != nil || bits > n.Width() {
		return false, nil
	}
	isAddress := n.single() || host && n.single()
	if a.Any("index") == nil {
		if isAddress {
			return supernet(n, bits, 0), nil
		}
		if bits < n.Prefix {
			return nil, errorf("Requested subnet size of %d is invalid", bits)
		}
		return new(big.Int).Lsh(big.NewInt(1), uint(bits-n.Prefix)).String(), nil
	}
	index, ok := value.ParseInt(a.Str("index"), 10)
	if !ok {
		return nil, errorf("ipsubnet: the index must be a number, not %s", a.Str("index"))
	}
	at, _ := value.BigInt(index)
	if isAddress {
		return supernet(n, bits, int(at.Int64())), nil
	}
	if bits < n.Prefix {
		return false, nil
	}
	count := new(big.Int).Lsh(big.NewInt(1), uint(bits-n.Prefix))
	if at.Sign() < 0 {
		at = new(big.Int).Add(at, count)
	}
	if at.Sign() < 0 || at.Cmp(count) >= 0 {
		return false, nil
	}
	ip := new(big.Int).Add(n.First(), new(big.Int).Lsh(at, uint(n.Width()-bits)))
	return netaddr.Network{Version: n.Version, IP: ip, Prefix: bits}.String(), nil
}

// supernet is one of the networks around an address, from the prefix asked for to the longest.
func supernet(n address, prefix, index int) any {
	total := n.Width()
	if index > total+1-index || index < prefix-total {
		return false
	}
	if index < 0 {
		index += n.Prefix - prefix
	}
	if prefix+index >= n.Prefix || index < 0 {
		if prefix == n.Prefix && index == 0 {
			return n.String()
		}
		return false
	}
	return netaddr.Network{Version: n.Version, IP: n.IP, Prefix: prefix + index}.Network().String()
}

// subnetPosition tells which of the subnets of a network a smaller one is, counted from one.
func subnetPosition(n address, query string) (any, error) {
	outer, ok := readAddress(query, 0)
	if !ok {
		return nil, errorf("You must pass a valid subnet or IP address; %s is invalid", query)
	}
	shift := uint(n.Width() - outer.Prefix)
	if n.Version != outer.Version || new(big.Int).Rsh(n.IP, shift).Cmp(new(big.Int).Rsh(outer.IP, shift)) != 0 || n.Prefix < outer.Prefix {
		return nil, errorf("%s is not in the subnet %s", n.String(), outer.Network.Network().String())
	}
	offset := new(big.Int).Sub(n.First(), outer.First())
	offset.Rsh(offset, uint(n.Width()-n.Prefix))
	return offset.Add(offset, big.NewInt(1)).String(), nil
}
